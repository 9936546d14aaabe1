-- Building, comparing, switching and dropping generations. The application may do these five
-- things, in schemas named by their number, and nothing else that takes an owner.
-- depends: 0011_generations

SET LOCAL ROLE muniment_owner;

ALTER TABLE read.generations ADD COLUMN tables  text[] NOT NULL DEFAULT '{}';
ALTER TABLE read.generations ADD COLUMN indexes text[] NOT NULL DEFAULT '{}'; -- made after the fill
-- For one comparison with the live tables, after which it is dropped.
ALTER TABLE read.generations ADD COLUMN scratch boolean NOT NULL DEFAULT false;

CREATE POLICY for_its_functions ON read.checkpoints    TO muniment_owner USING (true);
CREATE POLICY for_its_functions ON read.parked_streams TO muniment_owner USING (true);

-- An empty schema for a new generation, and its row. For the owner alone.
CREATE FUNCTION read.open_generation(
  p_projection text, p_version int, p_tables text[], p_for_tenant uuid, p_made_by text,
  p_scratch boolean)
RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
  number int := nextval('read.generation_numbers');
BEGIN
  IF 200 <= (SELECT count(*) FROM read.generations
              WHERE generation > 0 AND state NOT IN ('cancelled', 'dropped')) THEN
    RAISE configuration_limit_exceeded USING MESSAGE =
      'there are 200 generations: drop those that nobody needs';
  END IF;
  EXECUTE format('CREATE SCHEMA %I', 'read_g' || number);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO muniment_app', 'read_g' || number);
  INSERT INTO read.generations
         (generation, projection, version, schema_name, state, for_tenant, made_by, tables,
          scratch)
  VALUES (number, p_projection, p_version, 'read_g' || number, 'building', p_for_tenant, p_made_by,
          p_tables, p_scratch);
  RETURN number;
END
$$;
REVOKE ALL ON FUNCTION read.open_generation FROM PUBLIC;

