-- name: keys
SELECT public_key FROM log.seal_keys

-- name: head
SELECT position, digest FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: digest_at
SELECT digest FROM log.events WHERE tenant_id = %(tenant_id)s AND position = %(position)s

-- name: act_as_owner
SET LOCAL ROLE muniment_owner

-- name: make_head
INSERT INTO log.heads
VALUES (%(tenant_id)s, 0, sha256(uuid_send(%(tenant_id)s)), '-infinity')
ON CONFLICT DO NOTHING

-- name: lock_head
SELECT position, digest FROM log.heads WHERE tenant_id = %(tenant_id)s FOR UPDATE
