DROP FUNCTION read.keep_pauses;
