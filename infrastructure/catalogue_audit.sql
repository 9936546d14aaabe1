-- name: faults
-- Read as the application's own role, from the catalogue alone, so that no table is waited for.
-- Muniment's schemas are those it names, and whatever else its owner made: copies of read models.
WITH connected AS (
  SELECT r.* FROM pg_roles r WHERE r.rolname IN (session_user, current_user)
), schemas AS MATERIALIZED (
  SELECT n.oid, n.nspname, n.nspowner
    FROM pg_namespace n
   WHERE n.nspname IN ('log', 'read', 'work', 'vault') OR n.nspname ~ '^read_g[0-9]+$'
      OR n.nspowner = (SELECT o.oid FROM pg_roles o WHERE o.rolname = 'muniment_owner')
), relations AS MATERIALIZED (
  SELECT c.oid, format('%%I.%%I', n.nspname, c.relname) AS name, n.nspname, c.relkind, c.relowner,
         c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
         EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
                                              AND NOT a.attisdropped) AS has_tenant
    FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
)
SELECT 'not_migrated' AS kind, current_database()::text AS subject
 WHERE NOT EXISTS (SELECT FROM relations t WHERE t.name = 'log.events')
 UNION ALL
SELECT p.kind, c.rolname
  FROM connected c
 CROSS JOIN LATERAL (VALUES ('superuser', c.rolsuper), ('bypasses', c.rolbypassrls),
                            ('replicates', c.rolreplication), ('makes_roles', c.rolcreaterole))
            AS p(kind, holds)
 WHERE p.holds
 UNION ALL
SELECT 'member', format('%%s of %%s', c.rolname, r.rolname)
  FROM connected c
  JOIN pg_auth_members m ON m.member = c.oid
  JOIN pg_roles r ON r.oid = m.roleid
 UNION ALL
SELECT 'owner', format('%%s of %%s', c.rolname, o.name)
  FROM connected c
  JOIN (SELECT t.name, t.relowner FROM relations t
         UNION ALL SELECT format('the schema %%I', n.nspname), n.nspowner FROM schemas n
         UNION ALL SELECT p.oid::regprocedure::text, p.proowner
                     FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace
         UNION ALL SELECT format('the database %%I', d.datname), d.datdba
                     FROM pg_database d WHERE d.datname = current_database())
       AS o(name, owner) ON o.owner = c.oid
 UNION ALL
SELECT CASE WHEN t.relrowsecurity THEN 'not_forced' ELSE 'not_enabled' END, t.name
  FROM relations t
 WHERE t.relkind IN ('r', 'p') AND t.has_tenant
   AND NOT (t.relrowsecurity AND t.relforcerowsecurity)
 UNION ALL
SELECT 'wide_policy', format('%%s on %%s', p.polname, t.name)
  FROM relations t
  JOIN pg_policy p ON p.polrelid = t.oid
 WHERE t.has_tenant AND p.polpermissive
   AND p.polroles && (SELECT array_agg(c.oid) || 0::oid FROM connected c)
   AND %(own_rows)s <> ANY (ARRAY[pg_get_expr(p.polqual, t.oid), pg_get_expr(p.polwithcheck, t.oid)])
 UNION ALL
SELECT 'owners_view', t.name
  FROM relations t
 WHERE t.relkind = 'v'
   AND NOT coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(t.reloptions) AS o
                      WHERE o.option_name = 'security_invoker'), false)
 UNION ALL
SELECT 'unguarded', t.name
  FROM relations t
 WHERE t.relkind IN ('m', 'f')
 UNION ALL
SELECT DISTINCT CASE g.privilege_type WHEN 'TRUNCATE' THEN 'empties' ELSE 'writes_log' END,
       format('%%s on %%s', c.rolname, t.name)
  FROM relations t
 CROSS JOIN LATERAL aclexplode(t.relacl) AS g
  JOIN connected c ON g.grantee IN (c.oid, 0) AND t.relowner <> c.oid
 WHERE t.relkind IN ('r', 'p')
   AND (g.privilege_type = 'TRUNCATE'
        OR t.nspname = 'log' AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE'))
