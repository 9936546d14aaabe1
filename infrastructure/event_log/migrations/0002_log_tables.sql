-- The event log. Every table is keyed by the tenant first; row-level security holds even for
-- the owner. Nothing here is ever changed or removed by the application.
-- depends: 0001_roles_and_schemas

SET LOCAL ROLE muniment_owner;

-- Heads and events carry no CHECK constraints: only the append function writes them, its promises
-- are tested and verified, and constraints made an append a tenth slower.

-- One row a tenant: the lock that orders its appends.
CREATE TABLE log.heads (
  tenant_id   uuid        NOT NULL PRIMARY KEY,
  position    bigint      NOT NULL,
  digest      bytea       NOT NULL,
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 50); -- room for in-page updates: this row changes with every append

CREATE TABLE log.events (
  tenant_id      uuid        NOT NULL,
  position       bigint      NOT NULL,
  stream_id      uuid        NOT NULL,
  version        bigint      NOT NULL,
  type           text        NOT NULL,
  schema         smallint    NOT NULL,
  data           bytea       NOT NULL,
  metadata       bytea       NOT NULL,
  event_id       uuid        NOT NULL,
  command_id     uuid        NOT NULL,
  correlation_id uuid        NOT NULL,
  causation_id   uuid,
  actor          text        NOT NULL,
  recorded_at    timestamptz NOT NULL,
  digest         bytea       NOT NULL,
  PRIMARY KEY (tenant_id, position),
  UNIQUE (tenant_id, stream_id, version)
);

-- What each command recorded, so that sending it again returns the same.
CREATE TABLE log.commands (
  tenant_id      uuid        NOT NULL,
  command_id     uuid        NOT NULL,
  fingerprint    bytea,
  stream_id      uuid        NOT NULL,
  version        bigint      NOT NULL,
  first_position bigint      NOT NULL,
  last_position  bigint      NOT NULL,
  recorded_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, command_id)
);

-- Set-wide uniqueness. The key of personal data is a keyed hash; a claim that is unique only
-- within a tenant has the tenant in its key.
CREATE TABLE log.claims (
  scope     text  NOT NULL CHECK (length(scope) BETWEEN 1 AND 100),
  key       bytea NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 512),
  tenant_id uuid  NOT NULL,
  stream_id uuid  NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX claims_of_stream ON log.claims (tenant_id, stream_id);

ALTER TABLE log.heads    ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.heads    FORCE  ROW LEVEL SECURITY;
ALTER TABLE log.events   ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.events   FORCE  ROW LEVEL SECURITY;
ALTER TABLE log.commands ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.commands FORCE  ROW LEVEL SECURITY;
ALTER TABLE log.claims   ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.claims   FORCE  ROW LEVEL SECURITY;

CREATE POLICY one_tenant ON log.heads
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY one_tenant ON log.events
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY one_tenant ON log.commands
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY one_tenant ON log.claims
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- The sweep has to see every head; only functions that run as the owner can use this.
CREATE POLICY every_tenant_for_the_sweep ON log.heads FOR SELECT TO muniment_owner USING (true);

CREATE FUNCTION log.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are never changed or removed'
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER events_never_change
  BEFORE UPDATE OR DELETE OR TRUNCATE ON log.events
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

-- A slug is public; logging in may name a tenant by it before there is any tenant's context.
CREATE POLICY slugs_are_public ON log.claims FOR SELECT TO muniment_owner
  USING (scope = 'tenant.slug');
CREATE FUNCTION log.tenant_of_slug(p_slug text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT c.tenant_id FROM log.claims c
   WHERE c.scope = 'tenant.slug' AND c.key = convert_to(p_slug, 'UTF8')
$$;
REVOKE ALL ON FUNCTION log.tenant_of_slug FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.tenant_of_slug TO muniment_app;

GRANT SELECT ON log.heads, log.events, log.commands, log.claims TO muniment_app;

-- For people reading in psql: data and metadata as text.
CREATE VIEW log.readable_events WITH (security_invoker = true) AS
SELECT tenant_id, position, stream_id, version, type, schema,
       convert_from(data, 'UTF8') AS data, convert_from(metadata, 'UTF8') AS metadata,
       event_id, command_id, correlation_id, causation_id, actor, recorded_at, digest
  FROM log.events;
GRANT SELECT ON log.readable_events TO muniment_app;

RESET ROLE;
