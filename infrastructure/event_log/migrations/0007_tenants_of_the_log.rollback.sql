DROP FUNCTION log.tenants;
