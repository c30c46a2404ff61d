-- +goose Up
-- Who is one person follows from words that may be taken back, come late and
-- contradict each other; nothing that was told of a record is rewritten by
-- them.

-- What each source said last of two records: that they are one person, or
-- two. Of several the one that was sent last stands; between two that were
-- sent at one time, or at no certain time, the name of the source decides.
CREATE TABLE patient_link (
    trust      text    NOT NULL,
    low        bigint  NOT NULL,
    high       bigint  NOT NULL,
    source     text    NOT NULL,
    joined     boolean NOT NULL,
    survivor   bigint  NOT NULL,
    sent_at    timestamptz,
    message_id bigint  NOT NULL,
    PRIMARY KEY (trust, low, high, source),
    FOREIGN KEY (trust, low) REFERENCES patient (trust, id),
    FOREIGN KEY (trust, high) REFERENCES patient (trust, id),
    CHECK (low < high AND survivor IN (low, high))
);
COMMENT ON COLUMN patient_link.sent_at IS 'The sender''s own time, where it is certain.';
COMMENT ON COLUMN patient_link.source IS 'Empty for a merge that was taken up before sources were kept: any later word stands before it.';
SELECT protect('patient_link', 'SELECT, INSERT, UPDATE');
INSERT INTO patient_link (trust, low, high, source, joined, survivor, message_id)
    SELECT trust, least(id, merged_into), greatest(id, merged_into), '', true, merged_into, 0 FROM patient WHERE merged_into IS NOT NULL;

-- Batches keep a trust's links in memory under this number. It comes from a
-- sequence, so that one which was rolled back never comes again.
CREATE SEQUENCE link_version;
SELECT share('SEQUENCE', 'link_version', 'USAGE');
ALTER TABLE trust ADD COLUMN links_version bigint NOT NULL DEFAULT 0;

-- merged_into now leads straight to the record as which the person is read.
COMMENT ON COLUMN patient.merged_into IS 'The record as which this one''s person is read, if it is another. It follows from patient_link.';
WITH RECURSIVE up AS (
    SELECT trust, id, merged_into AS now FROM patient WHERE merged_into IS NOT NULL
    UNION SELECT u.trust, u.id, p.merged_into FROM up u JOIN patient p ON p.trust = u.trust AND p.id = u.now AND p.merged_into IS NOT NULL
) UPDATE patient x SET merged_into = u.now FROM up u JOIN patient p ON p.trust = u.trust AND p.id = u.now AND p.merged_into IS NULL
   WHERE x.trust = u.trust AND x.id = u.id;
DROP INDEX patient_merged;
CREATE INDEX patient_merged ON patient (trust, merged_into) WHERE merged_into IS NOT NULL;

-- An NHS Number that is none is kept with its record, and nobody is found by it.
ALTER TABLE patient_identifier
    ADD COLUMN kind text NOT NULL DEFAULT 'local' CHECK (kind IN ('local', 'nhs', 'invalid')),
    ADD COLUMN status text NOT NULL DEFAULT '',
    ADD COLUMN told json NOT NULL DEFAULT '{}';
COMMENT ON COLUMN patient_identifier.status IS 'The NHS Number status indicator that stands. It follows from told, each source''s latest word.';
UPDATE patient_identifier SET kind = 'nhs' WHERE type IN ('NH', 'NHS');

-- What happened to records. It holds no personal data, and is never changed.
CREATE TABLE identity_event (
    trust      text        NOT NULL,
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    patient    bigint      NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('merged', 'unmerged', 'visit_moved', 'identifier_added', 'nhs_number_changed', 'nhs_status_changed', 'retired_identifier_used')),
    other      bigint      NOT NULL DEFAULT 0,
    message_id bigint      NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, id),
    UNIQUE (trust, message_id, kind, patient, other),
    FOREIGN KEY (trust, patient) REFERENCES patient (trust, id)
);
COMMENT ON COLUMN identity_event.other IS 'The other record concerned: of a merge or what takes it back the surviving one; 0 is none.';
CREATE INDEX identity_event_patient ON identity_event (trust, patient, id);
SELECT protect('identity_event', 'SELECT, INSERT');

-- Demographics by source, so that one that tells little blanks nothing of
-- another's, and by which fields were told, so that it blanks nothing of its
-- own. A reader takes each field from the latest row that has it, of those
-- that were told by messages about the patient (about); only if none of those
-- has it, of those that were told in passing, as a theatre feed does.
ALTER TABLE patient_demographics
    ADD COLUMN connector text NOT NULL DEFAULT '',
    ADD COLUMN about boolean NOT NULL DEFAULT false,
    ADD COLUMN fields text NOT NULL DEFAULT '',
    ADD COLUMN sent_at timestamptz;
UPDATE patient_demographics d SET connector = p.connector, about = p.type LIKE 'ADT%'
  FROM posting p WHERE p.trust = d.trust AND p.message_id = d.message_id AND p.attempt = 1;
ALTER TABLE patient_demographics DROP CONSTRAINT patient_demographics_pkey, DROP COLUMN told_at;
ALTER TABLE patient_demographics ADD PRIMARY KEY (trust, patient, connector, about, fields);
COMMENT ON COLUMN patient_demographics.fields IS 'Which fields the row tells, as family_name,birth_date; empty for a row that was kept before it was noted.';

-- Every record of a patient of which a case was ever told: a merge, or one
-- that is taken back, concerns the cases that were told of two of its records.
CREATE TABLE case_patient (
    trust   text   NOT NULL,
    patient bigint NOT NULL,
    case_id bigint NOT NULL,
    PRIMARY KEY (trust, patient, case_id),
    FOREIGN KEY (trust, patient) REFERENCES patient (trust, id),
    FOREIGN KEY (trust, case_id) REFERENCES theatre_case (trust, id)
);
SELECT protect('case_patient', 'SELECT, INSERT');
INSERT INTO case_patient (trust, patient, case_id)
    SELECT c.trust, (w.value ->> 'patient')::bigint, c.id FROM theatre_case c CROSS JOIN LATERAL jsonb_each(c.told) w WHERE w.value ->> 'patient' IS NOT NULL
    UNION SELECT l.trust, (w.value ->> 'patient')::bigint, l.case_id FROM usage_line l CROSS JOIN LATERAL json_each(l.told) w WHERE w.value ->> 'patient' IS NOT NULL
    UNION SELECT l.trust, p.id, l.case_id FROM usage_line l JOIN movement m ON m.trust = l.trust AND m.usage_line = l.id JOIN patient p ON p.trust = m.trust AND p.id = m.to_place;

-- A visit to the hospital, under each of its numbers. Everything stands under
-- the number under which it was told; visit is the first of all numbers that
-- name the same visit.
CREATE TABLE encounter (
    trust  text NOT NULL,
    number text NOT NULL CHECK (number <> ''),
    visit  text NOT NULL CHECK (visit COLLATE "C" <= number COLLATE "C"),
    told   json NOT NULL,
    PRIMARY KEY (trust, number)
);
CREATE INDEX encounter_visit ON encounter (trust, visit);
SELECT protect('encounter', 'SELECT, INSERT, UPDATE');

ALTER TABLE theatre_case ADD COLUMN encounter text NOT NULL DEFAULT '';
COMMENT ON COLUMN theatre_case.encounter IS 'The number of the visit that was told last.';
CREATE INDEX theatre_case_encounter ON theatre_case (trust, encounter) WHERE encounter <> '';
