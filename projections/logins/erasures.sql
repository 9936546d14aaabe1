-- name: create
SELECT 1 -- keys of persons are of the migrations: they are no read model

-- name: erase
SELECT vault.erase(%(tenant_id)s, %(person_ids)s::uuid[])

-- name: forget_snapshots
DELETE FROM read.library_snapshots WHERE tenant_id = %(tenant_id)s
