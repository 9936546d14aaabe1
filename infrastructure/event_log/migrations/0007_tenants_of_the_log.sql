-- Which tenants there are, for verifying the whole log.
-- depends: 0006_seals

SET LOCAL ROLE muniment_owner;

-- Every tenant that the log, its seals, its public slugs or any checkpoint knows of, with its head;
-- no head where that is gone. Tells ids, slugs and positions, nothing of what tenants keep.
CREATE FUNCTION log.tenants()
RETURNS TABLE (tenant_id uuid, slug text, "position" bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT known.tenant_id,
         (SELECT min(convert_from(c.key, 'UTF8')) FROM log.claims c
           WHERE c.scope = 'tenant.slug' AND c.tenant_id = known.tenant_id),
         h.position
    FROM (SELECT x.tenant_id FROM log.heads x
          UNION SELECT x.tenant_id FROM log.seals x
          UNION SELECT x.tenant_id FROM log.claims x WHERE x.scope = 'tenant.slug'
          UNION SELECT x.tenant_id FROM read.checkpoints x) known
    LEFT JOIN log.heads h ON h.tenant_id = known.tenant_id
   ORDER BY known.tenant_id
$$;
REVOKE ALL ON FUNCTION log.tenants FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.tenants TO muniment_app;

RESET ROLE;
