-- +goose Up
-- What a warning is about stands beside it, so that a case's warnings, and the
-- cases that have any, are found by index however many there are.
ALTER TABLE warning ADD COLUMN line bigint, ADD COLUMN case_id bigint;
COMMENT ON COLUMN warning.line IS 'The usage line that the subject names, itself or by its movement.';
COMMENT ON COLUMN warning.case_id IS 'The case that the subject names, itself or by its line.';

-- warning_about reads them from the subject, whoever raises the warning.
-- +goose StatementBegin
CREATE FUNCTION warning_about() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    IF NEW.subject ~ '^(case|line|wrong_patient|movement):[0-9]{1,18}(:[0-9]+)?$' THEN
        v_id := split_part(NEW.subject, ':', 2)::bigint;
        CASE split_part(NEW.subject, ':', 1)
            WHEN 'case' THEN NEW.case_id := v_id;
            WHEN 'movement' THEN NEW.line := (SELECT m.usage_line FROM movement m WHERE m.trust = NEW.trust AND m.id = v_id);
            ELSE NEW.line := v_id;
        END CASE;
        IF NEW.line IS NOT NULL THEN
            NEW.case_id := (SELECT l.case_id FROM usage_line l WHERE l.trust = NEW.trust AND l.id = NEW.line);
        END IF;
    ELSIF NEW.subject ~ '^ceiling:[0-9]+:[0-9]{1,18}$' THEN
        NEW.case_id := split_part(NEW.subject, ':', 3)::bigint;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER warning_about BEFORE INSERT OR UPDATE OF subject ON warning FOR EACH ROW EXECUTE FUNCTION warning_about();
UPDATE warning SET subject = subject WHERE subject ~ '^(case|line|wrong_patient|movement|ceiling):';
CREATE INDEX warning_case ON warning (trust, case_id, closed_at) WHERE case_id IS NOT NULL;

-- Which cases a message is about stands with what became of it: nobody need
-- read all cases' words for it.
ALTER TABLE posting ADD COLUMN cases bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN posting.cases IS 'The cases that the message is about, whether it changed them or not.';
UPDATE posting p SET cases = x.cases FROM (
    SELECT trust, message, array_agg(DISTINCT id) AS cases FROM (
        SELECT trust, id, message_id AS message FROM theatre_case
        UNION ALL SELECT c.trust, c.id, (t.value -> 'sequence' ->> 'message')::bigint FROM theatre_case c CROSS JOIN LATERAL jsonb_each(c.told) t) w
     GROUP BY 1, 2) x
 WHERE p.trust = x.trust AND p.message_id = x.message;
