-- +goose Up
-- Patients are surrogates everywhere but here. Identifiers are found by a
-- keyed pseudonym and kept encrypted; a merge points the retired patient at
-- the survivor and rewrites nothing.
CREATE TABLE patient (
    trust       text        NOT NULL,
    id          bigint      NOT NULL CHECK (id > 0),
    merged_into bigint,
    test        boolean     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (trust, id),
    FOREIGN KEY (trust, merged_into) REFERENCES patient (trust, id),
    CHECK (merged_into <> id)
);
CREATE INDEX patient_merged ON patient (trust, id, merged_into) WHERE merged_into IS NOT NULL;
SELECT protect('patient', 'SELECT, INSERT, UPDATE');

CREATE TABLE patient_identifier (
    trust      text   NOT NULL,
    pseudonym  bytea  NOT NULL CHECK (octet_length(pseudonym) = 32),
    patient    bigint NOT NULL,
    type       text   NOT NULL,
    ciphertext bytea  NOT NULL,
    PRIMARY KEY (trust, pseudonym),
    FOREIGN KEY (trust, patient) REFERENCES patient (trust, id)
);
COMMENT ON COLUMN patient_identifier.pseudonym IS 'HMAC-SHA-256 under the vault key; never a bare hash.';
CREATE INDEX patient_identifier_patient ON patient_identifier (trust, patient);
SELECT protect('patient_identifier', 'SELECT, INSERT, UPDATE');

CREATE TABLE patient_demographics (
    trust      text        NOT NULL,
    patient    bigint      NOT NULL,
    ciphertext bytea       NOT NULL,
    told_at    timestamptz NOT NULL,
    message_id bigint      NOT NULL,
    PRIMARY KEY (trust, patient),
    FOREIGN KEY (trust, patient) REFERENCES patient (trust, id)
);
SELECT protect('patient_demographics', 'SELECT, INSERT, UPDATE');

-- A place is where quantities are: shelves, and also suppliers, patients,
-- waste and the rest of the world, so that every movement has two ends.
CREATE TABLE place (
    trust text   NOT NULL,
    id    bigint NOT NULL CHECK (id > 0),
    kind  text   NOT NULL CHECK (kind IN ('stock', 'transit', 'supplier', 'patient', 'waste', 'variance', 'unidentified')),
    code  text   NOT NULL CHECK (code <> ''),
    name  text   NOT NULL,
    site  text   NOT NULL DEFAULT '',
    PRIMARY KEY (trust, id),
    UNIQUE (trust, kind, code)
);
COMMENT ON COLUMN place.code IS 'A patient''s place has the patient''s surrogate id as its code; ''world'' stands for patients who are not known yet, and for what is outside.';
SELECT protect('place', 'SELECT, INSERT, UPDATE');

CREATE TABLE theatre_case (
    trust         text        NOT NULL,
    id            bigint      NOT NULL CHECK (id > 0),
    name          text        NOT NULL,
    patient       bigint,
    place         bigint,
    booking       text        NOT NULL DEFAULT 'none' CHECK (booking IN ('none', 'booked', 'cancelled')),
    told          jsonb       NOT NULL,
    scheduled_at  timestamptz,
    first_used_at timestamptz,
    message_id    bigint      NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (trust, id),
    FOREIGN KEY (trust, patient) REFERENCES patient (trust, id),
    FOREIGN KEY (trust, place) REFERENCES place (trust, id)
);
COMMENT ON COLUMN theatre_case.told IS 'The latest word of each source, from which the other columns follow.';
SELECT protect('theatre_case', 'SELECT, INSERT, UPDATE');

CREATE TABLE case_alias (
    trust      text   NOT NULL,
    kind       text   NOT NULL,
    value      text   NOT NULL,
    case_id    bigint NOT NULL,
    PRIMARY KEY (trust, kind, value),
    FOREIGN KEY (trust, case_id) REFERENCES theatre_case (trust, id)
);
CREATE INDEX case_alias_case ON case_alias (trust, case_id);
SELECT protect('case_alias', 'SELECT, INSERT');

-- One thing used (or not) in a case, found again by its business key.
-- told keeps each source's latest word; the other columns are what follows
-- from them, and movement is the posting that stands for it now.
CREATE TABLE usage_line (
    trust       text        NOT NULL,
    id          bigint      NOT NULL CHECK (id > 0),
    case_id     bigint      NOT NULL,
    key         text        NOT NULL CHECK (key <> ''),
    told        jsonb       NOT NULL,
    state       text        NOT NULL CHECK (state IN ('posted', 'unidentified', 'waiting', 'withdrawn', 'recorded')),
    why         text        NOT NULL DEFAULT '',
    item        bigint,
    text        text        NOT NULL,
    lot         text        NOT NULL,
    serial      text        NOT NULL,
    expiry      date,
    quantity    numeric     NOT NULL,
    disposition text        NOT NULL,
    place       bigint,
    patient     bigint,
    movement    bigint,
    message_id  bigint      NOT NULL,
    origin      text        NOT NULL,
    profile     text        NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (trust, id),
    UNIQUE (trust, case_id, key),
    FOREIGN KEY (trust, case_id) REFERENCES theatre_case (trust, id),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id),
    CHECK ((movement IS NOT NULL) = (state IN ('posted', 'unidentified')))
);
CREATE INDEX usage_line_message ON usage_line (trust, message_id);
CREATE INDEX usage_line_unidentified ON usage_line (trust, state) WHERE state IN ('unidentified', 'waiting');
SELECT protect('usage_line', 'SELECT, INSERT, UPDATE');
