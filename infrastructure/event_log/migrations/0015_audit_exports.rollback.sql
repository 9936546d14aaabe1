DROP TABLE work.audit_exports;
