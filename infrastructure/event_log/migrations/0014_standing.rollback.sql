DROP FUNCTION read.keep_standing;
DROP FUNCTION read.stand;
DROP FUNCTION read.recorded_at;
DROP FUNCTION read.beat;
DROP TABLE read.standing;
DROP TABLE read.heartbeats;
