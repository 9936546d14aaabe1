SET LOCAL ROLE muniment_owner;

DO $$
DECLARE
  made record;
BEGIN
  FOR made IN SELECT DISTINCT schema_name FROM read.generations WHERE generation > 0 LOOP
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', made.schema_name);
  END LOOP;
END
$$;

-- The look-up before generations; its table need not be there.
SET LOCAL check_function_bodies = off;
CREATE OR REPLACE FUNCTION read.login_by_email_key_v1(p_email_key bytea, p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text, role text, display_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT l.tenant_id, l.user_id, l.password_hash, l.role, l.display_name
    FROM read.logins_v1 l
   WHERE l.email_key = p_email_key
     AND CASE WHEN p_tenant_id IS NULL
              THEN 1 = (SELECT count(*) FROM read.logins_v1 o WHERE o.email_key = p_email_key)
              ELSE l.tenant_id = p_tenant_id END
$$;
CREATE OR REPLACE FUNCTION read.tenants_behind(p_projections text[], p_versions int[])
RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT h.tenant_id
    FROM log.heads h
   WHERE EXISTS (
     SELECT FROM unnest(p_projections, p_versions) AS p(projection, version)
       LEFT JOIN read.checkpoints c
         ON c.tenant_id = h.tenant_id AND c.projection = p.projection AND c.version = p.version
      WHERE coalesce(c.position, 0) < h.position
        AND coalesce(c.retry_at, '-infinity') <= clock_timestamp())
$$;

DROP FUNCTION read.consumers;
DROP FUNCTION read.search_path_of;
DROP FUNCTION read.serving_generation;
DROP TABLE read.serving;
DROP TABLE read.generations;
DROP SEQUENCE read.generation_numbers;

DELETE FROM read.checkpoints WHERE generation > 0;
ALTER TABLE read.checkpoints DROP COLUMN generation; -- and the key with it
ALTER TABLE read.checkpoints ADD PRIMARY KEY (tenant_id, projection, version);
DELETE FROM read.parked_streams WHERE generation > 0;
ALTER TABLE read.parked_streams DROP COLUMN generation;
ALTER TABLE read.parked_streams ADD PRIMARY KEY (tenant_id, projection, version, stream_id);

RESET ROLE;
