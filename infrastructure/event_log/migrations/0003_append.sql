-- Append: one call, one round trip, a batch of commands of one tenant.
-- depends: 0002_log_tables

SET LOCAL ROLE muniment_owner;

-- The bytes of one event that its digest covers, behind the digest of the event before it.
-- Fixed-width fields stand as they are, variable ones behind their length (int4, big-endian);
-- an absent causation is 16 zero bytes; time is microseconds since 2000-01-01 UTC (int8).
CREATE FUNCTION log.canonical(
  tenant_id uuid, "position" bigint, stream_id uuid, version bigint, type text, schema smallint,
  event_id uuid, command_id uuid, correlation_id uuid, causation_id uuid, actor text,
  recorded_at timestamptz, metadata bytea, data bytea
) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT uuid_send(tenant_id) || int8send("position") || uuid_send(stream_id) || int8send(version)
    || int4send(octet_length(type)) || convert_to(type, 'UTF8')
    || int2send(schema) || uuid_send(event_id) || uuid_send(command_id) || uuid_send(correlation_id)
    || uuid_send(coalesce(causation_id, '00000000-0000-0000-0000-000000000000'::uuid))
    || int4send(octet_length(actor)) || convert_to(actor, 'UTF8')
    || timestamptz_send(recorded_at)
    || int4send(octet_length(metadata)) || metadata
    || int4send(octet_length(data)) || data
$$;

