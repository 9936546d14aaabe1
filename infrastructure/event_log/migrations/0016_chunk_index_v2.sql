-- The search index of before passages had a beginning and an end goes: version 2 is filled from the
-- log, and nobody reads its texts and vectors again. Copies that somebody asked for stay.
-- depends: 0012_rebuild

SET LOCAL ROLE muniment_owner;

DO $$
DECLARE
  made record;
BEGIN
  FOR made IN
    UPDATE read.generations SET state = 'dropped', changed_at = now()
     WHERE projection = 'chunk_index' AND version = 1 AND generation > 0
       AND state NOT IN ('copy', 'dropped')
    RETURNING schema_name
  LOOP
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', made.schema_name);
  END LOOP;
END
$$;
DROP TABLE IF EXISTS read.chunk_documents_v1, read.chunks_v1, read.chunk_vectors_v1;

RESET ROLE;