-- The secondary indexes of a table, as statements that make them on the same table of a schema.
CREATE FUNCTION read.secondary_indexes(p_table regclass, p_schema text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog
AS $$
  SELECT coalesce(array_agg(replace(
           pg_get_indexdef(i.indexrelid),
           format(' ON %I.%I USING ', n.nspname, c.relname),
           format(' ON %I.%I USING ', p_schema, c.relname)) ORDER BY i.indexrelid), '{}')
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE i.indrelid = p_table AND NOT i.indisprimary
$$;
REVOKE ALL ON FUNCTION read.secondary_indexes FROM PUBLIC;

-- A new generation whose tables are made like those that answer for most tenants, with their key
-- and their protection, and without other indexes until they are filled.
-- Raises undefined_table where one of them is lost.
CREATE FUNCTION read.create_generation(
  p_projection text, p_version int, p_tables text[], p_for_tenant uuid, p_made_by text,
  p_scratch boolean)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  serving int := read.serving_generation('00000000-0000-0000-0000-000000000000',
                                         p_projection, p_version);
  number  int;
  name    text;
  model   regclass;
  made    regclass;
  policy  record;
BEGIN
  IF EXISTS (SELECT FROM unnest(p_tables) AS t(name)
              WHERE t.name !~ '^[a-z][a-z0-9_]{0,48}_v[0-9]{1,6}$') OR p_tables = '{}' THEN
    RAISE invalid_name USING MESSAGE = 'no tables of a read model';
  END IF;
  number := read.open_generation(p_projection, p_version, p_tables, p_for_tenant, p_made_by,
                                 p_scratch);
  FOREACH name IN ARRAY p_tables LOOP
    model := to_regclass(format('%I.%I', CASE serving WHEN 0 THEN 'read'
                                         ELSE 'read_g' || serving END, name));
    IF model IS NULL THEN
      RAISE undefined_table USING MESSAGE = format('the table %s is lost', name);
    END IF;
    EXECUTE format('CREATE TABLE %I.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES) %s',
      'read_g' || number, name, model,
      (SELECT 'WITH (' || array_to_string(reloptions, ', ') || ')' FROM pg_class
        WHERE oid = model));
    made := format('%I.%I', 'read_g' || number, name)::regclass;
    EXECUTE format('ALTER TABLE %s ADD %s', made,
      (SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = model AND contype = 'p'));
    FOR policy IN
      SELECT polname, pg_get_expr(polqual, polrelid) AS rows,
             CASE polcmd WHEN 'r' THEN 'SELECT' WHEN '*' THEN 'ALL' END AS command,
             (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ')
                FROM unnest(polroles) AS r) AS roles
        FROM pg_policy WHERE polrelid = model AND polname <> 'one_tenant'
    LOOP
      EXECUTE format('CREATE POLICY %I ON %s FOR %s TO %s USING (%s)', policy.polname, made,
                     policy.command, policy.roles, policy.rows);
    END LOOP;
    PERFORM read.protect(made);
    UPDATE read.generations
       SET indexes = indexes || read.secondary_indexes(model, 'read_g' || number)
     WHERE generation = number;
  END LOOP;
  RETURN number;
END
$$;
REVOKE ALL ON FUNCTION read.create_generation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.create_generation TO muniment_app;

-- Makes the indexes of a generation that is filled, and its statistics; from now on it follows the
-- log. A copy doesn't follow, and nobody may write to it again.
CREATE FUNCTION read.finish_generation(
  p_projection text, p_version int, p_generation int, p_as_copy boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET statement_timeout = 0
AS $$
DECLARE
  done      read.generations;
  statement text;
  name      text;
BEGIN
  UPDATE read.generations
     SET state = CASE WHEN p_as_copy THEN 'copy' ELSE 'ready' END,
         ready_at = clock_timestamp(), changed_at = clock_timestamp()
   WHERE generation = p_generation AND projection = p_projection AND version = p_version
     AND state = 'building'
  RETURNING * INTO done;
  IF NOT FOUND THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE =
      format('generation %s of %s is not being built', p_generation, p_projection);
  END IF;
  FOREACH statement IN ARRAY done.indexes LOOP
    EXECUTE statement;
  END LOOP;
  FOREACH name IN ARRAY done.tables LOOP
    EXECUTE format('ANALYZE %I.%I', done.schema_name, name);
    IF p_as_copy THEN
      EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %I.%I FROM muniment_app',
                     done.schema_name, name);
    END IF;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION read.finish_generation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.finish_generation TO muniment_app;

-- Keeps how many rows of a generation differ from those that answer.
CREATE FUNCTION read.note_differences(
  p_projection text, p_version int, p_generation int, p_differences bigint)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
  UPDATE read.generations SET differences = p_differences, changed_at = clock_timestamp()
   WHERE generation = p_generation AND projection = p_projection AND version = p_version
$$;
REVOKE ALL ON FUNCTION read.note_differences FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.note_differences TO muniment_app;

-- Which of the generations answer for somebody, and which did. For the owner alone.
CREATE FUNCTION read.note_states(p_projection text, p_version int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog
AS $$
  UPDATE read.generations g
     SET state = s.state, changed_at = clock_timestamp()
    FROM (SELECT generation,
                 CASE WHEN EXISTS (SELECT FROM read.serving v
                                    WHERE v.projection = o.projection AND v.version = o.version
                                      AND v.generation = o.generation)
                      THEN 'live' ELSE 'standby' END AS state
            FROM read.generations o
           WHERE o.projection = p_projection AND o.version = p_version) s
   WHERE g.projection = p_projection AND g.version = p_version AND g.generation = s.generation
     AND g.generation > 0
     AND (g.state IN ('live', 'standby') OR g.state = 'ready' AND s.state = 'live')
     AND g.state <> s.state
$$;
REVOKE ALL ON FUNCTION read.note_states FROM PUBLIC;

-- Holds every checkpoint of a generation and of the ones it takes over from where it is, and sees
-- that it is no less far for anybody: whoever has read a position never sees an earlier one.
-- Raises lock_not_available ('MU001') where it is behind: trying again is right. For the owner alone.
CREATE FUNCTION read.hold_caught_up(
  p_projection text, p_version int, p_generation int, p_tenant_id uuid)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
  late record;
BEGIN
  -- Nobody makes a first checkpoint meanwhile.
  PERFORM pg_advisory_xact_lock(hashtextextended('read.checkpoints', 0));
  PERFORM FROM read.checkpoints c
    WHERE c.projection = p_projection AND c.version = p_version
      AND c.tenant_id = coalesce(p_tenant_id, c.tenant_id)
    ORDER BY c.tenant_id, c.generation
      FOR UPDATE;
  SELECT o.tenant_id, o.position, coalesce(n.position, 0) AS reached
    INTO late
    FROM read.checkpoints o
    LEFT JOIN read.checkpoints n
      ON n.tenant_id = o.tenant_id AND n.projection = o.projection AND n.version = o.version
     AND n.generation = p_generation
   WHERE o.projection = p_projection AND o.version = p_version
     AND o.tenant_id = coalesce(p_tenant_id, o.tenant_id)
     AND o.generation = read.serving_generation(o.tenant_id, p_projection, p_version)
     AND o.position > coalesce(n.position, 0)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'MU001', MESSAGE = format(
      'generation %s of %s is at position %s of tenant %s, not yet at %s',
      p_generation, p_projection, late.reached, late.tenant_id, late.position);
  END IF;
END
$$;
REVOKE ALL ON FUNCTION read.hold_caught_up FROM PUBLIC;

-- Has a generation answer, for one tenant or for all, from the commit on. Returns the one that
-- answered before.
-- Raises object_not_in_prerequisite_state where it may not: not filled, not compared, different
-- without that being accepted, or made for another tenant; 'MU001' as above.
CREATE FUNCTION read.switch_generation(
  p_projection text, p_version int, p_generation int, p_tenant_id uuid,
  p_accept_differences boolean, p_by text)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  everyone constant uuid := '00000000-0000-0000-0000-000000000000';
  chosen   read.generations;
  refusal  text;
  before   int;
BEGIN
  SELECT * INTO chosen FROM read.generations
   WHERE generation = p_generation AND projection = p_projection AND version = p_version
     FOR UPDATE;
  before := read.serving_generation(coalesce(p_tenant_id, everyone), p_projection, p_version);
  refusal := CASE
    WHEN chosen.generation IS NULL AND p_generation > 0 THEN 'is not there'
    WHEN chosen.state = 'building' THEN 'is still being built'
    WHEN chosen.state IN ('cancelled', 'dropped', 'copy') THEN 'is ' || chosen.state
    WHEN chosen.for_tenant <> coalesce(p_tenant_id, everyone) THEN
      'is for tenant ' || chosen.for_tenant || ' alone'
    WHEN chosen.state = 'ready' AND chosen.differences IS NULL THEN
      'has not been compared with the live one'
    WHEN chosen.state = 'ready' AND chosen.differences > 0 AND NOT p_accept_differences THEN
      'differs from the live one in ' || chosen.differences || ' rows'
    WHEN before = p_generation AND NOT EXISTS (
           SELECT FROM read.serving
            WHERE projection = p_projection AND version = p_version
              AND p_tenant_id IS NULL AND generation <> p_generation) THEN 'answers already'
  END;
  IF refusal IS NOT NULL THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE =
      format('generation %s of %s %s', p_generation, p_projection, refusal);
  END IF;
  PERFORM read.hold_caught_up(p_projection, p_version, p_generation, p_tenant_id);
  INSERT INTO read.serving AS s
         (for_tenant, projection, version, generation, previous, switched_by)
  VALUES (coalesce(p_tenant_id, everyone), p_projection, p_version, p_generation, before, p_by)
  ON CONFLICT (for_tenant, projection, version) DO UPDATE
     SET previous = s.generation, generation = excluded.generation,
         switched_by = excluded.switched_by, switched_at = excluded.switched_at;
  IF p_tenant_id IS NULL THEN
    UPDATE read.serving
       SET previous = generation, generation = p_generation, switched_by = p_by,
           switched_at = now()
     WHERE projection = p_projection AND version = p_version AND for_tenant <> everyone
       AND generation <> p_generation;
  END IF;
  PERFORM read.note_states(p_projection, p_version);
  RETURN before;
END
$$;
REVOKE ALL ON FUNCTION read.switch_generation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.switch_generation TO muniment_app;

-- Undoes the last switch, of one tenant or of all. Returns the generation that answers again.
-- Raises as switch_generation does.
CREATE FUNCTION read.roll_back_generation(
  p_projection text, p_version int, p_tenant_id uuid, p_by text)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  everyone constant uuid := '00000000-0000-0000-0000-000000000000';
  last     read.serving;
  back     record;
BEGIN
  SELECT * INTO last FROM read.serving
   WHERE projection = p_projection AND version = p_version
     AND for_tenant = coalesce(p_tenant_id, everyone)
     FOR UPDATE;
  IF NOT FOUND OR last.previous = last.generation THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE =
      format('%s has no generation to go back to', p_projection);
  END IF;
  FOR back IN
    SELECT for_tenant, previous FROM read.serving
     WHERE projection = p_projection AND version = p_version
       AND (for_tenant = last.for_tenant
            OR p_tenant_id IS NULL AND generation = last.generation AND previous <> generation)
     ORDER BY for_tenant
  LOOP
    PERFORM read.hold_caught_up(p_projection, p_version, back.previous,
                                nullif(back.for_tenant, everyone));
  END LOOP;
  UPDATE read.serving
     SET generation = previous, previous = generation, switched_by = p_by, switched_at = now()
   WHERE projection = p_projection AND version = p_version
     AND (for_tenant = last.for_tenant
          OR p_tenant_id IS NULL AND generation = last.generation AND previous <> generation);
  PERFORM read.note_states(p_projection, p_version);
  RETURN last.previous;
END
$$;
REVOKE ALL ON FUNCTION read.roll_back_generation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.roll_back_generation TO muniment_app;

-- Drops the tables of a generation that answers for nobody, with its checkpoints.
-- Raises object_not_in_prerequisite_state where it answers for somebody.
CREATE FUNCTION read.drop_generation(
  p_projection text, p_version int, p_generation int, p_tables text[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  everyone constant uuid := '00000000-0000-0000-0000-000000000000';
  gone     read.generations;
  name     text;
BEGIN
  IF read.serving_generation(everyone, p_projection, p_version) = p_generation
     OR EXISTS (SELECT FROM read.serving
                 WHERE projection = p_projection AND version = p_version
                   AND generation = p_generation) THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE =
      format('generation %s of %s answers', p_generation, p_projection);
  END IF;
  IF EXISTS (SELECT FROM unnest(p_tables) AS t(name)
              WHERE t.name !~ '^[a-z][a-z0-9_]{0,48}_v[0-9]{1,6}$') THEN
    RAISE invalid_name USING MESSAGE = 'no tables of a read model';
  END IF;
  IF p_generation = 0 THEN
    INSERT INTO read.generations
           (generation, projection, version, schema_name, state, made_by, tables)
    VALUES (0, p_projection, p_version, 'read', 'dropped', 'drop_generation', p_tables)
    ON CONFLICT DO NOTHING;
    FOREACH name IN ARRAY p_tables LOOP
      EXECUTE format('DROP TABLE IF EXISTS read.%I', name);
    END LOOP;
  ELSE
    UPDATE read.generations
       SET state = CASE state WHEN 'building' THEN 'cancelled' ELSE 'dropped' END,
           changed_at = clock_timestamp()
     WHERE generation = p_generation AND projection = p_projection AND version = p_version
       AND state NOT IN ('cancelled', 'dropped')
    RETURNING * INTO gone;
    IF NOT FOUND THEN
      RAISE object_not_in_prerequisite_state USING MESSAGE =
        format('there is no generation %s of %s', p_generation, p_projection);
    END IF;
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', gone.schema_name);
  END IF;
  UPDATE read.serving SET previous = generation
   WHERE projection = p_projection AND version = p_version AND previous = p_generation;
  DELETE FROM read.serving s -- what says nothing any more
   WHERE projection = p_projection AND version = p_version AND previous = generation
     AND generation = CASE for_tenant WHEN everyone THEN 0
                      ELSE read.serving_generation(everyone, p_projection, p_version) END;
  DELETE FROM read.checkpoints
   WHERE projection = p_projection AND version = p_version AND generation = p_generation;
  DELETE FROM read.parked_streams
   WHERE projection = p_projection AND version = p_version AND generation = p_generation;
END
$$;
REVOKE ALL ON FUNCTION read.drop_generation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.drop_generation TO muniment_app;

-- What differs between one table of a tenant in two schemas: `live`, and `made` from the log. Rows
-- are compared whole, to the last byte; keys and names of columns are told, values of rows never.
CREATE FUNCTION read.differences(
  p_tenant_id uuid, p_table text, p_live text, p_made text, p_samples int)
RETURNS TABLE (missing bigint, surplus bigint, different bigint, samples jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog
AS $$
DECLARE
  keys text := (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
      FROM pg_index i
     CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
     WHERE i.indrelid = format('%I.%I', p_made, p_table)::regclass AND i.indisprimary);
BEGIN
  RETURN QUERY EXECUTE format($q$
    WITH unequal AS MATERIALIZED (
      SELECT CASE WHEN l.tenant_id IS NULL THEN 'missing'
                  WHEN m.tenant_id IS NULL THEN 'surplus' ELSE 'different' END AS kind,
             row_to_json(ROW(%1$s))::jsonb AS key, to_jsonb(l) AS live, to_jsonb(m) AS made,
             row_number() OVER (PARTITION BY l.tenant_id IS NULL, m.tenant_id IS NULL
                                    ORDER BY %1$s) AS place
        FROM (SELECT * FROM %2$I.%4$I WHERE tenant_id = $1) l
        FULL JOIN (SELECT * FROM %3$I.%4$I WHERE tenant_id = $1) m USING (%1$s)
       WHERE l.tenant_id IS NULL OR m.tenant_id IS NULL OR l *<> m
    ), sampled AS (
      SELECT kind, jsonb_build_object(
               'kind', kind, 'table', %4$L,
               'key', (SELECT jsonb_agg(value) FROM jsonb_each(key)),
               'columns', coalesce((
                  SELECT jsonb_agg(c.key ORDER BY c.key) FROM jsonb_each(made) AS c
                   WHERE kind = 'different' AND c.value IS DISTINCT FROM live -> c.key),
                 '[]')) AS sample
        FROM unequal WHERE place <= $2
    )
    SELECT (SELECT count(*) FROM unequal WHERE kind = 'missing'),
           (SELECT count(*) FROM unequal WHERE kind = 'surplus'),
           (SELECT count(*) FROM unequal WHERE kind = 'different'),
           (SELECT coalesce(jsonb_agg(sample), '[]') FROM sampled)
    $q$, keys, p_live, p_made, p_table)
    USING p_tenant_id, p_samples;
END
$$;
REVOKE ALL ON FUNCTION read.differences FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.differences TO muniment_app;

RESET ROLE;
