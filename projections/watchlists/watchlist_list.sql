-- name: create
CREATE TABLE watchlists_v1 (
  tenant_id  uuid        NOT NULL,
  id         uuid        NOT NULL,
  owner_id   uuid        NOT NULL,
  name       text        NOT NULL,
  tickers    jsonb       NOT NULL,
  version    bigint      NOT NULL,
  position   bigint      NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX watchlists_v1_by_owner ON watchlists_v1 (tenant_id, owner_id, position DESC);

-- name: select_rows
SELECT id, row_to_json(t)::text FROM watchlists_v1 t
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO watchlists_v1
SELECT * FROM jsonb_populate_recordset(NULL::watchlists_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, id) DO UPDATE
   SET name = excluded.name, tickers = excluded.tickers, version = excluded.version

-- name: delete_rows
DELETE FROM watchlists_v1 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(keys)s)

-- name: one
SELECT id, name, tickers, version, position, created_at
  FROM watchlists_v1
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND owner_id = %(owner_id)s

-- name: page
SELECT id, name, tickers, version, position, created_at
  FROM watchlists_v1
 WHERE tenant_id = %(tenant_id)s AND owner_id = %(owner_id)s AND position < %(before)s
 ORDER BY position DESC
 LIMIT %(limit)s
