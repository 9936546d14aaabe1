-- Pauses as the platform's log tells them.
-- depends: 0008_pruning 0013_operating

SET LOCAL ROLE muniment_owner;

-- Has exactly these pauses hold, and no other; how many rows that changed.
CREATE FUNCTION read.keep_pauses(
  p_projections text[], p_tenants uuid[], p_by text[], p_at timestamptz[])
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  WITH told AS MATERIALIZED (
    SELECT * FROM unnest(p_projections, p_tenants, p_by, p_at)
                    AS t(projection, for_tenant, paused_by, paused_at)
  ), ended AS (
    DELETE FROM read.pauses x
     WHERE NOT EXISTS (SELECT FROM told t
                        WHERE t.projection = x.projection AND t.for_tenant = x.for_tenant)
    RETURNING 1
  ), begun AS (
    INSERT INTO read.pauses (projection, for_tenant, paused_by, paused_at)
    SELECT t.* FROM told t
    ON CONFLICT DO NOTHING
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM ended) + (SELECT count(*) FROM begun)
$$;
REVOKE ALL ON FUNCTION read.keep_pauses FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.keep_pauses TO muniment_app;

RESET ROLE;