-- `p_event_commands[i]` says which command event i belongs to; a command's events are consecutive.
-- The outcome of each command is one of
--   recorded   its events stand at first_positions[k] to last_positions[k]
--   repeated   this command id was recorded before, with the same fingerprint; positions are those
--   reused     this command id was recorded before for something else; nothing recorded
--   conflict   its first stream is at actual_versions[k], or another of its streams has moved
--   claimed    another stream holds claim_scopes[k]; nothing recorded
-- A rejected command leaves no trace and does not touch its neighbours.
--
-- Where everything in the batch fits, as it nearly always does, the batch is written by one
-- statement. Otherwise its commands are appended one by one, still under the same lock.
CREATE FUNCTION log.append(
  p_tenant_id       uuid,
  p_command_ids     uuid[],
  p_fingerprints    bytea[],
  p_event_commands  int[],
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
  p_claim_commands  int[]   DEFAULT '{}',
  p_claim_taken     boolean[] DEFAULT '{}',
  p_claim_scopes    text[]  DEFAULT '{}',
  p_claim_keys      bytea[] DEFAULT '{}',
  p_claim_streams   uuid[]  DEFAULT '{}',
  OUT outcomes        text[],
  OUT first_positions bigint[],
  OUT last_positions  bigint[],
  OUT stream_ids      uuid[],
  OUT versions        bigint[],
  OUT actual_versions bigint[],
  OUT claim_scopes    text[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  head_position bigint;
  head_digest   bytea;
  at_time       timestamptz;
  fits          boolean;
  payloads      bytea[];
  digests       bytea[];
  single        record;
  first_version bigint;
BEGIN
  -- From here on this tenant's appends wait for each other; other tenants' do not.
  PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
  LOOP
    SELECT h.position, h.digest, greatest(clock_timestamp(), h.recorded_at)
      INTO head_position, head_digest, at_time -- time never runs back within a log
      FROM log.heads h WHERE h.tenant_id = p_tenant_id FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO log.heads VALUES (p_tenant_id, 0, sha256(uuid_send(p_tenant_id)), '-infinity')
      ON CONFLICT DO NOTHING;
  END LOOP;

  IF cardinality(p_command_ids) > 1 AND cardinality(p_claim_commands) > 0 THEN
    fits := false;
  ELSE
    -- A new statement: it sees everything committed before the lock was ours.
    SELECT bool_and(f.version = f.current_version + f.nth)
             AND count(DISTINCT p_command_ids[f.command]) = cardinality(p_command_ids)
             AND NOT EXISTS (SELECT FROM log.commands c WHERE c.tenant_id = p_tenant_id
                                AND c.command_id = ANY (p_command_ids)),
           array_agg(log.canonical(
             p_tenant_id, head_position + f.n, f.stream_id, f.version, f.type, f.schema,
             f.event_id, p_command_ids[f.command], f.correlation_id, f.causation_id, f.actor,
             at_time, f.metadata, f.data) ORDER BY f.n),
           min(f.current_version) FILTER (WHERE f.n = 1)
      INTO fits, payloads, first_version
      FROM (
        SELECT u.*, row_number() OVER (PARTITION BY u.stream_id ORDER BY u.n) AS nth,
               coalesce((SELECT e.version FROM log.events e
                          WHERE e.tenant_id = p_tenant_id AND e.stream_id = u.stream_id
                          ORDER BY e.version DESC LIMIT 1), 0) AS current_version
          FROM unnest(p_event_commands, p_stream_ids, p_versions, p_types, p_schemas, p_data,
                      p_metadata, p_event_ids, p_correlation_ids, p_causation_ids, p_actors)
               WITH ORDINALITY
               AS u(command, stream_id, version, type, schema, data, metadata, event_id,
                    correlation_id, causation_id, actor, n)
      ) f;
  END IF;

  IF NOT fits AND cardinality(p_command_ids) > 1 THEN
    FOR k IN 1 .. cardinality(p_command_ids) LOOP
      SELECT a.* INTO single FROM (
        SELECT array_agg(1 ORDER BY u.n) AS commands, array_agg(u.stream_id ORDER BY u.n) AS streams,
               array_agg(u.version ORDER BY u.n) AS versions, array_agg(u.type ORDER BY u.n) AS types,
               array_agg(u.schema ORDER BY u.n) AS schemas, array_agg(u.data ORDER BY u.n) AS data,
               array_agg(u.metadata ORDER BY u.n) AS metadata,
               array_agg(u.event_id ORDER BY u.n) AS event_ids,
               array_agg(u.correlation_id ORDER BY u.n) AS correlation_ids,
               array_agg(u.causation_id ORDER BY u.n) AS causation_ids,
               array_agg(u.actor ORDER BY u.n) AS actors
          FROM unnest(p_event_commands, p_stream_ids, p_versions, p_types, p_schemas, p_data,
                      p_metadata, p_event_ids, p_correlation_ids, p_causation_ids, p_actors)
               WITH ORDINALITY
               AS u(command, stream_id, version, type, schema, data, metadata, event_id,
                    correlation_id, causation_id, actor, n)
         WHERE u.command = k) e
      CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(1), '{}') AS commands, coalesce(array_agg(c.taken), '{}') AS taken,
               coalesce(array_agg(c.scope), '{}') AS scopes, coalesce(array_agg(c.key), '{}') AS keys,
               coalesce(array_agg(c.stream_id), '{}') AS streams
          FROM unnest(p_claim_commands, p_claim_taken, p_claim_scopes, p_claim_keys,
                      p_claim_streams) AS c(command, taken, scope, key, stream_id)
         WHERE c.command = k) c
      CROSS JOIN LATERAL log.append(
        p_tenant_id, p_command_ids[k:k], p_fingerprints[k:k], e.commands, e.streams, e.versions,
        e.types, e.schemas, e.data, e.metadata, e.event_ids, e.correlation_ids, e.causation_ids,
        e.actors, c.commands, c.taken, c.scopes, c.keys, c.streams) a;
      outcomes[k] := single.outcomes[1];
      first_positions[k] := single.first_positions[1];
      last_positions[k] := single.last_positions[1];
      stream_ids[k] := single.stream_ids[1];
      versions[k] := single.versions[1];
      actual_versions[k] := single.actual_versions[1];
      claim_scopes[k] := single.claim_scopes[1];
    END LOOP;
    RETURN;
  END IF;

  IF NOT fits THEN
    -- One command, and it was recorded before or its versions don't fit.
    SELECT CASE WHEN c.fingerprint IS NOT DISTINCT FROM p_fingerprints[1]
                THEN '{repeated}' ELSE '{reused}' END::text[],
           ARRAY[c.first_position], ARRAY[c.last_position], ARRAY[c.stream_id], ARRAY[c.version]
      INTO outcomes, first_positions, last_positions, stream_ids, versions
      FROM log.commands c
     WHERE c.tenant_id = p_tenant_id AND c.command_id = p_command_ids[1];
    IF NOT FOUND THEN
      outcomes := '{conflict}';
      actual_versions := ARRAY[first_version];
    END IF;
    DELETE FROM log.heads h WHERE h.tenant_id = p_tenant_id AND h.position = 0; -- leaves no trace
    RETURN;
  END IF;

  IF cardinality(p_claim_commands) > 0 THEN
    claim_scopes[1] := log.settle_claims(
      p_tenant_id, p_claim_taken, p_claim_scopes, p_claim_keys, p_claim_streams);
    IF claim_scopes[1] IS NOT NULL THEN
      outcomes := '{claimed}';
      DELETE FROM log.heads h WHERE h.tenant_id = p_tenant_id AND h.position = 0;
      RETURN;
    END IF;
  END IF;

  FOR i IN 1 .. cardinality(payloads) LOOP
    head_digest := sha256(head_digest || payloads[i]);
    digests[i] := head_digest;
  END LOOP;

  WITH numbered AS (
    SELECT u.*, p_command_ids[u.command] AS command_id, head_position + u.n AS at_position
      FROM unnest(p_event_commands, p_stream_ids, p_versions, p_types, p_schemas, p_data,
                  p_metadata, p_event_ids, p_correlation_ids, p_causation_ids, p_actors, digests)
           WITH ORDINALITY
           AS u(command, stream_id, version, type, schema, data, metadata, event_id,
                correlation_id, causation_id, actor, digest, n)
  ), written AS (
    INSERT INTO log.events
    SELECT p_tenant_id, at_position, stream_id, version, type, schema, data, metadata, event_id,
           command_id, correlation_id, causation_id, actor, at_time, digest
      FROM numbered
  ), moved AS (
    UPDATE log.heads h
       SET position = head_position + cardinality(digests), digest = head_digest,
           recorded_at = at_time
     WHERE h.tenant_id = p_tenant_id
  ), remembered AS (
    INSERT INTO log.commands AS c
    SELECT p_tenant_id, n.command_id, p_fingerprints[n.command],
           (array_agg(n.stream_id ORDER BY n.n))[1],
           -- the version its first stream reached, which is the one the caller asked about
           max(n.version) FILTER (WHERE n.stream_id = p_stream_ids[n.first_n]),
           min(n.at_position), max(n.at_position), at_time
      FROM (SELECT m.*, min(m.n) OVER (PARTITION BY m.command) AS first_n FROM numbered m) n
     GROUP BY n.command, n.command_id
    RETURNING c.stream_id, c.version, c.first_position, c.last_position
  )
  SELECT array_agg('recorded'::text), array_agg(r.first_position), array_agg(r.last_position),
         array_agg(r.stream_id), array_agg(r.version)
    INTO outcomes, first_positions, last_positions, stream_ids, versions
    FROM (SELECT * FROM remembered ORDER BY first_position) r;
  actual_versions := versions;
