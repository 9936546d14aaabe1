DROP FUNCTION read.protect;
DROP FUNCTION work.jobs_due;
DROP FUNCTION read.tenants_behind;
DROP TABLE work.embeddings;
DROP TABLE work.jobs;
DROP TABLE read.parked_streams;
DROP TABLE read.checkpoints;
