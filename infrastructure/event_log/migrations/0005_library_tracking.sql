-- What applications of the `eventsourcing` library keep beside the log, and their way to the append.
-- depends: 0004_checkpoints_and_jobs

SET LOCAL ROLE muniment_owner;

-- How far each application has processed the notifications of another.
CREATE TABLE read.library_tracking (
  tenant_id        uuid   NOT NULL,
  reader           text   NOT NULL, -- the application that processes
  application_name text   NOT NULL, -- the one whose notifications it processes
  notification_id  bigint NOT NULL,
  PRIMARY KEY (tenant_id, reader, application_name)
) WITH (fillfactor = 50);

-- States of aggregates, kept to spare replaying. Derived from events: any row may be deleted.
CREATE TABLE read.library_snapshots (
  tenant_id uuid   NOT NULL,
  reader    text   NOT NULL,
  stream_id uuid   NOT NULL,
  version   bigint NOT NULL,
  topic     text   NOT NULL,
  state     bytea  NOT NULL,
  PRIMARY KEY (tenant_id, reader, stream_id, version)
);

ALTER TABLE read.library_tracking  ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.library_tracking  FORCE  ROW LEVEL SECURITY;
ALTER TABLE read.library_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.library_snapshots FORCE  ROW LEVEL SECURITY;

CREATE POLICY one_tenant ON read.library_tracking
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY one_tenant ON read.library_snapshots
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON read.library_tracking  TO muniment_app;
GRANT SELECT, INSERT, DELETE ON read.library_snapshots TO muniment_app;

-- Appends what the library calls stored events as one command, and with it, or not at all, the
-- tracking of the notification that they answer. The events go through log.append.
--
-- The library may number a stream from 0. The events of such a stream carry {"first_version":0}
-- as metadata, and stand in the log at versions that are one higher.
--
-- The same command id again returns the positions of the first time and changes nothing.
-- Raises unique_violation where a version is taken or out of turn, or the notification has been
-- processed before.
CREATE FUNCTION log.append_stored_events(
  p_tenant_id        uuid,
  p_command_id       uuid,
  p_actor            text,
  p_stream_ids       uuid[],
  p_versions         bigint[],
  p_types            text[],
  p_schemas          smallint[],
  p_data             bytea[],
  p_event_ids        uuid[],
  p_reader           text,
  p_application_name text,
  p_notification_id  bigint,
  OUT first_position bigint,
  OUT last_position  bigint
)
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
  from_zero    constant bytea := '{"first_version":0}';
  event_count  constant int := cardinality(p_stream_ids);
  log_versions bigint[];
  metadata     bytea[];
  answer       record;
BEGIN
  PERFORM set_config('app.tenant_id', p_tenant_id::text, true);

  -- How a stream is numbered never changes, so this may be read before the append's lock is held.
  SELECT array_agg(u.version + s.shift ORDER BY u.n),
         array_agg(CASE s.shift WHEN 1 THEN from_zero ELSE '{}' END ORDER BY u.n)
    INTO log_versions, metadata
    FROM unnest(p_stream_ids, p_versions) WITH ORDINALITY AS u(stream_id, version, n)
    JOIN (
      SELECT g.stream_id,
             coalesce((SELECT (e.metadata = from_zero)::int FROM log.events e
                        WHERE e.tenant_id = p_tenant_id AND e.stream_id = g.stream_id
                          AND e.version = 1),
                      (min(g.version) = 0)::int) AS shift
        FROM unnest(p_stream_ids, p_versions) AS g(stream_id, version)
       GROUP BY g.stream_id
    ) s USING (stream_id);

  SELECT a.* INTO answer
    FROM log.append(
      p_tenant_id       => p_tenant_id,
      p_command_ids     => ARRAY[p_command_id],
      p_fingerprints    => ARRAY[NULL::bytea],
      p_event_commands  => array_fill(1, ARRAY[event_count]),
      p_stream_ids      => p_stream_ids,
      p_versions        => log_versions,
      p_types           => p_types,
      p_schemas         => p_schemas,
      p_data            => p_data,
      p_metadata        => metadata,
      p_event_ids       => p_event_ids,
      p_correlation_ids => array_fill(p_command_id, ARRAY[event_count]),
      p_causation_ids   => array_fill(NULL::uuid, ARRAY[event_count]),
      p_actors          => array_fill(p_actor, ARRAY[event_count])) a;
  first_position := answer.first_positions[1];
  last_position := answer.last_positions[1];

  CASE answer.outcomes[1]
    WHEN 'recorded' THEN
      NULL;
    WHEN 'repeated' THEN
      RETURN; -- with the tracking of the first time
    WHEN 'conflict' THEN
      RAISE unique_violation USING MESSAGE = format(
        'stream %s is at version %s of the log, or another stream of this command has moved',
        p_stream_ids[1], answer.actual_versions[1]);
    ELSE
      RAISE EXCEPTION 'log.append answered %', answer.outcomes[1];
  END CASE;

  IF p_notification_id IS NOT NULL THEN
    INSERT INTO read.library_tracking AS t
    VALUES (p_tenant_id, p_reader, p_application_name, p_notification_id)
    ON CONFLICT (tenant_id, reader, application_name)
       DO UPDATE SET notification_id = excluded.notification_id
       WHERE t.notification_id < excluded.notification_id;
    IF NOT FOUND THEN
      RAISE unique_violation USING MESSAGE = format(
        'notification %s of %s has been processed before', p_notification_id, p_application_name);
    END IF;
  END IF;
END
$$;
REVOKE ALL ON FUNCTION log.append_stored_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_stored_events TO muniment_app;

RESET ROLE;
