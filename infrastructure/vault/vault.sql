-- name: ensure
SELECT person_id, wrapped_key, master_key_id
  FROM vault.ensure_keys(%(tenant_id)s, %(person_ids)s::uuid[], %(wrapped_keys)s::bytea[],
                         %(master_key_id)s)

-- name: keys
SELECT person_id, wrapped_key, master_key_id
  FROM vault.keys_of(%(tenant_id)s, %(person_ids)s::uuid[])

-- name: erased_within
SELECT tenant_id, person_id FROM vault.erased_within(%(seconds)s)
