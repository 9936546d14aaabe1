-- name: every
SELECT generation, projection, version, schema_name, state, for_tenant, made_by, made_at, ready_at,
       differences, tables, scratch
  FROM read.generations
 ORDER BY generation, projection

-- name: serving
SELECT for_tenant, projection, version, generation, previous, switched_by, switched_at
  FROM read.serving
 ORDER BY projection, version, for_tenant

-- name: create
SELECT read.create_generation(%(projection)s, %(version)s, %(tables)s, %(for_tenant)s, %(by)s,
                              %(scratch)s)

-- name: open
SELECT read.open_generation(%(projection)s, %(version)s, %(tables)s, %(for_tenant)s, %(by)s,
                              %(scratch)s)

-- name: keep_indexes
UPDATE read.generations
   SET indexes = indexes || read.secondary_indexes(%(table)s::regclass, %(schema)s)
 WHERE generation = %(generation)s AND projection = %(projection)s AND version = %(version)s

-- name: secondary_indexes
SELECT i.indexrelid::regclass::text FROM pg_index i
 WHERE i.indrelid = %(table)s::regclass AND NOT i.indisprimary

-- name: protect
SELECT read.protect(%(table)s::regclass)

-- name: finish
SELECT read.finish_generation(%(projection)s, %(version)s, %(generation)s, %(as_copy)s)

-- name: note_differences
SELECT read.note_differences(%(projection)s, %(version)s, %(generation)s, %(differences)s)

-- name: alone
-- Nobody drops a generation of a projection while somebody switches to it.
SELECT pg_advisory_xact_lock(hashtextextended('read.serving/' || %(projection)s, 0))

-- name: switch
SELECT read.switch_generation(%(projection)s, %(version)s, %(generation)s, %(tenant_id)s,
                              %(accept_differences)s, %(by)s)

-- name: roll_back
SELECT read.roll_back_generation(%(projection)s, %(version)s, %(tenant_id)s, %(by)s)

-- name: drop
SELECT read.drop_generation(%(projection)s, %(version)s, %(generation)s, %(tables)s)

-- name: serving_generation
SELECT read.serving_generation(%(tenant_id)s, %(projection)s, %(version)s)

-- name: lost
SELECT t.name FROM unnest(%(tables)s::text[]) AS t(name)
 WHERE to_regclass(%(schema)s || '.' || t.name) IS NULL
