-- What a backup needs to read, and which restore this database comes from.
-- depends: 0010_vault 0013_operating

SET LOCAL ROLE muniment_owner;

-- Restores into this database. The epoch of the last one stands in every token: those that were
-- given out before are good no more. It holds nothing of what tenants keep, and everybody may see it.
CREATE TABLE log.restores (
  epoch       uuid        NOT NULL PRIMARY KEY,
  set_id      text        NOT NULL,
  until       text,
  began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz
);
ALTER TABLE log.restores ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.restores FORCE  ROW LEVEL SECURITY;
CREATE POLICY for_everybody ON log.restores FOR SELECT USING (true);
CREATE POLICY for_its_owner ON log.restores TO muniment_owner USING (true);
GRANT SELECT ON log.restores TO muniment_app;

-- The keys of a tenant's persons, wrapped as they are kept, and who was erased: for backups.
CREATE FUNCTION vault.kept_keys(p_tenant_id uuid)
RETURNS TABLE (person_id uuid, wrapped_key bytea, master_key_id text, erased_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT k.person_id, k.wrapped_key, k.master_key_id, k.erased_at
    FROM vault.person_keys k
   WHERE k.tenant_id = p_tenant_id
   ORDER BY k.person_id
$$;

-- What the rows of one tenant in a read table come to, in whatever order they are read: their
-- number, and the sums of both halves of the first 16 bytes of each row's sha256.
CREATE FUNCTION read.digest(
  p_tenant_id uuid, p_schema text, p_table text, OUT row_count bigint, OUT digest text
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog SET timezone = 'UTC'
AS $$
BEGIN
  EXECUTE format(
    'SELECT count(*), '
    'coalesce(sum((''x'' || encode(substr(h, 1, 8), ''hex''))::bit(64)::bigint), 0) || '':'' || '
    'coalesce(sum((''x'' || encode(substr(h, 9, 8), ''hex''))::bit(64)::bigint), 0) '
    'FROM (SELECT sha256(convert_to(t::text, ''UTF8'')) AS h FROM %I.%I t '
    'WHERE t.tenant_id = $1) hashed', p_schema, p_table)
    INTO row_count, digest USING p_tenant_id;
END
$$;

REVOKE ALL ON FUNCTION vault.kept_keys FROM PUBLIC;
REVOKE ALL ON FUNCTION read.digest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.kept_keys TO muniment_app;
GRANT EXECUTE ON FUNCTION read.digest TO muniment_app;

RESET ROLE;