END
$$;

-- Release, then take, all or none. Returns the scope that another stream holds, or NULL.
CREATE FUNCTION log.settle_claims(
  p_tenant_id uuid, p_taken boolean[], p_scopes text[], p_keys bytea[], p_streams uuid[]
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
  wanted_scope text;
BEGIN
  FOR i IN 1 .. cardinality(p_scopes) LOOP
    CONTINUE WHEN p_taken[i];
    DELETE FROM log.claims c
     WHERE c.tenant_id = p_tenant_id AND c.scope = p_scopes[i] AND c.key = p_keys[i]
       AND c.stream_id = p_streams[i];
  END LOOP;
  FOR i IN 1 .. cardinality(p_scopes) LOOP
    CONTINUE WHEN NOT p_taken[i];
    wanted_scope := p_scopes[i];
    INSERT INTO log.claims (scope, key, tenant_id, stream_id)
    VALUES (p_scopes[i], p_keys[i], p_tenant_id, p_streams[i]);
  END LOOP;
  RETURN NULL;
EXCEPTION WHEN unique_violation THEN
  RETURN wanted_scope;
END
$$;

-- The same for one command of one event without claims, the commonest by far, given as plain
-- values: arrays of one cost more to send and to read than all the rest. Whatever is not simply
-- recorded is left to log.append.
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
  p_actor          text,
  OUT outcome        text,
  OUT "position"     bigint,
  OUT stream_id      uuid,
  OUT version        bigint,
  OUT actual_version bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  at_position bigint;
  link        bytea;
  at_time     timestamptz := clock_timestamp();
  link_before bytea;
  time_before timestamptz;
BEGIN
  PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
  -- Takes the lock and moves the head at once; it is moved back where the event can't be recorded.
  UPDATE log.heads h
     SET position = h.position + 1,
         recorded_at = greatest(at_time, h.recorded_at),
         digest = sha256(h.digest || log.canonical(
           p_tenant_id, h.position + 1, p_stream_id, p_version, p_type, p_schema, p_event_id,
           p_command_id, p_correlation_id, p_causation_id, p_actor,
           greatest(at_time, h.recorded_at), p_metadata, p_data))
   WHERE h.tenant_id = p_tenant_id
  RETURNING new.position, new.digest, new.recorded_at, old.digest, old.recorded_at
    INTO at_position, link, at_time, link_before, time_before;
  IF at_position IS NOT NULL THEN
    -- A new statement: it sees everything committed before the lock was ours.
    IF p_version = 1 + coalesce((
      SELECT e.version FROM log.events e
       WHERE e.tenant_id = p_tenant_id AND e.stream_id = p_stream_id
       ORDER BY e.version DESC LIMIT 1), 0)
    THEN
      INSERT INTO log.commands
      VALUES (p_tenant_id, p_command_id, p_fingerprint, p_stream_id, p_version,
              at_position, at_position, at_time)
      ON CONFLICT DO NOTHING;
      IF FOUND THEN
        INSERT INTO log.events
        VALUES (p_tenant_id, at_position, p_stream_id, p_version, p_type, p_schema, p_data,
                p_metadata, p_event_id, p_command_id, p_correlation_id, p_causation_id, p_actor,
                at_time, link);
        outcome := 'recorded';
        "position" := at_position;
        stream_id := p_stream_id;
        version := p_version;
        RETURN;
      END IF;
    END IF;
    UPDATE log.heads h
       SET position = at_position - 1, digest = link_before, recorded_at = time_before
     WHERE h.tenant_id = p_tenant_id;
  END IF;
  SELECT a.outcomes[1], a.last_positions[1], a.stream_ids[1], a.versions[1], a.actual_versions[1]
    INTO outcome, "position", stream_id, version, actual_version
    FROM log.append(
      p_tenant_id, ARRAY[p_command_id], ARRAY[p_fingerprint], ARRAY[1], ARRAY[p_stream_id],
      ARRAY[p_version], ARRAY[p_type], ARRAY[p_schema], ARRAY[p_data], ARRAY[p_metadata],
      ARRAY[p_event_id], ARRAY[p_correlation_id], ARRAY[p_causation_id], ARRAY[p_actor]) a;
END
$$;

REVOKE ALL ON FUNCTION log.append_one FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_one TO muniment_app;
REVOKE ALL ON FUNCTION log.append FROM PUBLIC;
REVOKE ALL ON FUNCTION log.settle_claims FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append TO muniment_app;

RESET ROLE;
