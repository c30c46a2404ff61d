-- +goose Up
-- A step of a publication is planned once, when the tables may be empty still,
-- and each step after it reuses the plan: by index it must be from the first.
ALTER FUNCTION catalogue_publish(smallint, bigint, bigint, bigint) SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
