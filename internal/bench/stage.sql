-- The rows that the messages after %[1]d left, each with the number of its set.
DROP SCHEMA stage CASCADE;
CREATE SCHEMA stage;
CREATE UNLOGGED TABLE stage.posting AS
    SELECT (row_number() OVER (ORDER BY p.message_id) - 1) / 256 AS set, p.message_id, p AS r FROM posting p WHERE p.message_id > %[1]d;
CREATE INDEX ON stage.posting (message_id);
ANALYZE stage.posting;
CREATE UNLOGGED TABLE stage.theatre_case AS
    SELECT s.set, c.id, c.patient, c AS r FROM stage.posting s JOIN theatre_case c ON c.message_id = s.message_id;
CREATE UNLOGGED TABLE stage.case_alias AS
    SELECT s.set, a AS r FROM stage.theatre_case s JOIN case_alias a ON a.trust = (s.r).trust AND a.case_id = s.id;
CREATE UNLOGGED TABLE stage.patient AS
    SELECT s.set, p AS r FROM stage.theatre_case s JOIN patient p ON p.trust = (s.r).trust AND p.id = s.patient;
CREATE UNLOGGED TABLE stage.place AS
    SELECT s.set, p AS r FROM stage.theatre_case s JOIN place p ON p.trust = (s.r).trust AND p.id = s.patient;
CREATE UNLOGGED TABLE stage.patient_identifier AS
    SELECT s.set, i AS r FROM stage.theatre_case s JOIN patient_identifier i ON i.trust = (s.r).trust AND i.patient = s.patient;
CREATE UNLOGGED TABLE stage.patient_demographics AS
    SELECT s.set, d AS r FROM stage.theatre_case s JOIN patient_demographics d ON d.trust = (s.r).trust AND d.patient = s.patient;
CREATE UNLOGGED TABLE stage.usage_line AS
    SELECT s.set, l AS r FROM stage.posting s JOIN usage_line l ON l.trust = (s.r).trust AND l.message_id = s.message_id;
CREATE UNLOGGED TABLE stage.movement AS
    SELECT s.set, m AS r FROM stage.posting s JOIN movement m ON m.trust = (s.r).trust AND m.message_id = s.message_id;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['patient', 'place', 'patient_identifier', 'patient_demographics', 'theatre_case', 'case_alias', 'usage_line', 'movement', 'posting'] LOOP
        EXECUTE format('CREATE INDEX ON stage.%%I (set)', t);
        EXECUTE format('ANALYZE stage.%%I', t);
    END LOOP;
END $$;
