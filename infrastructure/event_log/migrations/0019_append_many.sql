-- Commands of many tenants, each one event without claims, in one call: what a call costs by itself,
-- and the write to the disk, are shared by all of them.
-- depends: 0018_logins_v2

GRANT SELECT (tenant_id, command_id) ON log.commands TO muniment_appender;
CREATE POLICY to_see_commands ON log.commands FOR SELECT TO muniment_appender USING (true);

-- The position of each event; NULL where it is not simply recorded: for whatever reason, log.append
-- finds the outcome. A unique violation, where two of the commands are for the same version or are
-- the same command, undoes them all.
--
-- It holds the heads of several tenants at once and never waits for one. A head that another call
-- holds is passed over, so no tenant waits for another and no two calls can wait for each other.
CREATE FUNCTION log.append_many(
  p_tenant_ids      uuid[],
  p_command_ids     uuid[],
  p_fingerprints    bytea[],
  p_stream_ids      uuid[],
  p_versions        bigint[],
  p_types           text[],
  p_schemas         smallint[],
  p_data            bytea[],
  p_metadata        bytea[],
  p_event_ids       uuid[],
  p_correlation_ids uuid[],
  p_causation_ids   uuid[],
  p_actors          text[],
  OUT positions     bigint[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  held         uuid[];
  fitting      int[]; -- which of the commands, a tenant's behind each other
  at_positions bigint[];
  at_times     timestamptz[];
  links        bytea[]; -- of the head, for the first of a tenant
  payloads     bytea[];
  digests      bytea[];
  link         bytea;
BEGIN
  positions := array_fill(NULL::bigint, ARRAY[cardinality(p_tenant_ids)]);
  SELECT array_agg(h.tenant_id) INTO held
    FROM (SELECT tenant_id FROM log.heads
           WHERE tenant_id = ANY (p_tenant_ids) FOR UPDATE SKIP LOCKED) h;

  -- A new statement: it sees everything committed before the locks were ours.
  SELECT array_agg(f.n ORDER BY f.tenant_id, f.n),
         array_agg(f.at_position ORDER BY f.tenant_id, f.n),
         array_agg(f.at_time ORDER BY f.tenant_id, f.n),
         array_agg(CASE WHEN f.nth = 1 THEN f.digest END ORDER BY f.tenant_id, f.n),
         array_agg(log.canonical(
           f.tenant_id, f.at_position, f.stream_id, f.version, f.type, f.schema, f.event_id,
           f.command_id, f.correlation_id, f.causation_id, f.actor, f.at_time, f.metadata, f.data)
           ORDER BY f.tenant_id, f.n)
    INTO fitting, at_positions, at_times, links, payloads
    FROM (
      SELECT u.*, h.digest, row_number() OVER tenant AS nth,
             h.position + row_number() OVER tenant AS at_position,
             greatest(now(), h.recorded_at) AS at_time -- time never runs back within a log
        FROM unnest(p_tenant_ids, p_command_ids, p_stream_ids, p_versions, p_types, p_schemas,
                    p_data, p_metadata, p_event_ids, p_correlation_ids, p_causation_ids, p_actors)
             WITH ORDINALITY
             AS u(tenant_id, command_id, stream_id, version, type, schema, data, metadata,
                  event_id, correlation_id, causation_id, actor, n)
        JOIN log.heads h ON h.tenant_id = u.tenant_id
       WHERE u.tenant_id = ANY (held)
         AND u.version = 1 + coalesce((
               SELECT e.version FROM log.events e
                WHERE e.tenant_id = u.tenant_id AND e.stream_id = u.stream_id
                ORDER BY e.version DESC LIMIT 1), 0)
         AND NOT EXISTS (SELECT FROM log.commands c
                          WHERE c.tenant_id = u.tenant_id AND c.command_id = u.command_id)
      WINDOW tenant AS (PARTITION BY u.tenant_id ORDER BY u.n)) f;
  IF fitting IS NULL THEN
    RETURN;
  END IF;

  FOR i IN 1 .. cardinality(fitting) LOOP
    link := sha256(coalesce(links[i], link) || payloads[i]);
    digests[i] := link;
    positions[fitting[i]] := at_positions[i];
  END LOOP;

  WITH placed AS (
    SELECT p_tenant_ids[f.n] AS tenant_id, f.*
      FROM unnest(fitting, at_positions, at_times, digests) AS f(n, at_position, at_time, digest)
  ), written AS (
    INSERT INTO log.events
    SELECT tenant_id, at_position, p_stream_ids[n], p_versions[n], p_types[n], p_schemas[n],
           p_data[n], p_metadata[n], p_event_ids[n], p_command_ids[n], p_correlation_ids[n],
           p_causation_ids[n], p_actors[n], at_time, digest
      FROM placed
  ), remembered AS (
    INSERT INTO log.commands
    SELECT tenant_id, p_command_ids[n], p_fingerprints[n], p_stream_ids[n], p_versions[n],
           at_position, at_position, at_time
      FROM placed
  )
  UPDATE log.heads h
     SET position = last.at_position, digest = last.digest, recorded_at = last.at_time
    FROM (SELECT DISTINCT ON (tenant_id) * FROM placed ORDER BY tenant_id, at_position DESC) last
   WHERE h.tenant_id = last.tenant_id;
END
$$;
ALTER FUNCTION log.append_many OWNER TO muniment_appender;
REVOKE ALL ON FUNCTION log.append_many FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_many TO muniment_app;
