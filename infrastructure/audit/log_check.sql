-- name: rows
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position > %(after)s AND position <= %(until)s
 ORDER BY position
 LIMIT %(limit)s
