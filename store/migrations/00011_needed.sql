-- +goose Up
-- A line that is unidentified or waits is put right by reading again the
-- messages that told of it: each whose words it stands on, not only the last
-- that touched it, which may have been a credit.
CREATE OR REPLACE VIEW archive_needed WITH (security_invoker = true) AS
    SELECT trust, subject AS id FROM queue_stopped WHERE queue = 1
    UNION SELECT trust, subject FROM queue_message WHERE queue = 1
    UNION SELECT trust, subject FROM queue_held WHERE queue = 1
    UNION SELECT l.trust, (w.value -> 'sequence' ->> 'message')::bigint
      FROM usage_line l CROSS JOIN LATERAL json_each(l.told) w
     WHERE l.state IN ('unidentified', 'waiting');
