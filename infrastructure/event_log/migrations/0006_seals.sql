-- Seals: signed statements that a log had a digest at a position. See infrastructure/event_log/seals.py.
-- depends: 0005_library_tracking

SET LOCAL ROLE muniment_owner;

-- Public keys, of the whole installation: they have no tenant, and everybody may read them.
CREATE TABLE log.seal_keys (
  key_id        text        NOT NULL PRIMARY KEY,
  public_key    bytea       NOT NULL CHECK (octet_length(public_key) = 32),
  first_used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (key_id = left(encode(sha256(public_key), 'hex'), 32))
);

CREATE TABLE log.seals (
  tenant_id uuid        NOT NULL,
  position  bigint      NOT NULL CHECK (position > 0),
  digest    bytea       NOT NULL CHECK (octet_length(digest) = 32),
  sealed_at timestamptz NOT NULL,
  key_id    text        NOT NULL REFERENCES log.seal_keys,
  signature bytea       NOT NULL CHECK (octet_length(signature) = 64),
  PRIMARY KEY (tenant_id, position)
);

ALTER TABLE log.seal_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.seal_keys FORCE  ROW LEVEL SECURITY;
ALTER TABLE log.seals     ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.seals     FORCE  ROW LEVEL SECURITY;

CREATE POLICY keys_are_public ON log.seal_keys USING (true);
CREATE POLICY one_tenant ON log.seals
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY every_tenant_for_the_sealer ON log.seals FOR SELECT TO muniment_owner USING (true);

CREATE FUNCTION log.refuse_change_of_seals() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'seals and their keys are never changed or removed'
    USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER seals_never_change
  BEFORE UPDATE OR DELETE OR TRUNCATE ON log.seals
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change_of_seals();
CREATE TRIGGER seal_keys_never_change
  BEFORE UPDATE OR DELETE OR TRUNCATE ON log.seal_keys
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change_of_seals();

-- Publishes a public key. The same key again changes nothing.
CREATE FUNCTION log.publish_seal_key(p_public_key bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  INSERT INTO log.seal_keys (key_id, public_key)
  VALUES (left(encode(sha256(p_public_key), 'hex'), 32), p_public_key)
  ON CONFLICT DO NOTHING
$$;

-- The tenants whose log has grown since its last seal, those first that have waited longest.
CREATE FUNCTION log.tenants_to_seal(p_limit int)
RETURNS TABLE (tenant_id uuid, "position" bigint, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT h.tenant_id, h.position, h.digest
    FROM log.heads h
    LEFT JOIN LATERAL (
      SELECT s.position, s.sealed_at FROM log.seals s
       WHERE s.tenant_id = h.tenant_id ORDER BY s.position DESC LIMIT 1
    ) last ON true
   WHERE h.position > coalesce(last.position, 0)
   ORDER BY last.sealed_at NULLS FIRST
   LIMIT p_limit
$$;

-- Keeps a seal, but only of what the log holds. False where the log is sealed that far already.
CREATE FUNCTION log.seal(
  p_tenant_id uuid, p_position bigint, p_digest bytea, p_sealed_at timestamptz, p_key_id text,
  p_signature bytea
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
  IF NOT EXISTS (
    SELECT FROM log.events e
     WHERE e.tenant_id = p_tenant_id AND e.position = p_position AND e.digest = p_digest)
  THEN
    RAISE EXCEPTION 'the log does not hold this digest at position %', p_position
      USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (
    SELECT FROM log.seals s WHERE s.tenant_id = p_tenant_id AND s.position >= p_position)
  THEN
    RETURN false;
  END IF;
  INSERT INTO log.seals
  VALUES (p_tenant_id, p_position, p_digest, p_sealed_at, p_key_id, p_signature)
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION log.publish_seal_key FROM PUBLIC;
REVOKE ALL ON FUNCTION log.tenants_to_seal FROM PUBLIC;
REVOKE ALL ON FUNCTION log.seal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.publish_seal_key TO muniment_app;
GRANT EXECUTE ON FUNCTION log.tenants_to_seal TO muniment_app;
GRANT EXECUTE ON FUNCTION log.seal TO muniment_app;
GRANT SELECT ON log.seals, log.seal_keys TO muniment_app;

RESET ROLE;
