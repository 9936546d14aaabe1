-- How far each projection has read each tenant's log, and the work that waits for a worker.
-- depends: 0003_append

SET LOCAL ROLE muniment_owner;

CREATE TABLE read.checkpoints (
  tenant_id  uuid        NOT NULL,
  projection text        NOT NULL,
  version    int         NOT NULL,
  position   bigint      NOT NULL CHECK (position >= 0),
  state      text        NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'failing')),
  failure    text,
  attempts   int         NOT NULL DEFAULT 0,
  retry_at   timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, projection, version)
) WITH (fillfactor = 50);

-- Streams whose event a projection could not take; the others go on without them.
CREATE TABLE read.parked_streams (
  tenant_id  uuid        NOT NULL,
  projection text        NOT NULL,
  version    int         NOT NULL,
  stream_id  uuid        NOT NULL,
  position   bigint      NOT NULL,
  failure    text        NOT NULL,
  parked_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, projection, version, stream_id)
);

-- One row a piece of work, written by a reaction with its checkpoint. A lease that runs out
-- (its worker died) makes the row free again.
CREATE TABLE work.jobs (
  tenant_id   uuid        NOT NULL,
  job_id      uuid        NOT NULL,
  kind        text        NOT NULL,
  stream_id   uuid        NOT NULL,
  argument    text        NOT NULL DEFAULT '',
  state       text        NOT NULL DEFAULT 'waiting'
              CHECK (state IN ('waiting', 'leased', 'done', 'quarantined')),
  attempts    int         NOT NULL DEFAULT 0,
  run_at      timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz,
  lease_id    uuid,
  failure     text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, job_id)
) WITH (fillfactor = 70);
CREATE INDEX jobs_open ON work.jobs (tenant_id, run_at) WHERE state IN ('waiting', 'leased');

-- Vectors by model and content, so that nothing is computed twice, not even by a rebuild.
CREATE TABLE work.embeddings (
  tenant_id      uuid   NOT NULL,
  model          text   NOT NULL,
  content_sha256 bytea  NOT NULL,
  embedding      vector NOT NULL,
  PRIMARY KEY (tenant_id, model, content_sha256)
);

ALTER TABLE read.checkpoints    ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.checkpoints    FORCE  ROW LEVEL SECURITY;
ALTER TABLE read.parked_streams ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.parked_streams FORCE  ROW LEVEL SECURITY;
ALTER TABLE work.jobs           ENABLE ROW LEVEL SECURITY;
ALTER TABLE work.jobs           FORCE  ROW LEVEL SECURITY;
ALTER TABLE work.embeddings     ENABLE ROW LEVEL SECURITY;
ALTER TABLE work.embeddings     FORCE  ROW LEVEL SECURITY;

CREATE POLICY one_tenant ON read.checkpoints
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY one_tenant ON read.parked_streams
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY one_tenant ON work.jobs
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY one_tenant ON work.embeddings
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY every_tenant_for_the_sweep ON read.checkpoints
  FOR SELECT TO muniment_owner USING (true);
CREATE POLICY every_tenant_for_the_sweep ON work.jobs
  FOR SELECT TO muniment_owner USING (true);

GRANT SELECT, INSERT, UPDATE ON read.checkpoints TO muniment_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON read.parked_streams, work.jobs, work.embeddings
   TO muniment_app;

-- The truth behind the wake-up messages: which tenants have events that a projection hasn't read.
CREATE FUNCTION read.tenants_behind(p_projections text[], p_versions int[])
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
REVOKE ALL ON FUNCTION read.tenants_behind FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.tenants_behind TO muniment_app;

-- Jobs that a worker could take now: waiting ones that are due, leased ones whose worker is gone.
CREATE FUNCTION work.jobs_due(p_limit int, p_older_than interval)
RETURNS TABLE (tenant_id uuid, job_id uuid, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT j.tenant_id, j.job_id, j.kind
    FROM work.jobs j
   WHERE (j.state = 'waiting' AND j.run_at <= clock_timestamp() - p_older_than)
      OR (j.state = 'leased' AND j.lease_until < clock_timestamp())
   ORDER BY j.run_at
   LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION work.jobs_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION work.jobs_due TO muniment_app;

-- Puts a new read table under the same protection as every other.
CREATE FUNCTION read.protect(p_table regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
  IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = p_table AND polname = 'one_tenant') THEN
    EXECUTE format(
      'CREATE POLICY one_tenant ON %s '
      'USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', p_table);
  END IF;
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO muniment_app', p_table);
END
$$;
REVOKE ALL ON FUNCTION read.protect FROM PUBLIC;

RESET ROLE;
