DROP FUNCTION log.append;
DROP FUNCTION log.settle_claims;
DROP FUNCTION log.canonical;
