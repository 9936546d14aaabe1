-- name: lease
UPDATE work.jobs
   SET state = 'leased', attempts = attempts + 1, lease_id = %(lease_id)s,
       lease_until = clock_timestamp() + %(lease_seconds)s * interval '1 s'
 WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s
   AND ((state = 'waiting' AND run_at <= clock_timestamp())
        OR (state = 'leased' AND lease_until < clock_timestamp()))
RETURNING job_id, kind, stream_id, argument, attempts, failure

-- name: known
SELECT job_id FROM work.jobs WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s

-- name: extend
UPDATE work.jobs
   SET lease_until = clock_timestamp() + %(lease_seconds)s * interval '1 s'
 WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s AND lease_id = %(lease_id)s
RETURNING job_id

-- name: finish
UPDATE work.jobs SET state = %(state)s, lease_until = NULL, failure = %(failure)s
 WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s AND lease_id = %(lease_id)s
RETURNING job_id

-- name: try_again
UPDATE work.jobs
   SET state = 'waiting', lease_until = NULL, failure = %(failure)s,
       run_at = clock_timestamp() + %(pause_seconds)s * interval '1 s'
 WHERE tenant_id = %(tenant_id)s AND job_id = %(job_id)s AND lease_id = %(lease_id)s
RETURNING job_id

-- name: due
SELECT tenant_id, job_id, kind
  FROM work.jobs_due(%(limit)s::int, %(older_than_seconds)s * interval '1 s')
