-- name: one_by_one
-- Held until the statements sent together with it are done.
SELECT pg_advisory_xact_lock(hashtextextended('audit export ' || %(tenant_id)s::text, 0))

-- name: forget
DELETE FROM work.audit_exports
 WHERE tenant_id = %(tenant_id)s AND expires_at < now() - interval '1 hour'

-- name: take
-- clock_timestamp, for now() may be a moment before the lock was had.
INSERT INTO work.audit_exports (tenant_id, lease_id, started_at, expires_at)
SELECT %(tenant_id)s, %(lease_id)s, clock_timestamp(),
       clock_timestamp() + make_interval(secs => %(lease_seconds)s)
 WHERE (SELECT count(*) FROM work.audit_exports
         WHERE tenant_id = %(tenant_id)s AND expires_at > clock_timestamp()) < %(at_once)s
   AND (SELECT count(*) FROM work.audit_exports
         WHERE tenant_id = %(tenant_id)s
           AND started_at > clock_timestamp() - interval '1 minute') < %(per_minute)s
RETURNING lease_id

-- name: extend
UPDATE work.audit_exports
   SET expires_at = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
 WHERE tenant_id = %(tenant_id)s AND lease_id = %(lease_id)s
   AND expires_at > clock_timestamp()
RETURNING lease_id

-- name: release
UPDATE work.audit_exports SET expires_at = clock_timestamp()
 WHERE tenant_id = %(tenant_id)s AND lease_id = %(lease_id)s
