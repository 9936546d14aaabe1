-- name: make_incoming_events
CREATE TEMPORARY TABLE incoming_events (
  position bigint, stream_id uuid, version bigint, type text, schema smallint, event_id uuid,
  command_id uuid, correlation_id uuid, causation_id uuid, actor text, recorded_at timestamptz,
  metadata bytea, data bytea, digest bytea,
  first_position bigint, command_stream_id uuid, command_version bigint, fingerprint bytea,
  sealed_at timestamptz, key_id text, signature bytea
) ON COMMIT DROP

-- name: make_incoming_claims
CREATE TEMPORARY TABLE incoming_claims (scope text, key bytea, stream_id uuid) ON COMMIT DROP

-- name: copy_events
COPY pg_temp.incoming_events FROM STDIN (FORMAT BINARY)

-- name: copy_claims
COPY pg_temp.incoming_claims FROM STDIN (FORMAT BINARY)

-- name: analyse
ANALYZE pg_temp.incoming_events, pg_temp.incoming_claims

-- name: version_astray
SELECT i.position
  FROM (SELECT stream_id, min(version) AS version, min(position) AS position
          FROM pg_temp.incoming_events GROUP BY stream_id) i
 WHERE i.version <> 1 + coalesce((SELECT max(e.version) FROM log.events e
                                   WHERE e.tenant_id = %(tenant_id)s
                                     AND e.stream_id = i.stream_id), 0)
 ORDER BY i.position
 LIMIT 1

-- name: write_events
INSERT INTO log.events (
  tenant_id, position, stream_id, version, type, schema, data, metadata, event_id, command_id,
  correlation_id, causation_id, actor, recorded_at, digest)
SELECT %(tenant_id)s, position, stream_id, version, type, schema, data, metadata, event_id,
       command_id, correlation_id, causation_id, actor, recorded_at, digest
  FROM pg_temp.incoming_events

-- name: write_commands
INSERT INTO log.commands (
  tenant_id, command_id, fingerprint, stream_id, version, first_position, last_position,
  recorded_at)
SELECT %(tenant_id)s, command_id, fingerprint, command_stream_id, command_version, first_position,
       position, recorded_at
  FROM pg_temp.incoming_events
 WHERE first_position IS NOT NULL

-- name: write_seal_key
INSERT INTO log.seal_keys (key_id, public_key)
VALUES (left(encode(sha256(%(public_key)s), 'hex'), 32), %(public_key)s)
ON CONFLICT DO NOTHING

-- name: write_seals
INSERT INTO log.seals (tenant_id, position, digest, sealed_at, key_id, signature)
SELECT %(tenant_id)s, position, digest, sealed_at, key_id, signature
  FROM pg_temp.incoming_events
 WHERE key_id IS NOT NULL

-- name: release_claims
DELETE FROM log.claims c
 WHERE c.tenant_id = %(tenant_id)s
   AND NOT EXISTS (SELECT FROM pg_temp.incoming_claims i
                    WHERE i.scope = c.scope AND i.key = c.key AND i.stream_id = c.stream_id)

-- name: take_claims
INSERT INTO log.claims (scope, key, tenant_id, stream_id)
SELECT i.scope, i.key, %(tenant_id)s, i.stream_id
  FROM pg_temp.incoming_claims i
 WHERE NOT EXISTS (SELECT FROM log.claims c
                    WHERE c.tenant_id = %(tenant_id)s
                      AND c.scope = i.scope AND c.key = i.key AND c.stream_id = i.stream_id)

-- name: move_head
UPDATE log.heads h
   SET position = i.position, digest = i.digest, recorded_at = i.recorded_at
  FROM (SELECT position, digest, recorded_at FROM pg_temp.incoming_events
         ORDER BY position DESC LIMIT 1) i
 WHERE h.tenant_id = %(tenant_id)s
