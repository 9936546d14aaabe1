-- name: at_or_after
-- The first position recorded at a time or later: positions and times rise together, so it is
-- found by halves. Beyond the head where there is none.
WITH RECURSIVE search AS (
  SELECT 1::bigint AS low, %(head)s::bigint + 1 AS high, 0 AS step
  UNION ALL
  SELECT CASE WHEN earlier THEN middle + 1 ELSE low END,
         CASE WHEN earlier THEN high ELSE middle END,
         step + 1
    FROM (SELECT low, high, step, (low + high) / 2 AS middle,
                 -- A subquery, not a join: one look at the index, whatever the planner believes.
                 (SELECT e.recorded_at < %(moment)s FROM log.events e
                   WHERE e.tenant_id = %(tenant_id)s
                     AND e.position = (search.low + search.high) / 2) AS earlier
            FROM search) AS looked
   WHERE low < high AND step < 64
)
SELECT max(low) AS position FROM search

-- name: head
SELECT position FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: newest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY position DESC
 LIMIT %(limit)s

-- name: oldest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY position
 LIMIT %(limit)s

-- name: stream_newest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
   AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY version DESC
 LIMIT %(limit)s

-- name: stream_oldest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
   AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY version
 LIMIT %(limit)s
