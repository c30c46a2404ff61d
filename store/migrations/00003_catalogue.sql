-- +goose Up
CREATE TABLE supplier (
    trust   text NOT NULL,
    code    text NOT NULL CHECK (code <> ''),
    name    text NOT NULL,
    release text NOT NULL DEFAULT 'immediate',
    PRIMARY KEY (trust, code)
);
SELECT protect('supplier', 'SELECT, INSERT, UPDATE');

CREATE SEQUENCE item_id;
SELECT share('SEQUENCE', 'item_id', 'USAGE');

-- A trust's item, counted in whole base units.
CREATE TABLE item (
    trust          text    NOT NULL,
    id             bigint  NOT NULL CHECK (id > 0),
    code           text    NOT NULL CHECK (code <> ''),
    description    text    NOT NULL,
    base_unit      text    NOT NULL,
    pack_size      bigint  NOT NULL CHECK (pack_size > 0),
    supplier       text    NOT NULL,
    supplier_code  text    NOT NULL,
    manufacturer   text    NOT NULL,
    device_class   text    NOT NULL CHECK (device_class IN ('', 'I', 'IIa', 'IIb', 'III')),
    lot_tracked    boolean NOT NULL,
    serial_tracked boolean NOT NULL,
    implantable    boolean NOT NULL,
    reportable     boolean NOT NULL,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (trust, id),
    UNIQUE (trust, code),
    FOREIGN KEY (trust, supplier) REFERENCES supplier (trust, code)
);
COMMENT ON COLUMN item.pack_size IS 'Base units in the pack in which the item is ordered.';
SELECT protect('item', 'SELECT, INSERT, UPDATE');

-- One code names one item. ratio is how many base units the coded pack holds.
CREATE TABLE item_code (
    trust text   NOT NULL,
    kind  text   NOT NULL CHECK (kind IN ('gtin', 'npc', 'mpc', 'erp')),
    value text   NOT NULL CHECK (value <> ''),
    item  bigint NOT NULL,
    ratio bigint NOT NULL DEFAULT 1 CHECK (ratio > 0),
    PRIMARY KEY (trust, kind, value),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id)
);
CREATE INDEX item_code_item ON item_code (trust, item);
SELECT protect('item_code', 'SELECT, INSERT, UPDATE, DELETE');

-- The price of one pack from a day on; the past keeps its answer.
CREATE TABLE item_price (
    trust      text           NOT NULL,
    item       bigint         NOT NULL,
    valid_from date           NOT NULL,
    price      numeric(18, 4) NOT NULL CHECK (price >= 0),
    currency   text           NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (trust, item, valid_from),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id)
);
SELECT protect('item_price', 'SELECT, INSERT, UPDATE');
