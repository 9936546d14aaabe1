-- name: create
CREATE TABLE knowledge_bases_v1 (
  tenant_id   uuid        NOT NULL,
  id          uuid        NOT NULL,
  name        text        NOT NULL,
  description text        NOT NULL,
  version     bigint      NOT NULL,
  position    bigint      NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX knowledge_bases_v1_by_position ON knowledge_bases_v1 (tenant_id, position DESC);

-- name: select_rows
SELECT id, row_to_json(t)::text FROM knowledge_bases_v1 t
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO knowledge_bases_v1
SELECT * FROM jsonb_populate_recordset(NULL::knowledge_bases_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, id) DO UPDATE
   SET name = excluded.name, description = excluded.description, version = excluded.version

-- name: delete_rows
DELETE FROM knowledge_bases_v1 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: one
SELECT id, name, description, version, position, created_at
  FROM knowledge_bases_v1
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s

-- name: page
SELECT id, name, description, version, position, created_at
  FROM knowledge_bases_v1
 WHERE tenant_id = %(tenant_id)s AND position < %(before)s
 ORDER BY position DESC
 LIMIT %(limit)s
