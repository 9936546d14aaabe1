DROP FUNCTION log.append_stored_events;
DROP TABLE read.library_snapshots;
DROP TABLE read.library_tracking;
