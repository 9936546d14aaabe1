-- The role stays: another database of the cluster may use it. The function as it was before is in
-- 0003_append.sql; without it every command goes through log.append.

DROP FUNCTION log.append_one;
DROP POLICY to_add ON log.commands;
DROP POLICY to_add ON log.events;
DROP POLICY to_see_versions ON log.events;
DROP POLICY to_move_them ON log.heads;
REVOKE ALL ON log.heads, log.events, log.commands FROM muniment_appender;
REVOKE USAGE ON SCHEMA log FROM muniment_appender;
