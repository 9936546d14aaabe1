-- name: act_as_owner
SET LOCAL ROLE muniment_owner

-- name: hold
INSERT INTO read.generations (generation, projection, version, schema_name, state, made_by)
SELECT 0, p.projection, p.version, 'read', 'building', %(by)s
  FROM unnest(%(projections)s::text[], %(versions)s::int[]) AS p(projection, version)
ON CONFLICT DO NOTHING

-- name: release
DELETE FROM read.generations WHERE generation = 0 AND state = 'building'

-- name: pauses
SELECT projection, for_tenant FROM read.pauses
