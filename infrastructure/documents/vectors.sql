-- name: kept
SELECT content_sha256 FROM work.embeddings
 WHERE tenant_id = %(tenant_id)s AND model = %(model)s AND content_sha256 = ANY (%(keys)s)

-- name: read
SELECT content_sha256, embedding::text FROM work.embeddings
 WHERE tenant_id = %(tenant_id)s AND model = %(model)s AND content_sha256 = ANY (%(keys)s)

-- name: keep
INSERT INTO work.embeddings (tenant_id, model, content_sha256, embedding)
SELECT %(tenant_id)s, %(model)s, content_sha256, embedding
  FROM unnest(%(keys)s::bytea[], %(embeddings)s::public.vector[]) AS k(content_sha256, embedding)
 ORDER BY content_sha256 -- so that two writers of the same passages never wait in a circle
ON CONFLICT DO NOTHING
