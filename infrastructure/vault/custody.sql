-- name: act_as_owner
SET LOCAL ROLE muniment_owner

-- name: all
SELECT person_id, wrapped_key, master_key_id, erased_at
  FROM vault.person_keys
 WHERE tenant_id = %(tenant_id)s
 ORDER BY person_id

-- name: wrapped_otherwise
SELECT person_id, wrapped_key, master_key_id
  FROM vault.person_keys
 WHERE tenant_id = %(tenant_id)s AND master_key_id <> %(current)s AND person_id > %(after)s
 ORDER BY person_id
 LIMIT %(limit)s

-- name: rewrap
-- Whoever was erased meanwhile stays so.
UPDATE vault.person_keys k
   SET wrapped_key = n.wrapped, master_key_id = %(current)s
  FROM unnest(%(person_ids)s::uuid[], %(before)s::bytea[], %(wrapped)s::bytea[])
    AS n(person_id, before, wrapped)
 WHERE k.tenant_id = %(tenant_id)s AND k.person_id = n.person_id AND k.wrapped_key = n.before

-- name: keep
INSERT INTO vault.person_keys (tenant_id, person_id, wrapped_key, master_key_id)
SELECT %(tenant_id)s, n.person_id, n.wrapped, %(current)s
  FROM unnest(%(person_ids)s::uuid[], %(wrapped)s::bytea[]) AS n(person_id, wrapped)
ON CONFLICT DO NOTHING

-- name: erase
SELECT vault.erase(%(tenant_id)s, %(person_ids)s::uuid[])
