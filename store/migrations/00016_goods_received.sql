-- +goose Up
-- What arrived from suppliers, line by line as last told. Receipt and key are
-- its business key: told again, in whatever file, it is the same delivery. That
-- its place, item, order line and movement exist is known when it is written,
-- and none of them can ever be deleted.
CREATE TABLE receipt_line (
    trust        text        NOT NULL,
    id           bigint      NOT NULL CHECK (id > 0),
    receipt      text        NOT NULL CHECK (receipt <> ''),
    key          text        NOT NULL CHECK (key <> ''),
    state        text        NOT NULL CHECK (state IN ('posted', 'unidentified', 'recorded', 'withdrawn')),
    why          text        NOT NULL,
    received_on  date,
    order_number text        NOT NULL,
    order_line   integer     NOT NULL,
    place        bigint,
    place_text   text        NOT NULL,
    item         bigint,
    codes        text        NOT NULL,
    quantity     bigint      NOT NULL CHECK (quantity >= 0),
    unit         text        NOT NULL,
    units        bigint      NOT NULL CHECK (units >= 0),
    lot          text        NOT NULL,
    serial       text        NOT NULL,
    expiry       date,
    met_order    text        NOT NULL,
    met_line     integer     NOT NULL,
    met_units    bigint      NOT NULL,
    substitute   boolean     NOT NULL,
    movement     bigint,
    told_by      bigint      NOT NULL,
    message_id   bigint      NOT NULL,
    origin       text        NOT NULL CHECK (origin <> ''),
    profile      text        NOT NULL CHECK (profile <> ''),
    updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, id),
    CHECK ((movement IS NOT NULL) = (state = 'posted'))
);
COMMENT ON COLUMN receipt_line.order_number IS 'As told; met_order and met_line are the order line that it counts for, if any.';
COMMENT ON COLUMN receipt_line.units IS 'Base units; quantity is in unit, as told.';
COMMENT ON COLUMN receipt_line.told_by IS 'The last message that told of it; message_id is the one that made it what it is.';
CREATE INDEX receipt_line_message ON receipt_line (trust, message_id);
CREATE INDEX receipt_line_told ON receipt_line (trust, told_by);
CREATE INDEX receipt_line_order ON receipt_line (trust, met_order, met_line) WHERE met_order <> '';
CREATE INDEX receipt_line_waits ON receipt_line (trust) WHERE state = 'unidentified';
ALTER TABLE receipt_line ADD UNIQUE (trust, receipt, key);
SELECT protect('receipt_line', 'SELECT, INSERT, UPDATE');

ALTER TABLE purchase_order_line
    ADD COLUMN confirmed_packs bigint CHECK (confirmed_packs BETWEEN 0 AND packs),
    ADD COLUMN received bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    ADD COLUMN substituted bigint NOT NULL DEFAULT 0 CHECK (substituted >= 0);
COMMENT ON COLUMN purchase_order_line.confirmed_packs IS 'Packs that are to come in all; null while nobody has answered or delivered: those ordered.';
COMMENT ON COLUMN purchase_order_line.received IS 'Base units that came. Of the packs still expected the first may have come in part: on order are open_packs * pack_size less that part.';
COMMENT ON COLUMN purchase_order_line.substituted IS 'Base units of another item that came in their place.';
UPDATE purchase_order_line SET confirmed_packs = open_packs WHERE state = 'changed';

ALTER TABLE purchase_order DROP CONSTRAINT purchase_order_state_check;
ALTER TABLE purchase_order ADD CONSTRAINT purchase_order_state_check
    CHECK (state IN ('ready', 'sent', 'accepted', 'changed', 'rejected', 'part_received', 'received', 'closed'));

-- on_order is what an order's line still brings, in base units.
CREATE FUNCTION on_order(l purchase_order_line) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT greatest(l.open_packs * l.pack_size - (l.received + l.substituted) % l.pack_size, 0)';

-- A receipt's line that waits is put right by reading its message again.
CREATE OR REPLACE VIEW archive_needed WITH (security_invoker = true) AS
    SELECT trust, subject AS id FROM queue_stopped WHERE queue = 1
    UNION SELECT trust, subject FROM queue_message WHERE queue = 1
    UNION SELECT trust, subject FROM queue_held WHERE queue = 1
    UNION SELECT l.trust, (w.value -> 'sequence' ->> 'message')::bigint
      FROM usage_line l CROSS JOIN LATERAL json_each(l.told) w
     WHERE l.state IN ('unidentified', 'waiting')
    UNION SELECT trust, told_by FROM receipt_line WHERE state = 'unidentified';
