-- name: now
SELECT coalesce((SELECT h.position FROM log.heads h WHERE h.tenant_id = %(tenant_id)s), 0) AS head,
       clock_timestamp() AS time

-- name: at_or_after
-- The first position recorded at a time or later: positions and times rise together, so it is
-- found by halves. Beyond the head where there is none.
WITH RECURSIVE search AS (
  SELECT 1::bigint AS low, %(head)s::bigint + 1 AS high, 0 AS step
  UNION ALL
  SELECT CASE WHEN earlier THEN middle + 1 ELSE low END,
         CASE WHEN earlier THEN high ELSE middle END,
         step + 1
    FROM (SELECT low, high, step, (low + high) / 2 AS middle,
                 -- A subquery, not a join: one look at the index, whatever the planner believes.
                 (SELECT e.recorded_at < %(moment)s FROM log.events e
                   WHERE e.tenant_id = %(tenant_id)s
                     AND e.position = (search.low + search.high) / 2) AS earlier
            FROM search) AS looked
   WHERE low < high AND step < 64
)
SELECT max(low) AS position FROM search
