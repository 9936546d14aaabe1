DROP FUNCTION read.dead_letters;
DROP TABLE read.skipped_events;
DROP POLICY every_tenant_for_administrators ON read.parked_streams;
DROP INDEX read.parked_streams_by_dead_letter;
ALTER TABLE read.parked_streams
  DROP COLUMN dead_letter_id, DROP COLUMN type, DROP COLUMN attempts, DROP COLUMN tried_at;
CREATE OR REPLACE FUNCTION read.tenants_behind(p_projections text[], p_versions int[])
RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  WITH consumers AS MATERIALIZED (SELECT * FROM read.consumers(p_projections, p_versions))
  SELECT h.tenant_id
    FROM log.heads h
   WHERE EXISTS (
     SELECT FROM consumers p
       LEFT JOIN read.checkpoints c
         ON c.tenant_id = h.tenant_id AND c.projection = p.projection AND c.version = p.version
        AND c.generation = p.generation
      WHERE coalesce(p.for_tenant, h.tenant_id) = h.tenant_id
        AND coalesce(c.position, 0) < h.position
        AND coalesce(c.retry_at, '-infinity') <= clock_timestamp())
$$;
DROP FUNCTION read.resume;
DROP FUNCTION read.pause;
DROP FUNCTION read.is_paused;
DROP TABLE read.pauses;
