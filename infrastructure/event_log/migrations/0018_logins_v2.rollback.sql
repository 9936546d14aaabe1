SET LOCAL ROLE muniment_owner;

DROP FUNCTION read.login_by_email_key_v2;

-- Logging in comes before any tenant's context. This gives the logins of exactly one keyed hash of
-- an address, only where that is not ambiguous, each from the generation that answers for its tenant.
CREATE FUNCTION read.login_by_email_key_v1(p_email_key bytea, p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text, role text, display_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  query text;
BEGIN
  SELECT string_agg(format(
           'SELECT l.tenant_id, l.user_id, l.password_hash, l.role, l.display_name '
           'FROM %s.logins_v1 l WHERE l.email_key = $1 '
           'AND read.serving_generation(l.tenant_id, ''login_directory'', 1) = %s',
           CASE g.generation WHEN 0 THEN 'read' ELSE 'read_g' || g.generation END, g.generation),
           ' UNION ALL ')
    INTO query
    FROM (SELECT 0 AS generation
           WHERE NOT EXISTS (SELECT FROM read.generations d
                              WHERE d.generation = 0 AND d.projection = 'login_directory'
                                AND d.version = 1)
           UNION
          SELECT s.generation FROM read.serving s
           WHERE s.projection = 'login_directory' AND s.version = 1 AND s.generation > 0) g;
  RETURN QUERY EXECUTE
    'WITH found AS MATERIALIZED (' || query || ') SELECT * FROM found f '
    'WHERE CASE WHEN $2 IS NULL THEN 1 = (SELECT count(*) FROM found) ELSE f.tenant_id = $2 END'
    USING p_email_key, p_tenant_id;
END
$$;
REVOKE ALL ON FUNCTION read.login_by_email_key_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.login_by_email_key_v1 TO muniment_app;

RESET ROLE;
