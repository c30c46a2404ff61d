-- +goose Up
-- What planning must know of feeds: of which places each tells, and which
-- suggestions wait because one could not be relied on.

-- A place whose use a feed tells: declared in trust.yaml, else learned from
-- the uses that it brought, the latest of them about used_at.
CREATE TABLE feed_place (
    trust     text        NOT NULL,
    place     bigint      NOT NULL,
    connector text        NOT NULL,
    declared  boolean     NOT NULL,
    used_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, place, connector),
    FOREIGN KEY (trust, place) REFERENCES place (trust, id)
);
SELECT protect('feed_place', 'SELECT, INSERT, UPDATE, DELETE');

ALTER TABLE feed ADD COLUMN late_at timestamptz;
COMMENT ON COLUMN feed.late_at IS 'When a message last came that had been sent long before.';

ALTER TABLE suggestion ADD COLUMN doubted text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN suggestion.doubted IS 'The feeds of its place that could not be relied on when the planner decided it. While it waits, the next look at its shelf decides the same need anew.';
CREATE INDEX suggestion_doubted ON suggestion (trust, place, item, cycle) WHERE state = 'waits' AND doubted <> '{}';
