\set t random(1, 200)
SELECT log.append_one(lpad(to_hex(:t::int), 32, '0')::uuid, uuidv7(),
  '\xabababababababababababababababababababababababababababababababab',
  uuidv7(), 1, 'document.added', 1::smallint, convert_to(:data, 'UTF8'), '\x7b7d',
  uuidv7(), uuidv7(), NULL, 'user:1');
