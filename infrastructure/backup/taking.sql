-- name: link
SELECT position, digest FROM log.events WHERE tenant_id = %(tenant_id)s AND position = %(position)s

-- name: head
SELECT position, digest FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: sealed
SELECT coalesce(max(position), 0) FROM log.seals WHERE tenant_id = %(tenant_id)s

-- name: late_seals
SELECT position, digest, sealed_at, key_id, signature FROM log.seals
 WHERE tenant_id = %(tenant_id)s AND position > %(sealed)s AND position <= %(after)s
 ORDER BY position

-- name: seal_keys
SELECT public_key FROM log.seal_keys ORDER BY key_id

-- name: kept_keys
SELECT person_id, wrapped_key, master_key_id, erased_at FROM vault.kept_keys(%(tenant_id)s)

-- name: skipped
SELECT projection, position, dead_letter_id, skipped_at FROM read.skipped_events
 WHERE tenant_id = %(tenant_id)s
 ORDER BY projection, position

-- name: lock
SELECT pg_try_advisory_lock(%(lock)s)
