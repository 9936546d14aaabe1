-- name: rulings
SELECT tenant_id, position, stream_id, version, type, schema, data, event_id, correlation_id,
       actor, recorded_at
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND type = ANY (%(types)s)
 ORDER BY position

-- name: keep_pauses
SELECT read.keep_pauses(%(projections)s::text[], %(tenants)s::uuid[], %(by)s::text[],
                        %(at)s::timestamptz[])

-- name: pauses
SELECT projection, for_tenant FROM read.pauses

-- name: keep_skipped
-- Only what is still the event that the ruling was about: a log that was cut has others there.
WITH kept AS (
  INSERT INTO read.skipped_events (tenant_id, projection, position, dead_letter_id, skipped_at)
  SELECT %(tenant_id)s, s.projection, s.position, s.dead_letter_id, s.skipped_at
    FROM unnest(%(projections)s::text[], %(positions)s::bigint[], %(stream_ids)s::uuid[],
                %(dead_letter_ids)s::uuid[], %(at)s::timestamptz[])
      AS s(projection, position, stream_id, dead_letter_id, skipped_at)
    JOIN log.events e
      ON e.tenant_id = %(tenant_id)s AND e.position = s.position AND e.stream_id = s.stream_id
  ON CONFLICT DO NOTHING
  RETURNING 1
)
SELECT count(*) FROM kept

-- name: not_skipped
SELECT count(*)
  FROM unnest(%(projections)s::text[], %(positions)s::bigint[], %(stream_ids)s::uuid[])
    AS s(projection, position, stream_id)
  JOIN log.events e
    ON e.tenant_id = %(tenant_id)s AND e.position = s.position AND e.stream_id = s.stream_id
 WHERE NOT EXISTS (SELECT FROM read.skipped_events k
                    WHERE k.tenant_id = %(tenant_id)s AND k.projection = s.projection
                      AND k.position = s.position)
