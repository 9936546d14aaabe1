-- name: dead_letters
SELECT dead_letter_id, projection, version, generation, tenant_id, stream_id, position, type,
       failure, attempts, parked_at, tried_at
  FROM read.dead_letters(%(dead_letter_id)s::uuid, %(projection)s::text, %(tenant_id)s::uuid,
                         %(after)s::uuid, %(limit)s::int)

-- name: pause
SELECT read.pause(%(projection)s, %(tenant_id)s::uuid, %(by)s)

-- name: resume
SELECT read.resume(%(projection)s, %(tenant_id)s::uuid)

-- name: head
SELECT position FROM log.heads WHERE tenant_id = %(tenant_id)s
