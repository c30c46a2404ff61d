-- +goose Up
-- With hundreds of thousands of marks each look goes by its own kind at once.
CREATE INDEX registry_due_case ON registry_due (trust, id) WHERE kind = 'case';
CREATE INDEX registry_due_other ON registry_due (trust, id) WHERE kind <> 'case';
