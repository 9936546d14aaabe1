-- Two roles: the owner of every object, who can't log in, and the application, who owns nothing.
-- Roles belong to the whole cluster, so another database may have made them before.
-- depends:

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'muniment_owner') THEN
    CREATE ROLE muniment_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- made by a migration of another database at the same moment
END
$$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'muniment_app') THEN
    CREATE ROLE muniment_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;

CREATE EXTENSION IF NOT EXISTS vector;

CREATE SCHEMA log AUTHORIZATION muniment_owner;
CREATE SCHEMA read AUTHORIZATION muniment_owner;
CREATE SCHEMA work AUTHORIZATION muniment_owner;

GRANT USAGE ON SCHEMA log, read, work TO muniment_app;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
