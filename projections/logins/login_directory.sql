-- name: create
CREATE TABLE logins_v2 (
  tenant_id     uuid        NOT NULL,
  user_id       uuid        NOT NULL,
  email         text        NOT NULL,
  email_key     bytea       NOT NULL,
  password_hash text        NOT NULL,
  display_name  text        NOT NULL,
  role          text        NOT NULL,
  version       bigint      NOT NULL,
  position      bigint      NOT NULL,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX logins_v2_by_email_key ON logins_v2 (email_key);
CREATE INDEX logins_v2_by_position ON logins_v2 (tenant_id, position DESC);

-- For read.login_by_email_key_v2 alone, the look-up before any tenant's context.
CREATE POLICY by_email_key_before_log_in ON logins_v2
  FOR SELECT TO muniment_owner USING (true);

-- name: select_rows
SELECT user_id, row_to_json(t)::text FROM logins_v2 t
 WHERE tenant_id = %(tenant_id)s AND user_id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO logins_v2
SELECT * FROM jsonb_populate_recordset(NULL::logins_v2, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, user_id) DO UPDATE
   SET email = excluded.email, email_key = excluded.email_key,
       password_hash = excluded.password_hash, display_name = excluded.display_name,
       role = excluded.role, version = excluded.version

-- name: delete_rows
DELETE FROM logins_v2 WHERE tenant_id = %(tenant_id)s AND user_id = ANY (%(keys)s)

-- name: one
SELECT user_id AS id, email, display_name, role, version, position, created_at
  FROM logins_v2
 WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s

-- name: page
SELECT user_id AS id, email, display_name, role, version, position, created_at
  FROM logins_v2
 WHERE tenant_id = %(tenant_id)s AND position < %(before)s
 ORDER BY position DESC
 LIMIT %(limit)s

-- name: find
SELECT tenant_id, user_id, password_hash, role, display_name
  FROM read.login_by_email_key_v2(%(email_key)s::bytea, %(in_tenant)s::uuid)

-- name: tenant_by_slug
SELECT log.tenant_of_slug(%(slug)s) AS tenant_id
