-- name: prune
SELECT log.prune_commands(%(keep_commands)s, %(limit)s) AS commands,
       work.prune_jobs(%(keep_jobs)s, %(limit)s) AS jobs
