-- name: append
SELECT first_position, last_position
  FROM log.append_stored_events(
    %(tenant_id)s, %(command_id)s, %(actor)s, %(stream_ids)s::uuid[], %(versions)s::bigint[],
    %(types)s::text[], %(schemas)s::smallint[], %(data)s::bytea[], %(event_ids)s::uuid[],
    %(reader)s, %(application_name)s::text, %(notification_id)s::bigint)

-- name: events
SELECT stream_id, version - (metadata = '{"first_version":0}')::int, type, schema, data
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
   AND version > %(gt)s AND version <= %(lte)s + 1
   AND version - (metadata = '{"first_version":0}')::int > %(gt)s
   AND version - (metadata = '{"first_version":0}')::int <= %(lte)s
 ORDER BY version
 LIMIT %(limit)s::bigint

-- name: events_newest_first
SELECT stream_id, version - (metadata = '{"first_version":0}')::int, type, schema, data
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
   AND version > %(gt)s AND version <= %(lte)s + 1
   AND version - (metadata = '{"first_version":0}')::int > %(gt)s
   AND version - (metadata = '{"first_version":0}')::int <= %(lte)s
 ORDER BY version DESC
 LIMIT %(limit)s::bigint

-- name: notifications
SELECT position, stream_id, version - (metadata = '{"first_version":0}')::int, type, schema, data
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position BETWEEN %(first)s AND %(last)s
 ORDER BY position
 LIMIT %(limit)s

-- name: notifications_of_types
SELECT position, stream_id, version - (metadata = '{"first_version":0}')::int, type, schema, data
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position BETWEEN %(first)s AND %(last)s
   AND type = ANY (%(types)s::text[])
 ORDER BY position
 LIMIT %(limit)s

-- name: head
SELECT position FROM log.heads WHERE tenant_id = %(tenant_id)s AND position > 0

-- name: track
INSERT INTO read.library_tracking AS t
VALUES (%(tenant_id)s, %(reader)s, %(application_name)s, %(notification_id)s)
ON CONFLICT (tenant_id, reader, application_name)
   DO UPDATE SET notification_id = excluded.notification_id
   WHERE t.notification_id < excluded.notification_id
RETURNING notification_id

-- name: tracked
SELECT notification_id
  FROM read.library_tracking
 WHERE tenant_id = %(tenant_id)s AND reader = %(reader)s
   AND application_name = %(application_name)s

-- name: keep_snapshots
INSERT INTO read.library_snapshots
SELECT %(tenant_id)s, %(reader)s, s.stream_id, s.version, s.topic, s.state
  FROM unnest(%(stream_ids)s::uuid[], %(versions)s::bigint[], %(topics)s::text[],
              %(states)s::bytea[]) AS s(stream_id, version, topic, state)
 WHERE NOT EXISTS (SELECT FROM log.events e
                    WHERE e.tenant_id = %(tenant_id)s AND e.stream_id = s.stream_id
                      AND e.type = ANY (%(personal_types)s::text[]))
RETURNING version

-- name: snapshots
SELECT stream_id, version, topic, state
  FROM read.library_snapshots
 WHERE tenant_id = %(tenant_id)s AND reader = %(reader)s AND stream_id = %(stream_id)s
   AND version > %(gt)s AND version <= %(lte)s
 ORDER BY version
 LIMIT %(limit)s::bigint

-- name: snapshots_newest_first
SELECT stream_id, version, topic, state
  FROM read.library_snapshots
 WHERE tenant_id = %(tenant_id)s AND reader = %(reader)s AND stream_id = %(stream_id)s
   AND version > %(gt)s AND version <= %(lte)s
 ORDER BY version DESC
 LIMIT %(limit)s::bigint
