-- name: lexize
-- The dictionaries that any of the tenant's documents used then, with what each makes of the
-- words. Before its text is there, a document uses the simple one.
SELECT d.dictionary, w.place::int AS place,
       coalesce(ts_lexize(d.dictionary::regdictionary, w.word), ARRAY[w.word]) AS lexemes
  FROM unnest(%(dictionaries)s::text[]) AS d(dictionary)
 CROSS JOIN unnest(%(words)s::text[]) WITH ORDINALITY AS w(word, place)
 WHERE EXISTS (SELECT FROM chunk_documents_v2 c
                WHERE c.tenant_id = %(tenant_id)s AND c.dictionary = d.dictionary
                  AND c.ingested_at <= %(as_of)s AND c.removed_at > %(as_of)s)
    OR d.dictionary = %(simple)s
       AND EXISTS (SELECT FROM chunk_documents_v2 c
                    WHERE c.tenant_id = %(tenant_id)s AND c.ingested_at > %(as_of)s
                      AND c.added_at <= %(as_of)s AND c.removed_at > %(as_of)s)
 ORDER BY d.dictionary, w.place

-- name: fused
-- BM25 (k1 1.2, b 0.75) over all the tenant's passages, as a share of what a passage could reach
-- that holds every asked word once at average length; plus the weighted cosine.
WITH asked AS MATERIALIZED (
  SELECT *
    FROM unnest(%(asked_dictionaries)s::text[], %(tokens)s::int[], %(weights)s::float8[],
                %(terms)s::public.sparsevec[]) AS a(dictionary, token, weight, term)
   UNION ALL
  SELECT NULL, 0, NULL, NULL -- token 0 is found once in every passage and carries its cosine
), matches AS MATERIALIZED (
  -- LATERAL, so that every plan reads each passage once and no plan keeps them all aside.
  SELECT c.document_id, c.number, c.knowledge_base_id, c.length, a.token, a.weight, a.frequency,
         CASE WHEN a.token = 0 AND c.model = %(model)s
              THEN -(c.embedding <#> %(embedding)s::public.vector) END AS cosine
    FROM chunk_vectors_v2 c
   CROSS JOIN LATERAL (
     SELECT token, weight, -(term <#> c.terms) AS frequency
       FROM asked
      WHERE token = 0 OR (dictionary = c.dictionary AND term <#> c.terms < 0)
     OFFSET 0
   ) a
   WHERE c.tenant_id = %(tenant_id)s
     AND c.found_from <= %(as_of)s AND c.found_until > %(as_of)s
), tenant AS MATERIALIZED (
  SELECT count(*)::float8 AS passages, greatest(avg(length)::float8, 1) AS average_length
    FROM matches WHERE token = 0
), found AS (
  SELECT token, count(*)::float8 AS passages FROM matches GROUP BY token
), rarity AS MATERIALIZED (
  SELECT a.token, a.weight,
         ln(1 + (t.passages - coalesce(f.passages, 0) + 0.5) / (coalesce(f.passages, 0) + 0.5))
           AS idf
    FROM (SELECT token, min(weight) AS weight FROM asked WHERE token > 0 GROUP BY token) a
   CROSS JOIN tenant t
    LEFT JOIN found f USING (token)
), ranked AS (
  -- Joined to the few rows of the query alone: no plan of this can be slow.
  SELECT m.document_id, m.number,
         coalesce(sum(m.weight * r.idf * m.frequency * 2.2::float8
                      / (m.frequency + 1.2::float8 * (0.25::float8
                         + 0.75::float8 * m.length / t.average_length)))
                  / (SELECT sum(idf) FROM rarity WHERE weight = 1), 0)
         + %(cosine_weight)s::float8 * greatest(coalesce(max(m.cosine), 0), 0) AS score
    FROM matches m
   CROSS JOIN tenant t
    LEFT JOIN rarity r USING (token)
   WHERE %(knowledge_base_id)s::uuid IS NULL OR m.knowledge_base_id = %(knowledge_base_id)s
   GROUP BY m.document_id, m.number
), best AS (
  SELECT * FROM ranked
   WHERE score > 0 OR %(unmatched)s
   ORDER BY score DESC, document_id, number
   LIMIT %(limit)s
)
SELECT b.document_id, d.title, b.number, c.text, c.span_start, c.span_end, b.score
  FROM best b
       -- one look-up by key each, whatever the planner believes about new tables
 CROSS JOIN LATERAL (
   SELECT text, span_start, span_end FROM chunks_v2
    WHERE tenant_id = %(tenant_id)s AND document_id = b.document_id AND number = b.number OFFSET 0
 ) c
 CROSS JOIN LATERAL (
   SELECT title FROM chunk_documents_v2
    WHERE tenant_id = %(tenant_id)s AND document_id = b.document_id OFFSET 0
 ) d
 ORDER BY b.score DESC, b.document_id, b.number

-- name: nearest
-- An exact scan of the tenant's passages: never fewer rows than there are.
WITH best AS (
  SELECT document_id, number, greatest(-(embedding <#> %(embedding)s::public.vector), 0) AS score
    FROM chunk_vectors_v2
   WHERE tenant_id = %(tenant_id)s AND model = %(model)s
     AND found_from <= %(as_of)s AND found_until > %(as_of)s
     AND (%(knowledge_base_id)s::uuid IS NULL OR knowledge_base_id = %(knowledge_base_id)s)
   ORDER BY embedding <#> %(embedding)s::public.vector, document_id, number
   LIMIT %(limit)s
)
SELECT b.document_id, d.title, b.number, c.text, c.span_start, c.span_end, b.score
  FROM best b
       -- one look-up by key each, whatever the planner believes about new tables
 CROSS JOIN LATERAL (
   SELECT text, span_start, span_end FROM chunks_v2
    WHERE tenant_id = %(tenant_id)s AND document_id = b.document_id AND number = b.number OFFSET 0
 ) c
 CROSS JOIN LATERAL (
   SELECT title FROM chunk_documents_v2
    WHERE tenant_id = %(tenant_id)s AND document_id = b.document_id OFFSET 0
 ) d
 ORDER BY b.score DESC, b.document_id, b.number
