-- name: head
SELECT position, digest FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: link
SELECT position, digest FROM log.events WHERE tenant_id = %(tenant_id)s AND position = %(after)s

-- name: keys
SELECT public_key FROM log.seal_keys ORDER BY first_used_at DESC, key_id

-- name: events
-- Each event finds its command and seal by itself, so that rows come at once and nothing is sorted.
SELECT e.position, e.stream_id, e.version, e.type, e.schema, e.event_id, e.command_id,
       e.correlation_id, e.causation_id, e.actor, e.recorded_at, e.metadata, e.data, e.digest,
       c.first_position, c.stream_id, c.version, c.fingerprint,
       s.sealed_at, s.key_id, s.signature
  FROM log.events e
  LEFT JOIN LATERAL (
    SELECT x.first_position, x.stream_id, x.version, x.fingerprint FROM log.commands x
     WHERE x.tenant_id = %(tenant_id)s AND x.command_id = e.command_id
       AND x.last_position = e.position LIMIT 1) c ON true
  LEFT JOIN LATERAL (
    SELECT x.sealed_at, x.key_id, x.signature FROM log.seals x
     WHERE x.tenant_id = %(tenant_id)s AND x.position = e.position
       AND x.digest = e.digest LIMIT 1) s ON true
 WHERE e.tenant_id = %(tenant_id)s AND e.position > %(after)s
 ORDER BY e.position

-- name: counts
SELECT (SELECT count(*) FROM log.commands c
         WHERE c.tenant_id = %(tenant_id)s AND c.last_position > %(after)s),
       (SELECT count(*) FROM log.seals s
         WHERE s.tenant_id = %(tenant_id)s AND s.position > %(after)s)

-- name: claims
SELECT scope, key, stream_id FROM log.claims WHERE tenant_id = %(tenant_id)s ORDER BY scope, key
