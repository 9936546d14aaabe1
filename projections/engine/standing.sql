-- name: now
WITH rates AS (
  SELECT projection, version, generation,
         (max(events_taken) - min(events_taken))
           / extract(epoch FROM max(measured_at) - min(measured_at)) AS rate
    FROM read.standing
   WHERE measured_at > clock_timestamp() - interval '60 s'
   GROUP BY projection, version, generation
  HAVING max(measured_at) > min(measured_at)
)
SELECT s.projection, s.version, s.generation, s.serves, s.state, s.tenants, s.tenants_behind,
       s.tenants_overdue, s.lowest AS lowest_position, s.highest AS highest_position,
       s.events_taken, s.events_behind, s.lag_seconds,
       coalesce(r.rate, 0)::double precision AS events_per_second,
       extract(epoch FROM clock_timestamp() - s.moved_at)::double precision AS idle_seconds,
       s.dead_letters
  FROM read.stand(%(projections)s::text[], %(versions)s::int[],
                  %(overdue_seconds)s * interval '1 s') s
  LEFT JOIN rates r USING (projection, version, generation)
 ORDER BY s.projection, s.version, s.generation

-- name: latest
WITH rates AS (
  SELECT projection, version, generation, max(measured_at) AS measured_at,
         (max(events_taken) - min(events_taken))
           / nullif(extract(epoch FROM max(measured_at) - min(measured_at)), 0) AS rate
    FROM read.standing
   WHERE measured_at > clock_timestamp() - interval '60 s'
   GROUP BY projection, version, generation
)
SELECT s.projection, s.version, s.generation, s.serves, s.state, s.tenants, s.tenants_behind,
       s.tenants_overdue, s.lowest AS lowest_position, s.highest AS highest_position,
       s.events_taken, s.events_behind, s.lag_seconds,
       coalesce(r.rate, 0)::double precision AS events_per_second,
       extract(epoch FROM s.measured_at - s.moved_at)::double precision AS idle_seconds,
       s.dead_letters
  FROM rates r
  JOIN read.standing s USING (projection, version, generation, measured_at)
 ORDER BY s.projection, s.version, s.generation

-- name: sweep_age
SELECT extract(epoch FROM clock_timestamp() - beat_at)::double precision AS seconds
  FROM read.heartbeats WHERE name = 'sweep'

-- name: beat
SELECT read.beat('sweep')

-- name: keep
SELECT read.keep_standing(%(projections)s::text[], %(versions)s::int[],
                          %(overdue_seconds)s * interval '1 s')

-- name: of_tenant
SELECT p.projection, p.version, p.generation,
       CASE WHEN read.is_paused(p.projection, %(tenant_id)s) THEN 'paused'
            ELSE coalesce(c.state, 'running') END AS state,
       coalesce(c.position, 0) AS position, h.position AS head,
       h.position - coalesce(c.position, 0) AS events_behind,
       coalesce(extract(epoch FROM clock_timestamp() - (
         SELECT e.recorded_at FROM log.events e
          WHERE e.tenant_id = %(tenant_id)s AND e.position = coalesce(c.position, 0) + 1)), 0
       )::double precision AS lag_seconds,
       c.failure, coalesce(c.attempts, 0) AS attempts, c.retry_at,
       (SELECT count(*) FROM read.parked_streams s
         WHERE s.tenant_id = %(tenant_id)s AND s.projection = p.projection
           AND s.version = p.version AND s.generation = p.generation) AS dead_letters
  FROM read.consumers(%(projections)s::text[], %(versions)s::int[]) p
 CROSS JOIN (SELECT position FROM log.heads WHERE tenant_id = %(tenant_id)s) h
  LEFT JOIN read.checkpoints c
    ON c.tenant_id = %(tenant_id)s AND c.projection = p.projection AND c.version = p.version
   AND c.generation = p.generation
 WHERE coalesce(p.for_tenant, %(tenant_id)s) = %(tenant_id)s
 ORDER BY p.projection, p.version, p.generation
