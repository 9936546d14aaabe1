DROP FUNCTION log.append_one;
DROP FUNCTION log.append;
DROP FUNCTION log.settle_claims;
DROP FUNCTION log.canonical;
