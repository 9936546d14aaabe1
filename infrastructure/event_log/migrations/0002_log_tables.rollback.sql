DROP VIEW log.readable_events;
DROP FUNCTION log.tenant_of_slug;
DROP TABLE log.claims;
DROP TABLE log.commands;
DROP TABLE log.events;
DROP TABLE log.heads;
DROP FUNCTION log.refuse_change();
