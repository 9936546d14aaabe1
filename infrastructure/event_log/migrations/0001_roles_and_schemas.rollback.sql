-- The roles stay: another database of the cluster may use them.

DROP SCHEMA work;
DROP SCHEMA read;
DROP SCHEMA log;
DROP EXTENSION vector;
