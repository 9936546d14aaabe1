\set t random(1, 200)
INSERT INTO public.plain VALUES (lpad(to_hex(:t::int), 32, '0')::uuid, nextval('public.plain_position'),
  uuidv7(), 1, 'document.added', 1, convert_to(:data, 'UTF8'), '\x7b7d', uuidv7(),
  uuidv7(), uuidv7(), NULL, 'user:1', now(), sha256('\x00'));
