-- name: head
SELECT position FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: after
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position > %(after)s
 ORDER BY position
 LIMIT %(limit)s

-- name: stream
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
 ORDER BY version
