-- name: create
CREATE TABLE document_lifetimes_v1 (
  tenant_id         uuid   NOT NULL,
  id                uuid   NOT NULL,
  knowledge_base_id uuid,
  position          bigint NOT NULL, -- where it was added
  removed_at        bigint,          -- the position of its removal
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX document_lifetimes_v1_by_position ON document_lifetimes_v1 (tenant_id, position DESC);
CREATE INDEX document_lifetimes_v1_by_knowledge_base
  ON document_lifetimes_v1 (tenant_id, knowledge_base_id, position DESC);

-- name: select_rows
SELECT id, row_to_json(t)::text FROM document_lifetimes_v1 t
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO document_lifetimes_v1
SELECT * FROM jsonb_populate_recordset(NULL::document_lifetimes_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, id) DO UPDATE SET removed_at = excluded.removed_at

-- name: delete_rows
DELETE FROM document_lifetimes_v1 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: page
SELECT id FROM document_lifetimes_v1
 WHERE tenant_id = %(tenant_id)s AND position < %(before)s AND position <= %(as_of)s
   AND (removed_at IS NULL OR removed_at > %(as_of)s)
   AND (%(knowledge_base_id)s::uuid IS NULL OR knowledge_base_id = %(knowledge_base_id)s::uuid)
 ORDER BY position DESC
 LIMIT %(limit)s
