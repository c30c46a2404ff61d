-- +goose Up
-- A par level: below reorder_point an order brings stock up to order_up_to.
CREATE TABLE policy (
    trust         text   NOT NULL,
    place         bigint NOT NULL,
    item          bigint NOT NULL,
    reorder_point bigint NOT NULL CHECK (reorder_point >= 0),
    order_up_to   bigint NOT NULL CHECK (order_up_to >= reorder_point AND order_up_to > 0),
    cycle         bigint NOT NULL DEFAULT 0,
    active        boolean NOT NULL DEFAULT true,
    PRIMARY KEY (trust, place, item),
    FOREIGN KEY (trust, place) REFERENCES place (trust, id),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id)
);
COMMENT ON COLUMN policy.cycle IS 'Number of the last need that the planner decided; a need is (trust, place, item, cycle).';
SELECT protect('policy', 'SELECT, INSERT, UPDATE');

-- A policy that a posting touched and the planner has yet to look at, with
-- the movement that did it.
CREATE TABLE policy_due (
    trust    text   NOT NULL,
    place    bigint NOT NULL,
    item     bigint NOT NULL,
    movement bigint,
    due_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, place, item),
    FOREIGN KEY (trust, place, item) REFERENCES policy (trust, place, item)
);
SELECT protect('policy_due', 'SELECT, INSERT, UPDATE, DELETE');

-- trusts_due names the trusts that have policies to plan.
CREATE FUNCTION trusts_due() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    'SELECT DISTINCT trust FROM policy_due';

CREATE TABLE purchasing (
    trust        text   PRIMARY KEY,
    next_number  bigint NOT NULL DEFAULT 1 CHECK (next_number > 0),
    paused_at    timestamptz,
    paused_by    text,
    paused_why   text,
    CHECK ((paused_at IS NULL) = (paused_why IS NULL))
);
SELECT protect('purchasing', 'SELECT, INSERT, UPDATE');

CREATE SEQUENCE order_id;
SELECT share('SEQUENCE', 'order_id', 'USAGE');
CREATE SEQUENCE suggestion_id;
SELECT share('SEQUENCE', 'suggestion_id', 'USAGE');

CREATE TABLE purchase_order (
    trust        text           NOT NULL,
    id           bigint         NOT NULL CHECK (id > 0),
    number       text           NOT NULL CHECK (number <> ''),
    supplier     text           NOT NULL,
    deliver_to   bigint         NOT NULL,
    state        text           NOT NULL CHECK (state IN ('ready', 'sent', 'accepted', 'changed', 'rejected', 'closed')),
    value        numeric(18, 2) NOT NULL CHECK (value >= 0),
    currency     text           NOT NULL,
    automatic    boolean        NOT NULL,
    imported     boolean        NOT NULL DEFAULT false,
    created_at   timestamptz    NOT NULL DEFAULT clock_timestamp(),
    tried_at     timestamptz,
    sent_at      timestamptz,
    file_name    text,
    file_digest  bytea,
    answered_at  timestamptz,
    answered_by  bigint,
    PRIMARY KEY (trust, id),
    UNIQUE (trust, number),
    FOREIGN KEY (trust, supplier) REFERENCES supplier (trust, code),
    FOREIGN KEY (trust, deliver_to) REFERENCES place (trust, id),
    CHECK (state IN ('ready', 'closed') OR sent_at IS NOT NULL)
);
COMMENT ON COLUMN purchase_order.answered_by IS 'The message that answered it last.';
CREATE INDEX purchase_order_day ON purchase_order (trust, created_at);
SELECT protect('purchase_order', 'SELECT, INSERT, UPDATE');

-- One line answers one need: no crash, retry or replay makes a second one
-- (law 6). An imported line has no need and a null cycle.
CREATE TABLE purchase_order_line (
    trust      text           NOT NULL,
    order_id   bigint         NOT NULL,
    line       integer        NOT NULL CHECK (line > 0),
    place      bigint         NOT NULL,
    item       bigint         NOT NULL,
    cycle      bigint,
    packs      bigint         NOT NULL CHECK (packs > 0),
    pack_size  bigint         NOT NULL CHECK (pack_size > 0),
    unit_price numeric(18, 4) NOT NULL CHECK (unit_price >= 0),
    value      numeric(18, 2) NOT NULL CHECK (value >= 0),
    state      text           NOT NULL DEFAULT 'ordered' CHECK (state IN ('ordered', 'accepted', 'changed', 'rejected', 'closed')),
    open_packs bigint         NOT NULL CHECK (open_packs >= 0 AND open_packs <= packs),
    expected_on date,
    reason     text           NOT NULL DEFAULT '',
    movement   bigint,
    message_id bigint         NOT NULL,
    origin     text           NOT NULL CHECK (origin <> ''),
    profile    text           NOT NULL CHECK (profile <> ''),
    PRIMARY KEY (trust, order_id, line),
    UNIQUE (trust, place, item, cycle),
    FOREIGN KEY (trust, order_id) REFERENCES purchase_order (trust, id),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id)
);
COMMENT ON COLUMN purchase_order_line.open_packs IS 'Packs still expected; planning counts them as on order.';
CREATE INDEX purchase_order_line_item ON purchase_order_line (trust, place, item);
CREATE INDEX purchase_order_line_message ON purchase_order_line (trust, message_id);
SELECT protect('purchase_order_line', 'SELECT, INSERT, UPDATE');

-- A suggested order: what the planner decided for one need, and what became
-- of it.
CREATE TABLE suggestion (
    trust      text           NOT NULL,
    place      bigint         NOT NULL,
    item       bigint         NOT NULL,
    cycle      bigint         NOT NULL,
    id         bigint         NOT NULL CHECK (id > 0),
    packs      bigint         NOT NULL CHECK (packs > 0),
    pack_size  bigint         NOT NULL,
    unit_price numeric(18, 4) NOT NULL,
    currency   text           NOT NULL,
    position   bigint         NOT NULL,
    inputs     jsonb          NOT NULL,
    state      text           NOT NULL CHECK (state IN ('waits', 'approved', 'ordered', 'declined')),
    why        text           NOT NULL,
    release_at timestamptz    NOT NULL,
    decided_by text           NOT NULL,
    decided_at timestamptz    NOT NULL DEFAULT clock_timestamp(),
    movement   bigint,
    message_id bigint         NOT NULL,
    origin     text           NOT NULL,
    profile    text           NOT NULL,
    order_id   bigint,
    PRIMARY KEY (trust, place, item, cycle),
    UNIQUE (trust, id),
    FOREIGN KEY (trust, place, item) REFERENCES policy (trust, place, item),
    CHECK ((state = 'ordered') = (order_id IS NOT NULL))
);
CREATE INDEX suggestion_open ON suggestion (trust, state, release_at) WHERE state IN ('waits', 'approved');
SELECT protect('suggestion', 'SELECT, INSERT, UPDATE');
