-- name: generation
SELECT read.serving_generation(%(tenant_id)s, %(projection)s, %(version)s)

-- name: parked
SELECT EXISTS (SELECT FROM read.parked_streams
                WHERE tenant_id = %(tenant_id)s AND projection = %(projection)s
                  AND version = %(version)s AND generation = %(generation)s)

-- name: digest
SELECT row_count, digest FROM read.digest(%(tenant_id)s, %(schema)s, %(table)s)

-- name: checkpoint
SELECT position FROM read.checkpoints
 WHERE tenant_id = %(tenant_id)s AND projection = %(projection)s AND version = %(version)s
   AND generation = %(generation)s
