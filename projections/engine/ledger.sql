-- name: lost
SELECT o.name FROM unnest(%(objects)s::text[]) WITH ORDINALITY AS o(name, place)
 WHERE to_regclass(o.name) IS NULL
   AND NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                    WHERE n.nspname || '.' || p.proname = o.name)
 ORDER BY o.place

-- name: schema_exists
SELECT to_regnamespace('read') IS NOT NULL

-- name: functions
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname = 'read'

-- name: generation_schemas
SELECT nspname FROM pg_namespace WHERE nspname ~ '^read_g[0-9]+$'

-- name: forget_checkpoints
DELETE FROM read.checkpoints

-- name: forget_parked
DELETE FROM read.parked_streams

-- name: forget_serving
DELETE FROM read.serving

-- name: forget_generations
-- Copies are nobody's to lose: they stay.
DELETE FROM read.generations WHERE state <> 'copy'

-- name: number_on
SELECT setval('read.generation_numbers', greatest(max(g.generation), max(n.last_value)))
  FROM read.generations g CROSS JOIN read.generation_numbers n
HAVING max(g.generation) > 0

-- name: unfinished
SELECT EXISTS (SELECT FROM read.generations
                WHERE generation = 0 AND state = 'building' AND made_by = %(by)s)

-- name: let_go
DELETE FROM read.generations WHERE generation = 0 AND state = 'building' AND made_by = %(by)s

-- name: protect
SELECT read.protect(%(table)s::regclass)

-- name: log_exists
SELECT to_regclass('log.events') IS NOT NULL
