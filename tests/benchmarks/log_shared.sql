SELECT log.append_many(
  array_agg(lpad(to_hex(1 + :client_id::int * 12 + n % 12), 32, '0')::uuid), array_agg(uuidv7()),
  array_agg(NULL::bytea), array_agg(uuidv7()), array_agg(1::bigint),
  array_agg('document.added'::text), array_agg(1::smallint), array_agg(convert_to(:data::text, 'UTF8')),
  array_agg('\x7b7d'::bytea), array_agg(uuidv7()), array_agg(uuidv7()),
  array_agg(NULL::uuid), array_agg('user:1'::text)) FROM generate_series(1, 32) AS n;
