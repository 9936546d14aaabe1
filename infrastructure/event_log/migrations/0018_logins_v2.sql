-- The directory of logins before there were erasures goes: none would reach what it holds.
-- depends: 0010_vault 0011_generations

SET LOCAL ROLE muniment_owner;

DO $$
DECLARE
  made record;
BEGIN
  FOR made IN
    UPDATE read.generations SET state = 'dropped', changed_at = now()
     WHERE projection = 'login_directory' AND version = 1 AND generation > 0 AND state <> 'dropped'
    RETURNING schema_name
  LOOP
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', made.schema_name);
  END LOOP;
END
$$;
DROP FUNCTION read.login_by_email_key_v1;
DROP TABLE IF EXISTS read.logins_v1;

-- Logging in comes before any tenant's context. This gives the logins of exactly one keyed hash of
-- an address, only where that is not ambiguous, each from the generation that answers for its tenant.
CREATE FUNCTION read.login_by_email_key_v2(p_email_key bytea, p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text, role text, display_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  query text;
BEGIN
  SELECT string_agg(format(
           'SELECT l.tenant_id, l.user_id, l.password_hash, l.role, l.display_name '
           'FROM %s.logins_v2 l WHERE l.email_key = $1 '
           'AND read.serving_generation(l.tenant_id, ''login_directory'', 2) = %s',
           CASE g.generation WHEN 0 THEN 'read' ELSE 'read_g' || g.generation END, g.generation),
           ' UNION ALL ')
    INTO query
    FROM (SELECT 0 AS generation
           WHERE NOT EXISTS (SELECT FROM read.generations d
                              WHERE d.generation = 0 AND d.projection = 'login_directory'
                                AND d.version = 2)
           UNION
          SELECT s.generation FROM read.serving s
           WHERE s.projection = 'login_directory' AND s.version = 2 AND s.generation > 0) g;
  RETURN QUERY EXECUTE
    'WITH found AS MATERIALIZED (' || query || ') SELECT * FROM found f '
    'WHERE CASE WHEN $2 IS NULL THEN 1 = (SELECT count(*) FROM found) ELSE f.tenant_id = $2 END'
    USING p_email_key, p_tenant_id;
END
$$;
REVOKE ALL ON FUNCTION read.login_by_email_key_v2 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.login_by_email_key_v2 TO muniment_app;

RESET ROLE;
