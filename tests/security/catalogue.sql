-- name: tables
-- Those of the migrations themselves stand in `public`, which the application can't read.
SELECT n.nspname || '.' || c.relname, c.relrowsecurity, c.relforcerowsecurity,
       pg_get_userbyid(c.relowner),
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND n.nspname <> 'public'

-- name: views
SELECT n.nspname || '.' || c.relname, c.relkind
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')

-- name: rights
SELECT n.nspname || '.' || c.relname, p.privilege
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER',
                         'MAINTAIN']) AS p(privilege)
 WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND has_table_privilege('muniment_app', c.oid, p.privilege)

-- name: functions
SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner),
       EXISTS (SELECT FROM unnest(p.proconfig) AS s WHERE s LIKE 'search_path=%'),
       has_function_privilege('public', p.oid, 'EXECUTE')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'

-- name: policies
SELECT n.nspname || '.' || c.relname, pg_get_expr(p.polqual, p.polrelid),
       ARRAY(SELECT pg_get_userbyid(r) FROM unnest(p.polroles) AS r WHERE r <> 0)::text[]
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'

-- name: roles
SELECT r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication
  FROM pg_roles r WHERE starts_with(r.rolname, 'muniment_')
