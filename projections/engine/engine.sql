-- name: lock_checkpoint
SELECT position FROM read.checkpoints
 WHERE tenant_id = %(tenant_id)s AND projection = %(projection)s AND version = %(version)s
   AND generation = %(generation)s
   FOR UPDATE SKIP LOCKED

-- name: create_checkpoint
-- The lock keeps a switch away that believes to have seen every checkpoint.
INSERT INTO read.checkpoints (tenant_id, projection, version, generation, position)
SELECT %(tenant_id)s, %(projection)s, %(version)s, %(generation)s, 0
  FROM (SELECT pg_advisory_xact_lock_shared(hashtextextended('read.checkpoints', 0))) AS a_switch
ON CONFLICT DO NOTHING
RETURNING position

-- name: lock_checkpoints
SELECT projection, version, generation, failure IS NOT DISTINCT FROM 'QueryCanceled', position
  FROM read.checkpoints
 WHERE tenant_id = %(tenant_id)s
   AND (projection, version, generation) IN (
     SELECT * FROM unnest(%(projections)s::text[], %(versions)s::int[], %(generations)s::int[]))
   AND coalesce(retry_at, '-infinity') <= clock_timestamp()
   AND NOT read.is_paused(projection, tenant_id)
   FOR UPDATE SKIP LOCKED

-- name: create_checkpoints
INSERT INTO read.checkpoints (tenant_id, projection, version, generation, position)
SELECT %(tenant_id)s, p.projection, p.version, p.generation, 0
  FROM (SELECT pg_advisory_xact_lock_shared(hashtextextended('read.checkpoints', 0))) AS a_switch,
       unnest(%(projections)s::text[], %(versions)s::int[], %(generations)s::int[])
    AS p(projection, version, generation)
ON CONFLICT DO NOTHING

-- name: move_checkpoints
UPDATE read.checkpoints
   SET position = %(position)s, state = 'running', failure = NULL, attempts = 0, retry_at = NULL,
       updated_at = clock_timestamp()
 WHERE tenant_id = %(tenant_id)s
   AND (projection, version, generation) IN (
     SELECT * FROM unnest(%(projections)s::text[], %(versions)s::int[], %(generations)s::int[]))

-- name: passed_over
SELECT projection, version, generation, stream_id, NULL::bigint
  FROM read.parked_streams
 WHERE tenant_id = %(tenant_id)s
 UNION ALL
SELECT projection, NULL, NULL, NULL, position
  FROM read.skipped_events
 WHERE tenant_id = %(tenant_id)s AND position BETWEEN %(first)s AND %(last)s

-- name: move_checkpoint
UPDATE read.checkpoints
   SET position = %(position)s, state = 'running', failure = NULL, attempts = 0, retry_at = NULL,
       updated_at = clock_timestamp()
 WHERE tenant_id = %(tenant_id)s AND projection = %(projection)s AND version = %(version)s
   AND generation = %(generation)s

-- name: note_failure
-- Not of a generation that was dropped meanwhile. Time-outs are counted from the first one on.
INSERT INTO read.checkpoints AS c
       (tenant_id, projection, version, generation, position, state, failure, attempts, retry_at)
SELECT %(tenant_id)s, p.projection, p.version, p.generation, 0, 'failing', %(failure)s, 1,
       clock_timestamp() + interval '0.5 s'
  FROM read.consumers(ARRAY[%(projection)s::text], ARRAY[%(version)s::int]) p
 WHERE p.generation = %(generation)s
ON CONFLICT (tenant_id, projection, version, generation) DO UPDATE
   SET state = 'failing', failure = excluded.failure,
       attempts = CASE WHEN excluded.failure = 'QueryCanceled'
                        AND c.failure IS DISTINCT FROM 'QueryCanceled'
                       THEN 1 ELSE c.attempts + 1 END,
       retry_at = clock_timestamp() + least(60, 0.5 * 2 ^ least(c.attempts, 10)) * interval '1 s',
       updated_at = clock_timestamp()
RETURNING c.attempts

-- name: behind
SELECT p.projection, p.version, p.generation
  FROM read.consumers(%(projections)s::text[], %(versions)s::int[]) p
  LEFT JOIN read.checkpoints c
    ON c.tenant_id = %(tenant_id)s AND c.projection = p.projection AND c.version = p.version
   AND c.generation = p.generation
 WHERE coalesce(p.for_tenant, %(tenant_id)s) = %(tenant_id)s
   AND coalesce(c.position, 0)
       < (SELECT h.position FROM log.heads h WHERE h.tenant_id = %(tenant_id)s)
   AND coalesce(c.retry_at, '-infinity') <= clock_timestamp()
   AND NOT read.is_paused(p.projection, %(tenant_id)s)

