-- name: publish_key
SELECT log.publish_seal_key(%(public_key)s)

-- name: tenants_to_seal
SELECT tenant_id, position, digest FROM log.tenants_to_seal(%(limit)s)

-- name: seal
SELECT log.seal(%(tenant_id)s, %(position)s, %(digest)s, %(sealed_at)s, %(key_id)s, %(signature)s)

-- name: keys
SELECT public_key FROM log.seal_keys ORDER BY first_used_at DESC, key_id
