-- Where every projection stands: lag, failures, dead letters; and whether the sweep goes on.
-- depends: 0012_rebuild 0013_operating

SET LOCAL ROLE muniment_owner;

-- When something periodic was last done. It holds nothing of what tenants keep.
CREATE TABLE read.heartbeats (
  name    text        NOT NULL PRIMARY KEY,
  beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Samples of the last two minutes, over all tenants: one a projection and moment.
CREATE TABLE read.standing (
  projection     text             NOT NULL,
  version        int              NOT NULL,
  generation     int              NOT NULL,
  measured_at    timestamptz      NOT NULL,
  serves         boolean          NOT NULL, -- whether this generation answers for anybody
  state          text             NOT NULL,
  tenants        bigint           NOT NULL,
  tenants_behind bigint           NOT NULL,
  tenants_overdue bigint          NOT NULL, -- behind for longer than asked about, and not paused
  lowest         bigint           NOT NULL, -- position over all tenants
  highest        bigint           NOT NULL,
  events_taken   bigint           NOT NULL,
  events_behind  bigint           NOT NULL,
  lag_seconds    double precision NOT NULL, -- age of the oldest event not taken in
  moved_at       timestamptz,               -- when a checkpoint of it last moved
  dead_letters   bigint           NOT NULL,
  PRIMARY KEY (projection, version, generation, measured_at)
);
ALTER TABLE read.heartbeats ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.heartbeats FORCE  ROW LEVEL SECURITY;
ALTER TABLE read.standing   ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.standing   FORCE  ROW LEVEL SECURITY;
CREATE POLICY for_everybody ON read.heartbeats FOR SELECT USING (true);
CREATE POLICY for_everybody ON read.standing   FOR SELECT USING (true);
CREATE POLICY for_its_functions ON read.heartbeats TO muniment_owner USING (true);
CREATE POLICY for_its_functions ON read.standing   TO muniment_owner USING (true);
GRANT SELECT ON read.heartbeats, read.standing TO muniment_app;

CREATE FUNCTION read.beat(p_name text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  INSERT INTO read.heartbeats AS b VALUES (p_name, clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at
$$;

-- When the event at a position was recorded. Each call sees one tenant's log and no other's.
CREATE FUNCTION read.recorded_at(p_tenant_id uuid, p_position bigint) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
  RETURN (SELECT e.recorded_at FROM log.events e
           WHERE e.tenant_id = p_tenant_id AND e.position = p_position);
END
$$;

-- Where every projection stands now, over all tenants: numbers, nothing of what tenants keep.
CREATE FUNCTION read.stand(p_projections text[], p_versions int[], p_overdue interval)
RETURNS TABLE (
  projection text, version int, generation int, serves boolean, state text, tenants bigint,
  tenants_behind bigint, tenants_overdue bigint, lowest bigint, highest bigint,
  events_taken bigint, events_behind bigint, lag_seconds double precision,
  moved_at timestamptz, dead_letters bigint
)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog SET enable_nestloop = off SET work_mem = '64MB'
AS $$
  WITH followed AS MATERIALIZED (
    SELECT c.projection, c.version, c.generation, c.for_tenant, false AS building
      FROM read.consumers(p_projections, p_versions) c
     UNION ALL
    SELECT g.projection, g.version, g.generation, g.for_tenant, true
      FROM read.generations g WHERE g.state = 'building'
  ), pairs AS MATERIALIZED (
    SELECT f.projection, f.version, f.generation, h.tenant_id, h.position AS head,
           coalesce(c.position, 0) AS position, c.state, c.updated_at,
           x.projection IS NOT NULL AS is_paused
      FROM log.heads h
     CROSS JOIN followed f
      LEFT JOIN read.checkpoints c
        ON c.tenant_id = h.tenant_id AND c.projection = f.projection AND c.version = f.version
       AND c.generation = f.generation
      LEFT JOIN read.pauses x
        ON x.projection = f.projection AND x.for_tenant = h.tenant_id
     WHERE coalesce(f.for_tenant, h.tenant_id) = h.tenant_id
  ), late AS MATERIALIZED (
    SELECT b.tenant_id, b.position,
           extract(epoch FROM clock_timestamp() - read.recorded_at(b.tenant_id, b.position + 1))
             AS seconds
      FROM (SELECT DISTINCT p.tenant_id, p.position FROM pairs p WHERE p.position < p.head) b
  ), summed AS (
    SELECT p.projection, p.version, p.generation, count(*) AS tenants,
           count(*) FILTER (WHERE p.position < p.head) AS tenants_behind,
           count(*) FILTER (WHERE l.seconds > extract(epoch FROM p_overdue) AND NOT p.is_paused)
             AS tenants_overdue,
           count(*) FILTER (WHERE p.state = 'failing') AS failing,
           min(p.position) AS lowest, max(p.position) AS highest,
           sum(p.position)::bigint AS events_taken, sum(p.head - p.position)::bigint AS events_behind,
           coalesce(max(l.seconds), 0)::double precision AS lag_seconds,
           max(p.updated_at) AS moved_at
      FROM pairs p
      LEFT JOIN late l ON l.tenant_id = p.tenant_id AND l.position = p.position
                      AND p.position < p.head
     GROUP BY p.projection, p.version, p.generation
  ), parked AS (
    SELECT s.projection, s.version, s.generation, count(*) AS letters
      FROM read.parked_streams s GROUP BY s.projection, s.version, s.generation
  )
  SELECT f.projection, f.version, f.generation,
         f.generation = read.serving_generation('00000000-0000-0000-0000-000000000000',
                                                f.projection, f.version)
           OR EXISTS (SELECT FROM read.serving v
                       WHERE v.projection = f.projection AND v.version = f.version
                         AND v.generation = f.generation),
         CASE WHEN f.building THEN 'building'
              WHEN EXISTS (SELECT FROM read.pauses x
                            WHERE x.projection = f.projection
                              AND x.for_tenant = '00000000-0000-0000-0000-000000000000')
                THEN 'paused'
              WHEN s.failing > 0 THEN 'failing'
              ELSE 'running' END,
         coalesce(s.tenants, 0), coalesce(s.tenants_behind, 0), coalesce(s.tenants_overdue, 0),
         coalesce(s.lowest, 0), coalesce(s.highest, 0), coalesce(s.events_taken, 0),
         coalesce(s.events_behind, 0), coalesce(s.lag_seconds, 0), s.moved_at,
         coalesce(k.letters, 0)
    FROM followed f
    LEFT JOIN summed s USING (projection, version, generation)
    LEFT JOIN parked k USING (projection, version, generation)
   ORDER BY f.projection, f.version, f.generation
$$;

-- Keeps a sample of where every projection stands, and forgets those older than two minutes.
CREATE FUNCTION read.keep_standing(p_projections text[], p_versions int[], p_overdue interval)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  DELETE FROM read.standing WHERE measured_at < clock_timestamp() - interval '2 minutes';
  INSERT INTO read.standing
        (projection, version, generation, measured_at, serves, state, tenants, tenants_behind,
         tenants_overdue, lowest, highest, events_taken, events_behind, lag_seconds, moved_at,
         dead_letters)
  SELECT s.projection, s.version, s.generation, clock_timestamp(), s.serves, s.state, s.tenants,
         s.tenants_behind, s.tenants_overdue, s.lowest, s.highest, s.events_taken,
         s.events_behind, s.lag_seconds, s.moved_at, s.dead_letters
    FROM read.stand(p_projections, p_versions, p_overdue) s;
$$;

REVOKE ALL ON FUNCTION read.beat FROM PUBLIC;
REVOKE ALL ON FUNCTION read.recorded_at FROM PUBLIC;
REVOKE ALL ON FUNCTION read.stand FROM PUBLIC;
REVOKE ALL ON FUNCTION read.keep_standing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.beat TO muniment_app;
GRANT EXECUTE ON FUNCTION read.stand TO muniment_app;
GRANT EXECUTE ON FUNCTION read.keep_standing TO muniment_app;

RESET ROLE;