-- name: park
INSERT INTO read.parked_streams
       (tenant_id, projection, version, generation, stream_id, position, type, failure,
        dead_letter_id, attempts)
VALUES (%(tenant_id)s, %(projection)s, %(version)s, %(generation)s, %(stream_id)s, %(position)s,
        %(type)s, %(failure)s, %(dead_letter_id)s, %(attempts)s)
ON CONFLICT DO NOTHING

-- name: rows_of_stream
SELECT tenant_id, position, stream_id, version, type, schema, data, event_id, correlation_id,
       actor, recorded_at
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
   AND position BETWEEN %(first)s AND %(last)s
 ORDER BY version

-- name: rows_of_streams
-- Without what the projection skips for ever.
SELECT e.tenant_id, e.position, e.stream_id, e.version, e.type, e.schema, e.data, e.event_id,
       e.correlation_id, e.actor, e.recorded_at
  FROM log.events e
 WHERE e.tenant_id = %(tenant_id)s AND e.stream_id = ANY (%(stream_ids)s)
   AND e.position <= %(until)s
   AND NOT EXISTS (SELECT FROM read.skipped_events s
                    WHERE s.tenant_id = %(tenant_id)s AND s.projection = %(projection)s
                      AND s.position = e.position)
 ORDER BY e.position
 LIMIT %(limit)s

-- name: position
SELECT coalesce(min(c.position), 0) AS position,
       array_agg(p.projection) FILTER (
         WHERE c.position < %(wanted)s AND read.is_paused(p.projection, %(tenant_id)s)) AS paused
  FROM unnest(%(projections)s::text[], %(versions)s::int[]) AS p(projection, version)
  LEFT JOIN LATERAL (
    SELECT coalesce(max(x.position), 0) AS position FROM read.checkpoints x
     WHERE x.tenant_id = %(tenant_id)s AND x.projection = p.projection AND x.version = p.version
       AND x.generation = read.serving_generation(%(tenant_id)s, p.projection, p.version)
  ) c ON true

-- name: tenants_behind
SELECT tenant_id FROM read.tenants_behind(%(projections)s::text[], %(versions)s::int[])
 LIMIT %(limit)s

-- name: in_schema
SELECT set_config('search_path', %(schema)s || ',public,pg_temp', true)

-- name: in_read
SET LOCAL search_path = read, public, pg_temp

-- name: table_exists
SELECT to_regclass('read.' || %(table)s) IS NOT NULL

-- name: first_is_dropped
SELECT EXISTS (SELECT FROM read.generations
                WHERE generation = 0 AND projection = %(projection)s AND version = %(version)s)

-- name: forget_first_parked
DELETE FROM read.parked_streams
 WHERE projection = %(projection)s AND version = %(version)s AND generation = 0

-- name: forget_first_checkpoints
DELETE FROM read.checkpoints
 WHERE projection = %(projection)s AND version = %(version)s AND generation = 0

-- name: protect
SELECT read.protect(('read.' || %(table)s)::regclass)

-- name: positions
SELECT projection, version, generation, position FROM read.checkpoints
 WHERE tenant_id = %(tenant_id)s
   AND (projection, version, generation) IN (
     SELECT * FROM unnest(%(projections)s::text[], %(versions)s::int[], %(generations)s::int[]))

-- name: paused
SELECT DISTINCT p.name FROM unnest(%(projections)s::text[]) AS p(name)
 WHERE read.is_paused(p.name, %(tenant_id)s)

-- name: fill_checkpoints
INSERT INTO read.checkpoints AS c (tenant_id, projection, version, generation, position)
SELECT %(tenant_id)s, p.projection, p.version, p.generation, %(position)s
  FROM unnest(%(projections)s::text[], %(versions)s::int[], %(generations)s::int[])
    AS p(projection, version, generation)
  JOIN read.generations g USING (generation, projection, version)
 WHERE g.state = 'building'
ON CONFLICT (tenant_id, projection, version, generation) DO UPDATE
   SET position = excluded.position, updated_at = clock_timestamp()
 WHERE c.position = %(start)s

-- name: hold_checkpoints
SELECT FROM read.checkpoints
 WHERE tenant_id = %(tenant_id)s
   AND (projection, version, generation) IN (
     SELECT * FROM unnest(%(projections)s::text[], %(versions)s::int[], %(generations)s::int[]))
 ORDER BY projection, version, generation
   FOR UPDATE

-- name: differences
SELECT missing, surplus, different, samples
  FROM read.differences(%(tenant_id)s, %(table)s, %(live)s, %(made)s, %(samples)s)
