-- Copies of the tables that posting writes: the same columns, constraints and
-- indexes, and the rows that are there, so that indexes are as deep.
CREATE SCHEMA yard;
CREATE SCHEMA stage;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['patient', 'place', 'patient_identifier', 'patient_demographics', 'theatre_case', 'case_alias', 'usage_line', 'movement', 'posting', 'balance'] LOOP
        EXECUTE format('CREATE TABLE yard.%I (LIKE public.%I INCLUDING ALL)', t, t);
        EXECUTE format('INSERT INTO yard.%I SELECT * FROM public.%I', t, t);
        EXECUTE format('ANALYZE yard.%I', t);
    END LOOP;
END $$;
