-- What was written outside the database. By hand, as superuser:
--   \i evidence.sql
--   \copy acked from program 'cat acks/*.log'
--   \i judge.sql
--   select * from verdict order by number;
-- (erp_file needs the digests of the files at the ERP, and opened what the sealed
-- archive holds; the program lists both.)

-- One row for each acknowledgement that a sender read. n counts each sender's.
-- words holds what the message says: key;item;effect;quantity, separated by
-- blanks; it is empty for a repetition.
CREATE TEMP TABLE acked (
    sender  int,
    n       bigint,
    at      timestamptz,
    kind    text,
    control text,
    digest  text, -- SHA-256 of the message without MSH-7
    patient text,
    case_no text,
    shelf   text,
    words   text
);

-- One row for each file in the ERP's folder for orders.
CREATE TEMP TABLE erp_file (
    name   text,
    digest text,
    lines  bigint, -- that end in CR LF, the header included
    whole  boolean -- it ends with the end of a line
);

-- The theatre's messages as they came: the archive holds them sealed.
CREATE TEMP TABLE opened (
    id  bigint PRIMARY KEY,
    raw bytea
);
