-- name: append
SELECT outcomes, first_positions, last_positions, stream_ids, versions, actual_versions,
       claim_scopes
  FROM log.append(
    %(tenant_id)s, %(command_ids)s::uuid[], %(fingerprints)s::bytea[], %(event_commands)s::int[],
    %(event_streams)s::uuid[], %(event_versions)s::bigint[], %(types)s::text[],
    %(schemas)s::smallint[], %(data)s::bytea[], %(metadata)s::bytea[], %(event_ids)s::uuid[],
    %(correlation_ids)s::uuid[], %(causation_ids)s::uuid[], %(actors)s::text[],
    %(claim_commands)s::int[], %(claim_taken)s::boolean[], %(claim_scopes)s::text[],
    %(claim_keys)s::bytea[], %(claim_streams)s::uuid[])

-- name: append_one
SELECT outcome, "position", stream_id, version, actual_version
  FROM log.append_one(
    %(tenant_id)s, %(command_id)s, %(fingerprint)s, %(stream_id)s, %(version)s, %(type)s,
    %(schema)s::smallint, %(data)s, %(metadata)s, %(event_id)s, %(correlation_id)s,
    %(causation_id)s, %(actor)s)

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
