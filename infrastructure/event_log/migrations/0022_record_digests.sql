-- The bytes that a digest covers are those of a record as PostgreSQL sends it, made by one function
-- and not put together by forty. Events recorded before keep theirs; who proves a log knows both.
-- depends: 0021_chosen_commands

SET LOCAL ROLE muniment_owner;

-- Texts are given as their UTF-8, since a record sends them in the encoding of the client.
CREATE OR REPLACE FUNCTION log.canonical(
  tenant_id uuid, "position" bigint, stream_id uuid, version bigint, type text, schema smallint,
  event_id uuid, command_id uuid, correlation_id uuid, causation_id uuid, actor text,
  recorded_at timestamptz, metadata bytea, data bytea
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT record_send(ROW(
    tenant_id, "position", stream_id, version, convert_to(type, 'UTF8'), schema, event_id,
    command_id, correlation_id, causation_id, convert_to(actor, 'UTF8'), recorded_at, metadata,
    data))
$$;

RESET ROLE;
