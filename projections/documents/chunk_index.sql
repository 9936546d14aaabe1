-- name: create
-- What of a document its chunks need; a document has its chunks once the last column is set.
CREATE TABLE chunk_documents_v1 (
  tenant_id         uuid   NOT NULL,
  document_id       uuid   NOT NULL,
  title             text   NOT NULL,
  knowledge_base_id uuid,
  dictionary        text   NOT NULL,
  text_sha256       text,
  chunks_sha256     text,
  position          bigint NOT NULL,
  PRIMARY KEY (tenant_id, document_id)
);
CREATE INDEX chunk_documents_v1_dictionary ON chunk_documents_v1 (tenant_id, dictionary);

-- The passages as they are shown; offsets count code points of the document's text.
CREATE TABLE chunks_v1 (
  tenant_id   uuid NOT NULL,
  document_id uuid NOT NULL,
  number      int  NOT NULL,
  span_start  int  NOT NULL,
  span_end    int  NOT NULL,
  text        text NOT NULL,
  PRIMARY KEY (tenant_id, document_id, number)
);

-- What ranking reads of every passage of a tenant: kept narrow, and in line up to a whole page.
CREATE TABLE chunk_vectors_v1 (
  tenant_id         uuid      NOT NULL,
  document_id       uuid      NOT NULL,
  number            int       NOT NULL,
  knowledge_base_id uuid,
  dictionary        text      NOT NULL,
  length            int       NOT NULL, -- in lexemes
  terms             public.sparsevec NOT NULL, -- by number of the term: how often it occurs
  model             text      NOT NULL,
  embedding         public.vector    NOT NULL,
  PRIMARY KEY (tenant_id, document_id, number)
) WITH (toast_tuple_target = 8160);

-- name: select_rows
SELECT document_id, row_to_json(t)::text FROM chunk_documents_v1 t
 WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)

-- name: upsert_rows
INSERT INTO chunk_documents_v1
SELECT * FROM jsonb_populate_recordset(NULL::chunk_documents_v1, %(rows)s::jsonb)
 WHERE tenant_id = %(tenant_id)s
ON CONFLICT (tenant_id, document_id) DO UPDATE
   SET title = excluded.title, knowledge_base_id = excluded.knowledge_base_id,
       dictionary = excluded.dictionary, text_sha256 = excluded.text_sha256,
       chunks_sha256 = excluded.chunks_sha256, position = excluded.position

-- name: delete_rows
DELETE FROM chunk_documents_v1
 WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)

-- name: delete_chunks
WITH vectors AS (
  DELETE FROM chunk_vectors_v1
   WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)
)
DELETE FROM chunks_v1 WHERE tenant_id = %(tenant_id)s AND document_id = ANY (%(keys)s)

-- name: lexize
SELECT dictionary, word, coalesce(ts_lexize(dictionary::regdictionary, word), ARRAY[word])
  FROM unnest(%(dictionaries)s::text[], %(words)s::text[]) AS w(dictionary, word)

-- name: insert_chunks
WITH new AS (
  SELECT *
    FROM unnest(%(document_ids)s::uuid[], %(numbers)s::int[], %(starts)s::int[], %(ends)s::int[],
                %(texts)s::text[], %(knowledge_base_ids)s::uuid[], %(dictionaries)s::text[],
                %(lengths)s::int[], %(terms)s::public.sparsevec[],
                %(embeddings)s::public.vector[])
         AS n(document_id, number, span_start, span_end, text, knowledge_base_id, dictionary,
              length, terms, embedding)
), shown AS (
  INSERT INTO chunks_v1 (tenant_id, document_id, number, span_start, span_end, text)
  SELECT %(tenant_id)s, document_id, number, span_start, span_end, text FROM new
)
INSERT INTO chunk_vectors_v1 (tenant_id, document_id, number, knowledge_base_id, dictionary,
                                   length, terms, model, embedding)
SELECT %(tenant_id)s, document_id, number, knowledge_base_id, dictionary, length, terms,
       %(model)s, embedding
  FROM new
