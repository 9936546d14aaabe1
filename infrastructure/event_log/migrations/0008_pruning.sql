-- What has served its time goes: idempotency keys after a day, finished work after a week. A role
-- of its own does it, which can do nothing else.
-- depends: 0007_tenants_of_the_log

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'muniment_pruner') THEN
    CREATE ROLE muniment_pruner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- made by a migration of another database at the same moment
END
$$;

GRANT USAGE ON SCHEMA log, work TO muniment_pruner;
GRANT SELECT, DELETE ON log.commands, work.jobs TO muniment_pruner;

-- Rows come in the order of time, so that a block range index finds the old ones and costs nothing.
CREATE INDEX commands_by_age ON log.commands USING brin (recorded_at);
CREATE INDEX jobs_by_age ON work.jobs USING brin (created_at);

CREATE POLICY older_than_a_day ON log.commands TO muniment_pruner
  USING (recorded_at < now() - interval '24 hours');
CREATE POLICY finished ON work.jobs TO muniment_pruner USING (state = 'done');

-- Forgets up to p_limit commands that are older than p_keep, never one of the last 24 hours.
CREATE FUNCTION log.prune_commands(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  WITH pruned AS (
    DELETE FROM log.commands c
     WHERE (c.tenant_id, c.command_id) IN (
       SELECT o.tenant_id, o.command_id FROM log.commands o
        WHERE o.recorded_at < now() - p_keep LIMIT p_limit)
    RETURNING 1)
  SELECT count(*) FROM pruned
$$;
ALTER FUNCTION log.prune_commands OWNER TO muniment_pruner;
REVOKE ALL ON FUNCTION log.prune_commands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.prune_commands TO muniment_app;

-- Forgets up to p_limit jobs that are done and older than p_keep; quarantined ones stay.
CREATE FUNCTION work.prune_jobs(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  WITH pruned AS (
    DELETE FROM work.jobs j
     WHERE (j.tenant_id, j.job_id) IN (
       SELECT o.tenant_id, o.job_id FROM work.jobs o
        WHERE o.created_at < now() - p_keep LIMIT p_limit)
    RETURNING 1)
  SELECT count(*) FROM pruned
$$;
ALTER FUNCTION work.prune_jobs OWNER TO muniment_pruner;
REVOKE ALL ON FUNCTION work.prune_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION work.prune_jobs TO muniment_app;
