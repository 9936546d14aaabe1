-- The commonest append by far, one command of one event without claims, as one statement. It runs
-- as a role of its own, which can add to a log and nothing else: row-level security would only
-- compare the tenant with itself here, and took a seventh of the time.
-- depends: 0008_pruning

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'muniment_appender') THEN
    CREATE ROLE muniment_appender NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- made by a migration of another database at the same moment
END
$$;

GRANT USAGE ON SCHEMA log TO muniment_appender;
GRANT SELECT, UPDATE ON log.heads TO muniment_appender;
GRANT SELECT, INSERT ON log.events TO muniment_appender;
GRANT INSERT ON log.commands TO muniment_appender;

CREATE POLICY to_move_them ON log.heads TO muniment_appender USING (true);
CREATE POLICY to_see_versions ON log.events FOR SELECT TO muniment_appender USING (true);
CREATE POLICY to_add ON log.events FOR INSERT TO muniment_appender WITH CHECK (true);
CREATE POLICY to_add ON log.commands FOR INSERT TO muniment_appender WITH CHECK (true);

DROP FUNCTION log.append_one;

-- The position of the event. NULL, or a unique violation, where it is not simply recorded: for
-- whatever reason, log.append finds the outcome.
--
-- The head's row is taken first, so its tenant's appends go one after the other, and the new row
-- counts from what the one before left. Versions are safe although they are read as of the
-- statement's start: one that is seen is there, and one that is not yet seen only costs the call
-- of log.append.
CREATE FUNCTION log.append_one(
  p_tenant_id      uuid,
  p_command_id     uuid,
  p_fingerprint    bytea,
  p_stream_id      uuid,
  p_version        bigint,
  p_type           text,
  p_schema         smallint,
  p_data           bytea,
  p_metadata       bytea,
  p_event_id       uuid,
  p_correlation_id uuid,
  p_causation_id   uuid,
  p_actor          text
) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  WITH head AS (
    UPDATE log.heads h
       SET position = h.position + 1,
           recorded_at = greatest(now(), h.recorded_at), -- time never runs back within a log
           digest = sha256(h.digest || log.canonical(
             p_tenant_id, h.position + 1, p_stream_id, p_version, p_type, p_schema, p_event_id,
             p_command_id, p_correlation_id, p_causation_id, p_actor,
             greatest(now(), h.recorded_at), p_metadata, p_data))
     WHERE h.tenant_id = p_tenant_id
       AND (p_version = 1
            OR EXISTS (SELECT FROM log.events e
                        WHERE e.tenant_id = p_tenant_id AND e.stream_id = p_stream_id
                          AND e.version = p_version - 1))
    RETURNING h.position, h.digest, h.recorded_at
  ), remembered AS (
    INSERT INTO log.commands
    SELECT p_tenant_id, p_command_id, p_fingerprint, p_stream_id, p_version, head.position,
           head.position, head.recorded_at
      FROM head
  )
  INSERT INTO log.events
  SELECT p_tenant_id, head.position, p_stream_id, p_version, p_type, p_schema, p_data, p_metadata,
         p_event_id, p_command_id, p_correlation_id, p_causation_id, p_actor, head.recorded_at,
         head.digest
    FROM head
  RETURNING position
$$;
ALTER FUNCTION log.append_one OWNER TO muniment_appender;
REVOKE ALL ON FUNCTION log.append_one FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_one TO muniment_app;
