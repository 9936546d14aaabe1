-- name: wait_for_lock
SET LOCAL lock_timeout = '5s'

-- name: checkpoint
SELECT position FROM read.checkpoints
 WHERE tenant_id = %(tenant_id)s AND projection = %(projection)s AND version = %(version)s
   AND generation = %(generation)s
   FOR UPDATE

-- name: parked
SELECT stream_id, position FROM read.parked_streams
 WHERE tenant_id = %(tenant_id)s AND dead_letter_id = %(id)s
   FOR UPDATE

-- name: skip
INSERT INTO read.skipped_events (tenant_id, projection, position, dead_letter_id)
VALUES (%(tenant_id)s, %(projection)s, %(position)s, %(id)s)
ON CONFLICT DO NOTHING

-- name: unpark
DELETE FROM read.parked_streams
 WHERE tenant_id = %(tenant_id)s AND dead_letter_id = %(id)s

-- name: park_again
UPDATE read.parked_streams
   SET position = %(position)s, type = %(type)s, failure = %(failure)s, attempts = attempts + 1,
       tried_at = clock_timestamp()
 WHERE tenant_id = %(tenant_id)s AND dead_letter_id = %(dead_letter_id)s
