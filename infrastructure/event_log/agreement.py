"""What must agree with the events of a log: its seals, claims, commands and checkpoints."""

from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from infrastructure.event_log import findings, snapshot
from infrastructure.event_log.findings import Finding
from infrastructure.event_log.seals import KeyRing, Seal
from infrastructure.sql import Queries

SQL = Queries(__package__, "agreement.sql")


class Sealed(msgspec.Struct, kw_only=True):
    """What a log's seals say of it."""

    count: int = 0
    last_good: int = 0
    """The highest position of a good seal below any bad one."""
    first_bad: int = 0
    finding: Finding | None = None
    """What is wrong with the first bad one."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks beside the chain came to."""

    sealed: Sealed
    findings: list[Finding]
    """Of claims, commands and checkpoints: the first of each that is astray."""


def check(connection: Connection[Any], tenant_id: UUID, head: int, keys: KeyRing) -> Agreement:
    """Everything, in the snapshot that the connection has open."""
    of = {"tenant_id": tenant_id, "head": head}
    astray = (_claim(connection, of), _command(connection, of), _checkpoint(connection, of))
    return Agreement(
        sealed=seals(connection, tenant_id, head, keys),
        findings=[finding for finding in astray if finding],
    )


def seals(connection: Connection[Any], tenant_id: UUID, head: int, keys: KeyRing) -> Sealed:
    """Check each seal's signature, and what it says against the log."""
    sealed = Sealed()
    of = {"tenant_id": tenant_id}
    for *fields, digest in snapshot.stream(connection, SQL["seals"], of, raw=True):
        position, stated, sealed_at, key_id, signature = fields
        sealed.count += 1
        if sealed.finding is not None:
            continue
        seal = Seal(
            position=position,
            digest=stated,
            sealed_at=sealed_at,
            key_id=key_id.decode(),
            signature=signature,
        )
        told = keys.fault(tenant_id.bytes, seal)
        if told is not None:
            sealed.first_bad = position
            sealed.finding = Finding(kind="seal", position=position, detail=told)
        elif digest != stated:
            sealed.first_bad = position
            sealed.finding = findings.rewritten(position, sealed.last_good, head)
        else:
            sealed.last_good = position
    return sealed


def _claim(connection: Connection[Any], of: dict[str, Any]) -> Finding | None:
    row = connection.execute(SQL["claim_astray"], of).fetchone()
    if row is None:
        return None
    told = f"a claim of scope {row[0]} is held by the stream {row[1]}, which is not in the log"
    return Finding(kind="claim", position=None, detail=told)


def _command(connection: Connection[Any], of: dict[str, Any]) -> Finding | None:
    row = connection.execute(SQL["command_astray"], of).fetchone()
    if row is None:
        return None
    told = f"the command {row[0]} is said to have recorded the event here, and did not"
    return Finding(kind="command", position=row[1], detail=told)


def _checkpoint(connection: Connection[Any], of: dict[str, Any]) -> Finding | None:
    row = connection.execute(SQL["checkpoint_astray"], of).fetchone()
    if row is None:
        return None
    told = f"the projection {row[0]} version {row[1]} is beyond the head, which is at {of['head']}"
    return Finding(kind="checkpoint", position=row[2], detail=told)
