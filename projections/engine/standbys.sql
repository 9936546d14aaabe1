-- name: long_ago
-- Generations that answered once and answer for nobody since so many days. What is being built,
-- what has never answered and copies are none.
WITH known AS (
  SELECT * FROM unnest(%(projections)s::text[], %(versions)s::int[]) AS p(projection, version)
), switches AS (
  SELECT projection, version, max(switched_at) AS switched_at
    FROM read.serving GROUP BY projection, version
), once AS (
  SELECT k.projection, k.version, 0 AS generation, '-infinity'::timestamptz AS changed_at
    FROM known k
   WHERE NOT EXISTS (SELECT FROM read.generations g
                      WHERE g.generation = 0 AND g.projection = k.projection
                        AND g.version = k.version)
   UNION ALL
  SELECT g.projection, g.version, g.generation, g.changed_at
    FROM known k
    JOIN read.generations g USING (projection, version)
   WHERE g.generation > 0 AND g.state = 'standby'
)
SELECT o.projection, o.version, o.generation
  FROM once o
  LEFT JOIN switches s USING (projection, version)
 WHERE greatest(o.changed_at, s.switched_at) < clock_timestamp() - make_interval(days => %(days)s)
   AND o.generation <> read.serving_generation('00000000-0000-0000-0000-000000000000',
                                               o.projection, o.version)
   AND NOT EXISTS (SELECT FROM read.serving v
                    WHERE v.projection = o.projection AND v.version = o.version
                      AND v.generation = o.generation)
 ORDER BY o.projection, o.generation
