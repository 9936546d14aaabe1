DROP FUNCTION read.digest;
DROP FUNCTION vault.kept_keys;
DROP TABLE log.restores;
