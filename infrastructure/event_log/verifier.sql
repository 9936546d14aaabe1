-- name: keys
SELECT public_key FROM log.seal_keys

-- name: head
SELECT position, digest FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: events
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s
 ORDER BY position
