-- name: append
SELECT outcomes, last_positions, stream_ids, versions, actual_versions, claim_scopes
  FROM log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                  $19)

-- name: append_one
SELECT log.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: append_many
SELECT log.append_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: stream
SELECT tenant_id, position, stream_id, version, type, schema, data, event_id, correlation_id,
       actor, recorded_at
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s AND version > %(after)s
 ORDER BY version

-- name: read
SELECT tenant_id, position, stream_id, version, type, schema, data, event_id, correlation_id,
       actor, recorded_at
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position > %(after)s
 ORDER BY position
 LIMIT %(limit)s

-- name: head
SELECT position FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: command
SELECT command_id, fingerprint, stream_id, version, last_position
  FROM log.commands
 WHERE tenant_id = %(tenant_id)s AND command_id = %(command_id)s
