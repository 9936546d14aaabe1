-- Who is being given the log: a lease an export, so that a tenant has only so many at once in all
-- processes together, and one whose process died is free again soon.
-- depends: 0008_pruning

SET LOCAL ROLE muniment_owner;

CREATE TABLE work.audit_exports (
  tenant_id  uuid        NOT NULL,
  lease_id   uuid        NOT NULL,
  started_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, lease_id)
);
ALTER TABLE work.audit_exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE work.audit_exports FORCE  ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON work.audit_exports
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON work.audit_exports TO muniment_app;

RESET ROLE;
