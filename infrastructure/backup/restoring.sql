-- name: act_as_owner
SET LOCAL ROLE muniment_owner

-- name: heads
SELECT count(*) FROM log.heads

-- name: began
SELECT epoch, set_id, until, finished_at IS NOT NULL
  FROM log.restores ORDER BY began_at DESC LIMIT 1

-- name: begin
INSERT INTO log.restores (epoch, set_id, until) VALUES (gen_random_uuid(), %(set_id)s, %(until)s)

-- name: marker
SELECT recorded_at, convert_from(data, 'UTF8')::jsonb ->> 'set_id' FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s AND type = 'backup.started'
 ORDER BY version DESC
 LIMIT 1

-- name: head_positions
SELECT tenant_id, position FROM log.heads

-- name: finish
UPDATE log.restores SET finished_at = clock_timestamp() WHERE finished_at IS NULL

-- name: make_head
INSERT INTO log.heads
VALUES (%(tenant_id)s, 0, sha256(uuid_send(%(tenant_id)s)), '-infinity')
ON CONFLICT DO NOTHING

-- name: lock_head
SELECT position, digest FROM log.heads WHERE tenant_id = %(tenant_id)s FOR UPDATE

-- name: forget_empty_head
DELETE FROM log.heads WHERE tenant_id = %(tenant_id)s AND position = 0

-- name: without_claims_of
DELETE FROM log.claims
 WHERE tenant_id = %(tenant_id)s AND scope = 'login.email' AND stream_id = ANY (%(person_ids)s)

-- name: held
SELECT scope, key, stream_id FROM log.claims WHERE tenant_id = %(tenant_id)s

-- name: release_of_no_stream
DELETE FROM log.claims c
 WHERE c.tenant_id = %(tenant_id)s
   AND NOT EXISTS (SELECT FROM log.events e
                    WHERE e.tenant_id = %(tenant_id)s AND e.stream_id = c.stream_id)

-- name: publish_seal_key
SELECT log.publish_seal_key(%(public_key)s)

-- name: keep_seal
INSERT INTO log.seals (tenant_id, position, digest, sealed_at, key_id, signature)
VALUES (%(tenant_id)s, %(position)s, %(digest)s, %(sealed_at)s, %(key_id)s, %(signature)s)
ON CONFLICT DO NOTHING

-- name: skip
INSERT INTO read.skipped_events (tenant_id, projection, position, dead_letter_id, skipped_at)
VALUES (%(tenant_id)s, %(projection)s, %(position)s, %(dead_letter_id)s, %(skipped_at)s)
ON CONFLICT DO NOTHING

-- name: not_erased
SELECT p.person_id FROM unnest(%(person_ids)s::uuid[]) AS p(person_id)
 WHERE EXISTS (SELECT FROM log.events e
                WHERE e.tenant_id = %(tenant_id)s AND e.stream_id = p.person_id
                  AND e.type = 'login.registered')
   AND NOT EXISTS (SELECT FROM log.events e
                    WHERE e.tenant_id = %(tenant_id)s AND e.stream_id = p.person_id
                      AND e.type = 'login.erased')
