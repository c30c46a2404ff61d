-- +goose Up
-- A line may be part of a reusable set, may have been credited in part as
-- wasted, and may tell of the same use as another line of its case.
ALTER TABLE usage_line
    ADD COLUMN set_id text NOT NULL DEFAULT '',
    ADD COLUMN set_cycle text NOT NULL DEFAULT '',
    ADD COLUMN waste_movement bigint,
    ADD COLUMN source text NOT NULL DEFAULT '',
    ADD COLUMN same_as text NOT NULL DEFAULT '';
COMMENT ON COLUMN usage_line.source IS 'Whose word decides of the line.';
COMMENT ON COLUMN usage_line.same_as IS 'Key of the line that tells of the same use, as a person decided: whatever is said of this one is heard there.';
ALTER TABLE usage_line DROP CONSTRAINT usage_line_check;
ALTER TABLE usage_line ADD CONSTRAINT usage_line_moves CHECK ((movement IS NOT NULL OR waste_movement IS NOT NULL) = (state IN ('posted', 'unidentified')));
CREATE INDEX usage_line_set ON usage_line (trust, set_id) WHERE set_id <> '';

-- Two case numbers of which a person said that they are one case.
ALTER TABLE theatre_case ADD COLUMN joined_into bigint;
ALTER TABLE theatre_case ADD CONSTRAINT theatre_case_joined CHECK (joined_into <> id);
ALTER TABLE theatre_case ADD FOREIGN KEY (trust, joined_into) REFERENCES theatre_case (trust, id);
CREATE INDEX theatre_case_joined ON theatre_case (trust, joined_into) WHERE joined_into IS NOT NULL;

-- What a correction replaced, word by word. The word that stands is in told.
CREATE TABLE told_before (
    trust      text        NOT NULL,
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    case_id    bigint      NOT NULL,
    line       bigint,
    source     text        NOT NULL,
    part       text        NOT NULL,
    word       json        NOT NULL,
    told       bigint      NOT NULL,
    replaced   bigint      NOT NULL,
    superseded boolean     NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, id)
);
COMMENT ON COLUMN told_before.superseded IS 'The word came too late and never stood.';
CREATE INDEX told_before_case ON told_before (trust, case_id);
SELECT protect('told_before', 'SELECT, INSERT');

-- Stock that is there and may not be used until somebody has checked it. One
-- that a usage line brought about has its number; a person makes others.
-- Holds overlap: two of them may hold one unit.
CREATE TABLE stock_hold (
    trust        text        NOT NULL,
    id           bigint      GENERATED ALWAYS AS IDENTITY,
    kind         text        NOT NULL CHECK (kind IN ('returned', 'quality', 'label', 'recall')),
    place        bigint      NOT NULL,
    item         bigint      NOT NULL,
    lot          text        NOT NULL DEFAULT '',
    serial       text        NOT NULL DEFAULT '',
    quantity     bigint      NOT NULL CHECK (quantity > 0),
    why          text        NOT NULL,
    line         bigint,
    message_id   bigint,
    held_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    held_by      text        NOT NULL,
    released_at  timestamptz,
    released_by  text,
    released_why text,
    PRIMARY KEY (trust, id),
    FOREIGN KEY (trust, place) REFERENCES place (trust, id),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id),
    CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (released_why IS NULL))
);
COMMENT ON COLUMN stock_hold.quantity IS 'Base units; of an item without lots of its whole shelf.';
CREATE UNIQUE INDEX stock_hold_line ON stock_hold (trust, line) WHERE line IS NOT NULL AND released_at IS NULL;
CREATE INDEX stock_hold_shelf ON stock_hold (trust, place, item) WHERE released_at IS NULL;
SELECT protect('stock_hold', 'SELECT, INSERT, UPDATE');

ALTER TABLE item ADD COLUMN case_ceiling bigint NOT NULL DEFAULT 0 CHECK (case_ceiling >= 0);
COMMENT ON COLUMN item.case_ceiling IS 'The most base units that one case is thought to use; 0 is not said.';

-- Who closed a warning: null is the hub itself, for it no longer held. What a
-- person has closed is not raised again while the facts are the same.
ALTER TABLE warning ADD COLUMN closed_by text;
CREATE INDEX warning_acknowledged ON warning (trust, subject, kind) WHERE closed_by IS NOT NULL;
CREATE INDEX warning_open_kind ON warning (trust, kind) WHERE closed_at IS NULL;

-- While a table is empty all of its indexes cost the same, and PostgreSQL takes
-- the youngest that fits at all; the hub's statements are planned once, and
-- such a plan may read a whole trust until the table is analysed. So the keys
-- by which movements and lines are found are the youngest.
ALTER TABLE movement DROP CONSTRAINT movement_pkey, ADD PRIMARY KEY (trust, id);
ALTER TABLE usage_line DROP CONSTRAINT usage_line_trust_case_id_key_key, ADD UNIQUE (trust, case_id, key);
