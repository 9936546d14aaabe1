-- name: create
-- What of a document its chunks need. Positions say since when something holds and until before
-- which; the largest bigint stands for "never yet", so that every moment is one range.
CREATE TABLE chunk_documents_v2 (
  tenant_id         uuid   NOT NULL,
  document_id       uuid   NOT NULL,
  title             text   NOT NULL,
  knowledge_base_id uuid,
  dictionary        text   NOT NULL,
  text_sha256       text,
  chunks_sha256     text,
  added_at          bigint NOT NULL,
  ingested_at       bigint NOT NULL,
  embedded_at       bigint NOT NULL,
  removed_at        bigint NOT NULL,
  position          bigint NOT NULL,
  PRIMARY KEY (tenant_id, document_id)
);
CREATE INDEX chunk_documents_v2_dictionary
  ON chunk_documents_v2 (tenant_id, dictionary, removed_at);
CREATE INDEX chunk_documents_v2_ingested ON chunk_documents_v2 (tenant_id, ingested_at);

-- The passages as they are shown; offsets count code points of the document's text.
CREATE TABLE chunks_v2 (
  tenant_id   uuid NOT NULL,
  document_id uuid NOT NULL,
  number      int  NOT NULL,
  span_start  int  NOT NULL,
  span_end    int  NOT NULL,
  text        text NOT NULL,
  PRIMARY KEY (tenant_id, document_id, number)
);

-- What ranking reads of every passage of a tenant: kept narrow, and in line up to a whole page.
CREATE TABLE chunk_vectors_v2 (
  tenant_id         uuid      NOT NULL,
  document_id       uuid      NOT NULL,
  number            int       NOT NULL,
  knowledge_base_id uuid,
  dictionary        text      NOT NULL,
  length            int       NOT NULL, -- in lexemes
  terms             public.sparsevec NOT NULL, -- by number of the term: how often it occurs
  model             text      NOT NULL,
  embedding         public.vector    NOT NULL,
  found_from        bigint    NOT NULL, -- the positions between which a search finds it
  found_until       bigint    NOT NULL,
  PRIMARY KEY (tenant_id, document_id, number)
) WITH (toast_tuple_target = 8160);
-- A search of the present reads nothing of what was removed.
CREATE INDEX chunk_vectors_v2_found ON chunk_vectors_v2 (tenant_id, found_until);

-- name: select_rows
SELECT document_id, row_to_json(t)::text FROM chunk_documents_v2 t
 WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO chunk_documents_v2
SELECT * FROM jsonb_populate_recordset(NULL::chunk_documents_v2, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, document_id) DO UPDATE
   SET title = excluded.title, knowledge_base_id = excluded.knowledge_base_id,
       dictionary = excluded.dictionary, text_sha256 = excluded.text_sha256,
       chunks_sha256 = excluded.chunks_sha256, ingested_at = excluded.ingested_at,
       embedded_at = excluded.embedded_at, removed_at = excluded.removed_at,
       position = excluded.position

-- name: delete_rows
DELETE FROM chunk_documents_v2
 WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)

-- name: delete_chunks
WITH vectors AS (
  DELETE FROM chunk_vectors_v2
   WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)
)
DELETE FROM chunks_v2 WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)

-- name: end_chunks
UPDATE chunk_vectors_v2 v SET found_until = d.removed_at
  FROM chunk_documents_v2 d
 WHERE v.tenant_id = %(tenant_id)s AND v.document_id = ANY (%(keys)s)
   AND d.tenant_id = %(tenant_id)s AND d.document_id = v.document_id

-- name: lexize
SELECT dictionary, word, coalesce(ts_lexize(dictionary::regdictionary, word), ARRAY[word])
  FROM unnest(%(dictionaries)s::text[], %(words)s::text[]) AS w(dictionary, word)

-- name: insert_chunks
WITH new AS (
  SELECT *
    FROM unnest(%(document_ids)s::uuid[], %(numbers)s::int[], %(starts)s::int[], %(ends)s::int[],
                %(texts)s::text[], %(knowledge_base_ids)s::uuid[], %(dictionaries)s::text[],
                %(lengths)s::int[], %(terms)s::public.sparsevec[],
                %(embeddings)s::public.vector[], %(found_from)s::bigint[],
                %(found_until)s::bigint[])
         AS n(document_id, number, span_start, span_end, text, knowledge_base_id, dictionary,
              length, terms, embedding, found_from, found_until)
), shown AS (
  INSERT INTO chunks_v2 (tenant_id, document_id, number, span_start, span_end, text)
  SELECT %(tenant_id)s, document_id, number, span_start, span_end, text FROM new
)
INSERT INTO chunk_vectors_v2 (tenant_id, document_id, number, knowledge_base_id, dictionary,
                              length, terms, model, embedding, found_from, found_until)
SELECT %(tenant_id)s, document_id, number, knowledge_base_id, dictionary, length, terms,
       %(model)s, embedding, found_from, found_until
  FROM new
