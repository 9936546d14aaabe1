-- Operating projections: standing still, and what could not be taken in.
-- depends: 0011_generations

SET LOCAL ROLE muniment_owner;

-- Projections that stand still. The tenant 00000000-… stands for every tenant. It holds nothing of
-- what tenants keep, and everybody may see it.
CREATE TABLE read.pauses (
  projection text        NOT NULL,
  for_tenant uuid        NOT NULL,
  paused_by  text        NOT NULL,
  paused_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (projection, for_tenant)
);
ALTER TABLE read.pauses ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.pauses FORCE  ROW LEVEL SECURITY;
CREATE POLICY for_everybody ON read.pauses FOR SELECT USING (true);
CREATE POLICY for_its_functions ON read.pauses TO muniment_owner USING (true);
GRANT SELECT ON read.pauses TO muniment_app;

-- Whether a projection stands still for a tenant.
CREATE FUNCTION read.is_paused(p_projection text, p_tenant_id uuid) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT EXISTS (SELECT FROM read.pauses x
                  WHERE x.projection = p_projection
                    AND x.for_tenant IN (p_tenant_id, '00000000-0000-0000-0000-000000000000'));
END;

-- Has a projection stand still, for one tenant, or with null for all. Again changes nothing.
CREATE FUNCTION read.pause(p_projection text, p_tenant_id uuid, p_by text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  INSERT INTO read.pauses (projection, for_tenant, paused_by)
  VALUES (p_projection, coalesce(p_tenant_id, '00000000-0000-0000-0000-000000000000'), p_by)
  ON CONFLICT DO NOTHING
$$;

-- Ends that pause, and no other one: the pause of one tenant outlasts that of all.
CREATE FUNCTION read.resume(p_projection text, p_tenant_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  DELETE FROM read.pauses x
   WHERE x.projection = p_projection
     AND x.for_tenant = coalesce(p_tenant_id, '00000000-0000-0000-0000-000000000000')
$$;

-- A parked stream is a dead letter: it has an id by which an administrator takes it up.
ALTER TABLE read.parked_streams
  ADD COLUMN dead_letter_id uuid        NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN type           text        NOT NULL DEFAULT '',
  ADD COLUMN attempts       int         NOT NULL DEFAULT 1,
  ADD COLUMN tried_at       timestamptz NOT NULL DEFAULT now();
CREATE INDEX parked_streams_by_dead_letter ON read.parked_streams (dead_letter_id);
CREATE POLICY every_tenant_for_administrators ON read.parked_streams
  FOR SELECT TO muniment_owner USING (true);

-- Events that a projection shall never take in, whichever version or generation of it reads them.
CREATE TABLE read.skipped_events (
  tenant_id      uuid        NOT NULL,
  projection     text        NOT NULL,
  position       bigint      NOT NULL,
  dead_letter_id uuid        NOT NULL,
  skipped_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, projection, position)
);
ALTER TABLE read.skipped_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.skipped_events FORCE  ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON read.skipped_events
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT ON read.skipped_events TO muniment_app;

-- Dead letters of all tenants in the order of their ids, each condition left out where it is null.
CREATE FUNCTION read.dead_letters(
  p_id uuid, p_projection text, p_tenant_id uuid, p_after uuid, p_limit int
)
RETURNS TABLE (
  dead_letter_id uuid, projection text, version int, generation int, tenant_id uuid,
  stream_id uuid, "position" bigint, type text, failure text, attempts int,
  parked_at timestamptz, tried_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT s.dead_letter_id, s.projection, s.version, s.generation, s.tenant_id, s.stream_id,
         s.position, s.type, s.failure, s.attempts, s.parked_at, s.tried_at
    FROM read.parked_streams s
   WHERE (p_id IS NULL OR s.dead_letter_id = p_id)
     AND (p_projection IS NULL OR s.projection = p_projection)
     AND (p_tenant_id IS NULL OR s.tenant_id = p_tenant_id)
     AND (p_after IS NULL OR s.dead_letter_id > p_after)
   ORDER BY s.dead_letter_id
   LIMIT p_limit
$$;

-- The truth behind the wake-up messages: which tenants have events that a projection hasn't read
-- and may read now. Those first that one batch brings up to date, then whoever has waited longest.
-- Nearly every row is looked at, so hashing them is right however few the planner expects.
CREATE OR REPLACE FUNCTION read.tenants_behind(p_projections text[], p_versions int[])
RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog SET enable_nestloop = off SET work_mem = '64MB'
AS $$
  WITH consumers AS MATERIALIZED (
    SELECT c.* FROM read.consumers(p_projections, p_versions) c
     WHERE NOT EXISTS (
       SELECT FROM read.pauses x
        WHERE x.projection = c.projection
          AND x.for_tenant = '00000000-0000-0000-0000-000000000000'))
  SELECT h.tenant_id
    FROM log.heads h
   CROSS JOIN consumers p
    LEFT JOIN read.checkpoints c
      ON c.tenant_id = h.tenant_id AND c.projection = p.projection AND c.version = p.version
     AND c.generation = p.generation
    LEFT JOIN read.pauses x ON x.projection = p.projection AND x.for_tenant = h.tenant_id
   WHERE coalesce(p.for_tenant, h.tenant_id) = h.tenant_id
     AND coalesce(c.position, 0) < h.position
     AND coalesce(c.retry_at, '-infinity') <= clock_timestamp()
     AND x.projection IS NULL
   GROUP BY h.tenant_id
   ORDER BY max(h.position - coalesce(c.position, 0)) > 500, min(c.updated_at) NULLS FIRST
$$;
ALTER FUNCTION read.consumers ROWS 20;

REVOKE ALL ON FUNCTION read.is_paused FROM PUBLIC;
REVOKE ALL ON FUNCTION read.pause FROM PUBLIC;
REVOKE ALL ON FUNCTION read.resume FROM PUBLIC;
REVOKE ALL ON FUNCTION read.dead_letters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.is_paused TO muniment_app;
GRANT EXECUTE ON FUNCTION read.pause TO muniment_app;
GRANT EXECUTE ON FUNCTION read.resume TO muniment_app;
GRANT EXECUTE ON FUNCTION read.dead_letters TO muniment_app;

RESET ROLE;
