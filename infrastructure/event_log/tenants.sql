-- name: every
SELECT tenant_id, slug, position FROM log.tenants()
