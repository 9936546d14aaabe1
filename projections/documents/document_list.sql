-- name: create
CREATE TABLE documents_v1 (
  tenant_id         uuid        NOT NULL,
  id                uuid        NOT NULL,
  title             text        NOT NULL,
  knowledge_base_id uuid,
  filename          text,
  media_type        text        NOT NULL,
  size              bigint      NOT NULL,
  content_sha256    text        NOT NULL,
  text_sha256       text,
  language          text,
  version           bigint      NOT NULL,
  position          bigint      NOT NULL,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX documents_v1_by_position ON documents_v1 (tenant_id, position DESC);
CREATE INDEX documents_v1_by_knowledge_base
  ON documents_v1 (tenant_id, knowledge_base_id, position DESC);

-- name: select_rows
SELECT id, row_to_json(t)::text FROM documents_v1 t
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO documents_v1
SELECT * FROM jsonb_populate_recordset(NULL::documents_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, id) DO UPDATE
   SET title = excluded.title, knowledge_base_id = excluded.knowledge_base_id,
       text_sha256 = excluded.text_sha256, language = excluded.language,
       version = excluded.version, updated_at = excluded.updated_at

-- name: delete_rows
DELETE FROM documents_v1 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: one
SELECT id, title, knowledge_base_id, filename, media_type, size, content_sha256, text_sha256,
       language, version, position, created_at, updated_at
  FROM documents_v1
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s

-- name: page
SELECT id, title, knowledge_base_id, filename, media_type, size, content_sha256, text_sha256,
       language, version, position, created_at, updated_at
  FROM documents_v1
 WHERE tenant_id = %(tenant_id)s AND position < %(before)s
   AND (%(knowledge_base_id)s::uuid IS NULL OR knowledge_base_id = %(knowledge_base_id)s::uuid)
 ORDER BY position DESC
 LIMIT %(limit)s
