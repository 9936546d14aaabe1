-- name: create
CREATE TABLE document_status_v1 (
  tenant_id  uuid        NOT NULL,
  id         uuid        NOT NULL,
  overall    text        NOT NULL,
  stages     jsonb       NOT NULL,
  position   bigint      NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

-- name: select_rows
SELECT id, row_to_json(t)::text FROM document_status_v1 t
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO document_status_v1
SELECT * FROM jsonb_populate_recordset(NULL::document_status_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, id) DO UPDATE
   SET overall = excluded.overall, stages = excluded.stages, position = excluded.position,
       updated_at = excluded.updated_at

-- name: delete_rows
DELETE FROM document_status_v1 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: one
SELECT row_to_json(t)::text AS json FROM document_status_v1 t
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s
