\set t random(1, 200)
SELECT log.append_one(lpad(to_hex(:t::int), 32, '0')::uuid, gen_random_uuid(), NULL,
  gen_random_uuid(), 1, 'document.added', 1::smallint, convert_to(:data, 'UTF8'), '\x7b7d',
  gen_random_uuid(), gen_random_uuid(), NULL, 'user:1');
