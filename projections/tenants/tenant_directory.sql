-- name: create
CREATE TABLE tenants_v1 (
  tenant_id  uuid        NOT NULL PRIMARY KEY,
  name       text        NOT NULL,
  slug       text        NOT NULL,
  plan       text        NOT NULL,
  status     text        NOT NULL,
  version    bigint      NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

-- name: select_rows
SELECT tenant_id, row_to_json(t)::text FROM tenants_v1 t
 WHERE tenant_id = %(tenant_id)s AND tenant_id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO tenants_v1
SELECT * FROM jsonb_populate_recordset(NULL::tenants_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id) DO UPDATE
   SET name = excluded.name, slug = excluded.slug, plan = excluded.plan,
       status = excluded.status, version = excluded.version, updated_at = excluded.updated_at

-- name: delete_rows
DELETE FROM tenants_v1 WHERE tenant_id = %(tenant_id)s AND tenant_id = ANY (%(keys)s)

-- name: one
SELECT tenant_id, name, slug, plan, status, version, created_at, updated_at
  FROM tenants_v1
 WHERE tenant_id = %(tenant_id)s
