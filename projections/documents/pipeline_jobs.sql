-- name: create
SELECT 1 -- the jobs table is of the first migrations: work in hand is no read model

-- name: insert
INSERT INTO work.jobs (tenant_id, job_id, kind, stream_id, argument)
SELECT %(tenant_id)s, j.job_id, j.kind, j.stream_id, j.argument
  FROM jsonb_to_recordset(%(jobs)s::jsonb)
    AS j(job_id uuid, kind text, stream_id uuid, argument text)
ON CONFLICT DO NOTHING

-- name: settle
-- Of stages that are settled, or of documents that are gone, nothing is left to do.
UPDATE work.jobs j SET state = 'done'
 WHERE j.tenant_id = %(tenant_id)s AND j.state = 'waiting' AND j.kind = 'documents.run_stage'
   AND NOT EXISTS (
     SELECT FROM document_status_v1 s
      WHERE s.tenant_id = %(tenant_id)s AND s.id = j.stream_id
        AND s.stages -> j.argument ->> 'status' NOT IN ('COMPLETED', 'FAILED'))
