-- name: head
SELECT position, digest FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: digest_at
SELECT digest FROM log.events WHERE tenant_id = %(tenant_id)s AND position = %(after)s

-- name: keys
SELECT public_key FROM log.seal_keys ORDER BY first_used_at DESC, key_id

-- name: last_seal
SELECT position, digest, sealed_at, key_id, signature
  FROM log.seals
 WHERE tenant_id = %(tenant_id)s
 ORDER BY position DESC
 LIMIT 1

-- name: page
-- Bounded by the number of events and by their size: of the events that go beyond the size, one.
-- Ids and digests come as the texts that every format gives them out as.
SELECT position, stream_id::text, version, type, schema, event_id::text, command_id::text,
       correlation_id::text, causation_id::text, actor, recorded_at, metadata, data,
       encode(digest, 'hex')
  FROM (SELECT *, sum(octets) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS reached
          FROM (SELECT *, octet_length(data) + octet_length(metadata) AS octets
                  FROM log.events
                 WHERE tenant_id = %(tenant_id)s AND position > %(after)s
                   AND position <= %(until)s
                 ORDER BY position
                 LIMIT %(limit)s) AS first) AS sized
 WHERE reached - octets < %(octets)s
 ORDER BY position

-- name: seals
SELECT position, digest, sealed_at, key_id, signature
  FROM log.seals
 WHERE tenant_id = %(tenant_id)s AND position > %(after)s AND position <= %(until)s
 ORDER BY position
