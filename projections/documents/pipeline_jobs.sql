-- name: create
SELECT 1 -- the jobs table is of the first migrations: work in hand is no read model

-- name: insert
INSERT INTO work.jobs (tenant_id, job_id, kind, stream_id, argument)
SELECT %(tenant_id)s, j.job_id, j.kind, j.stream_id, j.argument
  FROM jsonb_to_recordset(%(jobs)s::jsonb)
    AS j(job_id uuid, kind text, stream_id uuid, argument text)
ON CONFLICT DO NOTHING
