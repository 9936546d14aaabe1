-- name: create
CREATE TABLE tallies_v1 (
  tenant_id uuid   NOT NULL,
  id        uuid   NOT NULL,
  positions bigint[] NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

-- name: select_rows
SELECT id, row_to_json(t)::text FROM tallies_v1 t
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO tallies_v1
SELECT * FROM jsonb_populate_recordset(NULL::tallies_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, id) DO UPDATE SET positions = excluded.positions

-- name: delete_rows
DELETE FROM tallies_v1 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)
