-- name: head
SELECT position FROM log.heads WHERE tenant_id = %(tenant_id)s

-- name: newest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY position DESC
 LIMIT %(limit)s

-- name: oldest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY position
 LIMIT %(limit)s

-- name: stream_newest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
   AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY version DESC
 LIMIT %(limit)s

-- name: stream_oldest_first
SELECT position, stream_id, version, type, schema, event_id, command_id, correlation_id,
       causation_id, actor, recorded_at, metadata, data, digest
  FROM log.events
 WHERE tenant_id = %(tenant_id)s AND stream_id = %(stream_id)s
   AND position BETWEEN %(low)s AND %(high)s
   AND (%(acting)s::text IS NULL OR actor = %(acting)s)
   AND (%(event_type)s::text IS NULL OR type = %(event_type)s)
   AND (%(type_begins)s::text IS NULL OR starts_with(type, %(type_begins)s))
 ORDER BY version
 LIMIT %(limit)s
