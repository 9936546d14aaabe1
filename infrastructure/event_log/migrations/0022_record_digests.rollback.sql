-- The function as it is in 0003_append.sql. Events that were recorded meanwhile keep their digests,
-- which the release before takes for changed.

SET LOCAL ROLE muniment_owner;

CREATE OR REPLACE FUNCTION log.canonical(
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

RESET ROLE;
