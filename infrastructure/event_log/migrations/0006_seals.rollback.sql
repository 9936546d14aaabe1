DROP FUNCTION log.seal;
DROP FUNCTION log.tenants_to_seal;
DROP FUNCTION log.publish_seal_key;
DROP TABLE log.seals;
DROP TABLE log.seal_keys;
DROP FUNCTION log.refuse_change_of_seals;
