-- Without it every tenant's commands take a call of their own.

DROP FUNCTION log.append_many;
DROP POLICY to_see_commands ON log.commands;
REVOKE SELECT (tenant_id, command_id) ON log.commands FROM muniment_appender;
