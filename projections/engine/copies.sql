-- name: position_at
SELECT coalesce(max(position), 0) FROM log.events
 WHERE tenant_id = %(tenant_id)s AND recorded_at <= %(time)s

-- name: schema_is_free
SELECT to_regnamespace(quote_ident(%(schema)s)) IS NULL

-- name: open_copy
WITH opened AS (SELECT nextval('read.generation_numbers')::int AS generation)
INSERT INTO read.generations
       (generation, projection, version, schema_name, state, for_tenant, made_by, tables)
SELECT o.generation, p.projection, p.version, %(schema)s, 'building', %(for_tenant)s, %(by)s,
       string_to_array(p.tables, ',')
  FROM opened o,
       unnest(%(projections)s::text[], %(versions)s::int[], %(tables)s::text[])
         AS p(projection, version, tables)
RETURNING generation
