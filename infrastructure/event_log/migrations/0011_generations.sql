-- Generations: the tables of a read model more than once, each in a schema of its own, so that one
-- is built while another serves. Generation 0 is the schema `read`.
-- depends: 0008_pruning

SET LOCAL ROLE muniment_owner;

ALTER TABLE read.checkpoints ADD COLUMN generation int NOT NULL DEFAULT 0;
ALTER TABLE read.checkpoints DROP CONSTRAINT checkpoints_pkey;
ALTER TABLE read.checkpoints ADD PRIMARY KEY (tenant_id, projection, version, generation);
ALTER TABLE read.parked_streams ADD COLUMN generation int NOT NULL DEFAULT 0;
ALTER TABLE read.parked_streams DROP CONSTRAINT parked_streams_pkey;
ALTER TABLE read.parked_streams
  ADD PRIMARY KEY (tenant_id, projection, version, generation, stream_id);

CREATE SEQUENCE read.generation_numbers AS int;

-- What is built beside `read`. Generation 0 has a row only once its tables are dropped.
-- It holds nothing of what tenants keep, and everybody may see it.
CREATE TABLE read.generations (
  generation  int         NOT NULL,
  projection  text        NOT NULL,
  version     int         NOT NULL,
  schema_name text        NOT NULL,
  state       text        NOT NULL CHECK (state IN ('building', 'ready', 'live', 'standby', 'copy',
                                                    'cancelled', 'dropped')),
  for_tenant  uuid,       -- built for this tenant alone; null: for every tenant
  made_by     text        NOT NULL,
  made_at     timestamptz NOT NULL DEFAULT now(),
  ready_at    timestamptz, -- filled, indexed, and kept up to date from then on
  differences bigint,      -- rows that differ from the live ones; null: not compared
  changed_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (generation, projection, version)
);

-- Which generation answers, where it is not generation 0. The tenant 00000000-… stands for every
-- tenant without a row of its own. Everybody may see it, as above.
CREATE TABLE read.serving (
  for_tenant  uuid        NOT NULL,
  projection  text        NOT NULL,
  version     int         NOT NULL,
  generation  int         NOT NULL,
  previous    int         NOT NULL, -- the one that a rollback goes back to
  switched_by text        NOT NULL,
  switched_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (for_tenant, projection, version)
);

ALTER TABLE read.generations ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.generations FORCE  ROW LEVEL SECURITY;
ALTER TABLE read.serving     ENABLE ROW LEVEL SECURITY;
ALTER TABLE read.serving     FORCE  ROW LEVEL SECURITY;
CREATE POLICY for_everybody ON read.generations FOR SELECT USING (true);
CREATE POLICY for_everybody ON read.serving     FOR SELECT USING (true);
CREATE POLICY for_its_functions ON read.generations TO muniment_owner USING (true);
CREATE POLICY for_its_functions ON read.serving     TO muniment_owner USING (true);
GRANT SELECT ON read.generations, read.serving TO muniment_app;

-- The generation of a read model that answers for a tenant.
CREATE FUNCTION read.serving_generation(p_tenant_id uuid, p_projection text, p_version int)
RETURNS int
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce((SELECT s.generation FROM read.serving s
                    WHERE s.for_tenant IN (p_tenant_id, '00000000-0000-0000-0000-000000000000')
                      AND s.projection = p_projection AND s.version = p_version
                    ORDER BY s.for_tenant DESC LIMIT 1), 0);
END;
REVOKE ALL ON FUNCTION read.serving_generation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.serving_generation TO muniment_app;

-- The search path of a tenant's reads: the schemas of the generations that answer, then `read`.
-- A schema holds the tables of one projection, so their order doesn't matter. Temporary tables
-- come last: none hides another.
CREATE FUNCTION read.search_path_of(p_tenant_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog
AS $$
DECLARE
  schemas text;
BEGIN
  SELECT string_agg('read_g' || s.generation || ',', '')
    INTO schemas
    FROM (SELECT DISTINCT ON (projection, version) generation
            FROM read.serving
           WHERE for_tenant IN (p_tenant_id, '00000000-0000-0000-0000-000000000000')
           ORDER BY projection, version, for_tenant DESC) s
   WHERE s.generation > 0;
  RETURN coalesce(schemas, '') || 'read,public,pg_temp';
END
$$;
REVOKE ALL ON FUNCTION read.search_path_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.search_path_of TO muniment_app;

-- Every generation of these projections that follows the log; one being built doesn't.
CREATE FUNCTION read.consumers(p_projections text[], p_versions int[])
RETURNS TABLE (projection text, version int, generation int, for_tenant uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog
AS $$
  SELECT p.projection, p.version, 0, NULL::uuid
    FROM unnest(p_projections, p_versions) AS p(projection, version)
   WHERE NOT EXISTS (SELECT FROM read.generations g
                      WHERE g.generation = 0 AND g.projection = p.projection
                        AND g.version = p.version)
   UNION ALL
  SELECT g.projection, g.version, g.generation, g.for_tenant
    FROM unnest(p_projections, p_versions) AS p(projection, version)
    JOIN read.generations g USING (projection, version)
   WHERE g.state IN ('ready', 'live', 'standby')
$$;
REVOKE ALL ON FUNCTION read.consumers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.consumers TO muniment_app;

CREATE OR REPLACE FUNCTION read.tenants_behind(p_projections text[], p_versions int[])
RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
  WITH consumers AS MATERIALIZED (SELECT * FROM read.consumers(p_projections, p_versions))
  SELECT h.tenant_id
    FROM log.heads h
   WHERE EXISTS (
     SELECT FROM consumers p
       LEFT JOIN read.checkpoints c
         ON c.tenant_id = h.tenant_id AND c.projection = p.projection AND c.version = p.version
        AND c.generation = p.generation
      WHERE coalesce(p.for_tenant, h.tenant_id) = h.tenant_id
        AND coalesce(c.position, 0) < h.position
        AND coalesce(c.retry_at, '-infinity') <= clock_timestamp())
$$;

-- Logging in comes before any tenant's context. This gives the logins of exactly one keyed hash of
-- an address, only where that is not ambiguous, each from the generation that answers for its tenant.
CREATE OR REPLACE FUNCTION read.login_by_email_key_v1(p_email_key bytea, p_tenant_id uuid)
RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text, role text, display_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  query text;
BEGIN
  SELECT string_agg(format(
           'SELECT l.tenant_id, l.user_id, l.password_hash, l.role, l.display_name '
           'FROM %s.logins_v1 l WHERE l.email_key = $1 '
           'AND read.serving_generation(l.tenant_id, ''login_directory'', 1) = %s',
           CASE g.generation WHEN 0 THEN 'read' ELSE 'read_g' || g.generation END, g.generation),
           ' UNION ALL ')
    INTO query
    FROM (SELECT 0 AS generation
           WHERE NOT EXISTS (SELECT FROM read.generations d
                              WHERE d.generation = 0 AND d.projection = 'login_directory'
                                AND d.version = 1)
           UNION
          SELECT s.generation FROM read.serving s
           WHERE s.projection = 'login_directory' AND s.version = 1 AND s.generation > 0) g;
  RETURN QUERY EXECUTE
    'WITH found AS MATERIALIZED (' || query || ') SELECT * FROM found f '
    'WHERE CASE WHEN $2 IS NULL THEN 1 = (SELECT count(*) FROM found) ELSE f.tenant_id = $2 END'
    USING p_email_key, p_tenant_id;
END
$$;
REVOKE ALL ON FUNCTION read.login_by_email_key_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.login_by_email_key_v1 TO muniment_app;

RESET ROLE;
