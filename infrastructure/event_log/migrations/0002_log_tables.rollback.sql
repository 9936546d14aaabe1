DROP VIEW log.readable_events;
DROP TABLE log.claims;
DROP TABLE log.commands;
DROP TABLE log.events;
DROP TABLE log.heads;
DROP FUNCTION log.refuse_change();
