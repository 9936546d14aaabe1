-- The keys of persons, wrapped with a master key that the database does not have. They are no part
-- of the log: what a log holds of a person can be read for as long as the key is here.
-- depends: 0008_pruning

CREATE SCHEMA vault AUTHORIZATION muniment_owner;
GRANT USAGE ON SCHEMA vault TO muniment_app;

SET LOCAL ROLE muniment_owner;

-- A row without a key is the mark of an erasure: no key is ever made for that person again.
CREATE TABLE vault.person_keys (
  tenant_id     uuid        NOT NULL,
  person_id     uuid        NOT NULL,
  wrapped_key   bytea,
  master_key_id text,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  erased_at     timestamptz,
  PRIMARY KEY (tenant_id, person_id),
  CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL)),
  CHECK ((wrapped_key IS NULL) = (master_key_id IS NULL))
);
CREATE INDEX person_keys_erased ON vault.person_keys (erased_at) WHERE erased_at IS NOT NULL;

ALTER TABLE vault.person_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.person_keys FORCE  ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON vault.person_keys
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY erasures_of_every_tenant ON vault.person_keys FOR SELECT TO muniment_owner
  USING (erased_at IS NOT NULL);

CREATE FUNCTION vault.refuse_revival() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an erasure is never undone'
    USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER erased_for_ever
  BEFORE UPDATE OR DELETE ON vault.person_keys
  FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION vault.refuse_revival();
CREATE TRIGGER kept_as_a_whole
  BEFORE TRUNCATE ON vault.person_keys
  FOR EACH STATEMENT EXECUTE FUNCTION vault.refuse_revival();

-- All of these work for the tenant in the transaction's setting, and for no other.

-- The keys of persons; who is not here yet gets the one that was brought along.
CREATE FUNCTION vault.ensure_keys(
  p_tenant_id uuid, p_person_ids uuid[], p_wrapped_keys bytea[], p_master_key_id text
) RETURNS TABLE (person_id uuid, wrapped_key bytea, master_key_id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO vault.person_keys (tenant_id, person_id, wrapped_key, master_key_id)
  SELECT p_tenant_id, p.person_id, p.wrapped_key, p_master_key_id
    FROM unnest(p_person_ids, p_wrapped_keys) AS p(person_id, wrapped_key)
  ON CONFLICT DO NOTHING;
  -- A new statement: it sees what somebody else inserted or erased meanwhile.
  RETURN QUERY
  SELECT k.person_id, k.wrapped_key, k.master_key_id
    FROM vault.person_keys k
   WHERE k.tenant_id = p_tenant_id AND k.person_id = ANY (p_person_ids);
END
$$;

CREATE FUNCTION vault.keys_of(p_tenant_id uuid, p_person_ids uuid[])
RETURNS TABLE (person_id uuid, wrapped_key bytea, master_key_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT k.person_id, k.wrapped_key, k.master_key_id
    FROM vault.person_keys k
   WHERE k.tenant_id = p_tenant_id AND k.person_id = ANY (p_person_ids)
$$;

-- Destroys the keys of persons and marks them as erased, whether they had one or not.
CREATE FUNCTION vault.erase(p_tenant_id uuid, p_person_ids uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  INSERT INTO vault.person_keys AS k (tenant_id, person_id, erased_at)
  SELECT p_tenant_id, p.person_id, clock_timestamp() FROM unnest(p_person_ids) AS p(person_id)
  ON CONFLICT (tenant_id, person_id) DO UPDATE
     SET wrapped_key = NULL, master_key_id = NULL, erased_at = excluded.erased_at
   WHERE k.erased_at IS NULL
$$;

-- Who was erased lately, of all tenants: their access tokens may not have run out yet.
CREATE FUNCTION vault.erased_within(p_seconds int)
RETURNS TABLE (tenant_id uuid, person_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT k.tenant_id, k.person_id FROM vault.person_keys k
   WHERE k.erased_at > clock_timestamp() - make_interval(secs => p_seconds)
$$;

REVOKE ALL ON FUNCTION vault.ensure_keys FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.keys_of FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.erase FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.erased_within FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.refuse_revival FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.ensure_keys, vault.keys_of, vault.erase, vault.erased_within
   TO muniment_app;

RESET ROLE;
