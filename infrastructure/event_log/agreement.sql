-- name: seals
SELECT s.position, s.digest, s.sealed_at, s.key_id, s.signature, e.digest
  FROM log.seals s
  LEFT JOIN log.events e ON e.tenant_id = s.tenant_id AND e.position = s.position
 WHERE s.tenant_id = %(tenant_id)s
 ORDER BY s.position

-- name: claim_astray
SELECT c.scope, c.stream_id
  FROM log.claims c
 WHERE c.tenant_id = %(tenant_id)s
   AND NOT EXISTS (SELECT FROM log.events e
                    WHERE e.tenant_id = %(tenant_id)s AND e.stream_id = c.stream_id)
 ORDER BY c.scope, c.stream_id
 LIMIT 1

-- name: command_astray
SELECT c.command_id, c.first_position
  FROM log.commands c
 WHERE c.tenant_id = %(tenant_id)s
   AND NOT EXISTS (SELECT FROM log.events e
                    WHERE e.tenant_id = %(tenant_id)s AND e.position = c.first_position
                      AND e.command_id = c.command_id AND e.stream_id = c.stream_id)
UNION ALL
SELECT c.command_id, c.last_position
  FROM log.commands c
 WHERE c.tenant_id = %(tenant_id)s
   AND c.last_position <> c.first_position
   AND NOT EXISTS (SELECT FROM log.events e
                    WHERE e.tenant_id = %(tenant_id)s AND e.position = c.last_position
                      AND e.command_id = c.command_id AND c.last_position > c.first_position)
 ORDER BY 2
 LIMIT 1

-- name: checkpoint_astray
SELECT c.projection, c.version, c.position
  FROM read.checkpoints c
 WHERE c.tenant_id = %(tenant_id)s AND c.position > %(head)s
 ORDER BY c.projection, c.version
 LIMIT 1
