-- name: create
CREATE TABLE logins_v1 (
  tenant_id     uuid        NOT NULL,
  user_id       uuid        NOT NULL,
  email         text        NOT NULL,
  email_key     bytea       NOT NULL,
  password_hash text        NOT NULL,
  display_name  text        NOT NULL,
  role          text        NOT NULL,
  version       bigint      NOT NULL,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX logins_v1_by_email_key ON logins_v1 (email_key);

-- Logging in comes before any tenant's context: this is the one look-up across tenants. It gives
-- the logins of exactly one keyed hash of an address, and only where that is not ambiguous.
CREATE POLICY by_email_key_before_log_in ON logins_v1
  FOR SELECT TO muniment_owner USING (true);
CREATE OR REPLACE FUNCTION read.login_by_email_key_v1(p_email_key bytea, p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text, role text, display_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  SELECT l.tenant_id, l.user_id, l.password_hash, l.role, l.display_name
    FROM read.logins_v1 l
   WHERE l.email_key = p_email_key
     AND CASE WHEN p_tenant_id IS NULL
              THEN 1 = (SELECT count(*) FROM read.logins_v1 o WHERE o.email_key = p_email_key)
              ELSE l.tenant_id = p_tenant_id END
$$;
REVOKE ALL ON FUNCTION read.login_by_email_key_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.login_by_email_key_v1 TO muniment_app;

-- name: select_rows
SELECT user_id, row_to_json(t)::text FROM logins_v1 t
 WHERE tenant_id = %(tenant_id)s AND user_id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO logins_v1
SELECT * FROM jsonb_populate_recordset(NULL::logins_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, user_id) DO UPDATE
   SET email = excluded.email, email_key = excluded.email_key,
       password_hash = excluded.password_hash, display_name = excluded.display_name,
       role = excluded.role, version = excluded.version

-- name: delete_rows
DELETE FROM logins_v1 WHERE tenant_id = %(tenant_id)s AND user_id = ANY (%(keys)s)

-- name: one
SELECT user_id, email, display_name, role, version, created_at
  FROM logins_v1
 WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s

-- name: find
SELECT tenant_id, user_id, password_hash, role, display_name
  FROM read.login_by_email_key_v1(%(email_key)s::bytea, %(in_tenant)s::uuid)

-- name: tenant_by_slug
SELECT log.tenant_of_slug(%(slug)s) AS tenant_id
