-- The functions as they are in 0003_append.sql, 0009_append_one.sql and 0019_append_many.sql, which
-- remember every command.

SET LOCAL ROLE muniment_owner;

CREATE OR REPLACE FUNCTION log.append(
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

RESET ROLE;

CREATE OR REPLACE FUNCTION log.append_one(
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

CREATE OR REPLACE FUNCTION log.append_many(
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
