"""What PostgreSQL's own catalogue says of the walls between tenants, asked before a process starts.

The walls are made by the migrations. What takes them down is done by hand: another role in
`DATABASE_URL`, a table that was restored without its policies, a right that was given in a hurry.
Nothing would fail then, so it is looked for.
"""

from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import args_row

from infrastructure.sql import Queries

SQL = Queries(__package__, "catalogue_audit.sql")

TOLD_MAX = 3
OWN_ROWS = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
"""How the catalogue writes the condition of every policy that holds for the application."""

_OTHER_ROLE = "let DATABASE_URL name the role muniment_app, as `muniment migrate` makes it"
_MEANINGS = {
    "not_migrated": ("the database {} has no event log", "run `muniment migrate`"),
    "superuser": ("the role {} is a superuser", _OTHER_ROLE),
    "bypasses": ("the role {} has BYPASSRLS", _OTHER_ROLE),
    "replicates": ("the role {} has REPLICATION", _OTHER_ROLE),
    "makes_roles": ("the role {} has CREATEROLE", _OTHER_ROLE),
    "member": ("{}: a member has the rights of its role", "REVOKE the membership"),
    "owner": ("{}: an owner can take its protection away", "make muniment_owner the owner"),
    "not_enabled": (
        "row-level security is off on {}",
        "ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    ),
    "not_forced": (
        "row-level security is not forced on {}",
        "ALTER TABLE … FORCE ROW LEVEL SECURITY",
    ),
    "wide_policy": ("the policy {} shows more than a tenant's own rows", "DROP POLICY"),
    "owners_view": (
        "the view {} shows what its owner may see",
        "ALTER VIEW … SET (security_invoker = true)",
    ),
    "unguarded": (
        "{} can't have row-level security",
        "drop it, or move it to a schema of your own",
    ),
    "empties": ("TRUNCATE is granted: {}", "REVOKE TRUNCATE"),
    "writes_log": ("a right to write to the log is granted: {}", "REVOKE it"),
}


class Fault(NamedTuple):
    """One thing that is not as it must be."""

    kind: str
    subject: str

    def __str__(self) -> str:
        what, remedy = _MEANINGS[self.kind]
        return f"{what.format(self.subject)} ({remedy})"


class UnfitDatabase(Exception):  # noqa: N818 - named for what is the matter
    """The database does not keep tenants apart as it must, or is not migrated."""

    def __init__(self, faults: list[Fault]) -> None:
        told = "; ".join(str(fault) for fault in faults[:TOLD_MAX])
        more = f"; and {len(faults) - TOLD_MAX} more" if len(faults) > TOLD_MAX else ""
        super().__init__(f"the database is not as it must be: {told}{more}")


def faults(connection: Connection[Any]) -> list[Fault]:
    """All that is wrong for the role of this connection; what concerns the role comes first."""
    cursor = connection.cursor(row_factory=args_row(Fault))
    found = cursor.execute(SQL["faults"], {"own_rows": OWN_ROWS}).fetchall()
    kinds = list(_MEANINGS)
    return sorted(found, key=lambda fault: (kinds.index(fault.kind), fault.subject))


def check(connection: Connection[Any]) -> None:
    """Nothing, where all is well.

    Raises:
        UnfitDatabase: something is not.
    """
    if found := faults(connection):
        raise UnfitDatabase(found)
