-- The role stays: another database of the cluster may use it.

DROP FUNCTION work.prune_jobs;
DROP FUNCTION log.prune_commands;
DROP POLICY finished ON work.jobs;
DROP POLICY older_than_a_day ON log.commands;
DROP INDEX work.jobs_by_age;
DROP INDEX log.commands_by_age;
REVOKE ALL ON log.commands, work.jobs FROM muniment_pruner;
REVOKE USAGE ON SCHEMA log, work FROM muniment_pruner;
