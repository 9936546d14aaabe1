-- name: schemas
SELECT n.nspname, n.nspowner::regrole::text, n.nspacl::text
  FROM pg_namespace n
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')

-- name: relations
SELECT c.oid::regclass::text, c.relkind, c.relowner::regrole::text, c.relrowsecurity,
       c.relforcerowsecurity, c.relacl::text, c.reloptions
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')

-- name: columns
SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')
   AND a.attnum > 0 AND NOT a.attisdropped

-- name: constraints
SELECT o.conrelid::regclass::text, o.conname, pg_get_constraintdef(o.oid)
  FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')

-- name: indexes
SELECT i.indexdef FROM pg_indexes i JOIN pg_namespace n ON n.nspname = i.schemaname
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')

-- name: policies
SELECT p.polrelid::regclass::text, p.polname, p.polcmd, p.polroles::regrole[]::text,
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')

-- name: functions
SELECT pg_get_functiondef(p.oid), p.proowner::regrole::text, p.proacl::text
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')
