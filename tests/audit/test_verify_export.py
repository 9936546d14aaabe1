"""An export proves itself without a database: what is done to it is found, where it was done."""

import base64
import csv
import io
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.audit import verify
from infrastructure.audit.verify import VerifiedExport
from infrastructure.event_log.log_file_lines import Unfit
from infrastructure.event_log.seals import KeyRing, SealKey
from tests.audit import exports
from tests.event_log import filled, logs
from tests.servers import Database

TRUSTED = KeyRing([filled.KEY.public])
OTHER = SealKey("the secret text of another installation")
ONE_BY_ONE = ["jsonl", "csv", "parquet"]
WHOLE = ["cef", "ocsf"]


@pytest.fixture
def tenant(database: Database) -> UUID:
    """Eleven events, sealed at 7 and 11."""
    made = filled.filled(database)
    filled.seal(database)
    filled.more(database, made, 4)
    filled.seal(database)
    return made


def verified(path: Path, file: bytes, keys: KeyRing | None = TRUSTED) -> VerifiedExport:
    path = path / "export"
    path.write_bytes(file)
    return verify.verify(path, keys)


def place(found: VerifiedExport) -> tuple[str, int | None]:
    (finding,) = found.findings
    return finding.kind, finding.position


def table(rows: list[dict[str, Any]], file: bytes) -> bytes:
    """The rows as Parquet, with the schema and the manifest of a file."""
    own = pyarrow.parquet.ParquetFile(io.BytesIO(file))
    out = io.BytesIO()
    made = pyarrow.Table.from_pylist(rows, schema=own.schema_arrow)
    with pyarrow.parquet.ParquetWriter(out, own.schema_arrow) as writer:
        writer.write_table(made)
        writer.add_key_value_metadata(
            {k: v for k, v in own.metadata.metadata.items() if k == b"muniment.manifest"}
        )
    return out.getvalue()


def rows_of(file: bytes, format_: str) -> list[dict[str, Any]]:
    """The events of a file."""
    if format_ == "jsonl":
        return [json.loads(line) for line in file.splitlines()[:-1]]
    if format_ == "csv":
        return list(csv.DictReader(io.StringIO(file.decode(), newline="")))[:-1]
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(file)).to_pylist()
    return found


def with_rows(file: bytes, format_: str, rows: list[dict[str, Any]]) -> bytes:
    """The file with other events and its old manifest."""
    if format_ == "jsonl":
        lines = [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]
        return "".join(f"{line}\n" for line in lines).encode() + file.splitlines(True)[-1]
    if format_ == "csv":
        records = list(csv.reader(io.StringIO(file.decode(), newline="")))
        text = io.StringIO(newline="")
        csv.writer(text).writerows([records[0], *(list(row.values()) for row in rows), records[-1]])
        return text.getvalue().encode()
    return table(rows, file)


@pytest.mark.parametrize("format_", ONE_BY_ONE)
def test_an_untouched_export_is_intact(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    found = verified(tmp_path, exports.made(database, tenant, format_))
    assert found.findings == []
    assert (found.first, found.position, found.events, found.withheld) == (1, 11, 11, 0)
    assert (found.seals, found.sealed_position) == (2, 11)
    assert found.tenant_id == tenant
    assert found.one_by_one


@pytest.mark.parametrize("format_", ONE_BY_ONE)
@pytest.mark.parametrize("position", [1, 5, 11])
def test_a_changed_event_is_named_with_its_position(
    database: Database, tenant: UUID, tmp_path: Path, format_: str, position: int
) -> None:
    file = exports.made(database, tenant, format_)
    changes: dict[str, Any] = {
        "actor": "user:forged",
        "type": "document.removed",
        "event_id": str(UUID(int=5)),
        "data": {"name": "Forged"} if format_ == "jsonl" else '{"name":"Forged"}',
        "digest": "0" * 64,
        "digest_before": "f" * 64,
    }
    for column, value in changes.items():
        rows = rows_of(file, format_)
        rows[position - 1][column] = value
        found = verified(tmp_path, with_rows(file, format_, rows))
        assert place(found) == ("changed", position), column


@pytest.mark.parametrize("format_", ONE_BY_ONE)
@pytest.mark.parametrize("position", [2, 6, 11])
def test_a_dropped_event_is_named_with_its_position(
    database: Database, tenant: UUID, tmp_path: Path, format_: str, position: int
) -> None:
    file = exports.made(database, tenant, format_)
    rows = rows_of(file, format_)
    del rows[position - 1]
    assert place(verified(tmp_path, with_rows(file, format_, rows))) == ("dropped", position)


@pytest.mark.parametrize("format_", ONE_BY_ONE)
def test_a_lost_beginning_is_noticed(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    file = exports.made(database, tenant, format_)
    found = verified(tmp_path, with_rows(file, format_, rows_of(file, format_)[3:]))
    assert not found.intact
    assert found.first == 4


@pytest.mark.parametrize("format_", ONE_BY_ONE)
def test_events_in_another_order_are_named(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    file = exports.made(database, tenant, format_)
    rows = rows_of(file, format_)
    rows[3], rows[7] = rows[7], rows[3]
    kind, position = place(verified(tmp_path, with_rows(file, format_, rows)))
    assert (kind, position) == ("dropped", 4)
    rows = rows_of(file, format_)
    rows[3], rows[7] = (
        {**rows[7], "position": rows[3]["position"]},
        {**rows[3], "position": rows[7]["position"]},
    )
    assert place(verified(tmp_path, with_rows(file, format_, rows))) == ("swapped", 4)


@pytest.mark.parametrize("format_", ONE_BY_ONE)
def test_an_event_that_was_put_in_is_named(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    file = exports.made(database, tenant, format_)
    rows = rows_of(file, format_)
    rows.insert(5, rows[4])
    assert place(verified(tmp_path, with_rows(file, format_, rows))) == ("inserted", 5)
    rows = rows_of(file, format_)
    forged = {"position": "12" if format_ == "csv" else 12, "event_id": str(UUID(int=7))}
    rows.append({**rows[10], **forged})
    assert place(verified(tmp_path, with_rows(file, format_, rows))) == ("changed", 12)


@pytest.mark.parametrize("format_", ONE_BY_ONE)
def test_a_log_that_was_rewritten_in_the_database_is_found_by_its_seal(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    with filled.tampering(database) as connection:
        connection.execute(
            "UPDATE log.events SET actor = 'user:forged' WHERE tenant_id = %s AND position = 9",
            [tenant],
        )
        filled.rechain(connection, tenant, 9, head=True)
    found = verified(tmp_path, exports.made(database, tenant, format_))
    assert place(found) == ("rewritten", 8)
    assert found.sealed_position == 7


@pytest.mark.parametrize("format_", [*ONE_BY_ONE, *WHOLE])
def test_a_log_whose_tail_was_cut_in_the_database_is_found_by_its_last_seal(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    with filled.tampering(database) as connection:
        connection.execute("DELETE FROM log.events WHERE tenant_id = %s AND position > 9", [tenant])
        filled.rechain(connection, tenant, 9, head=True)
    found = verified(tmp_path, exports.made(database, tenant, format_))
    assert place(found) == ("dropped", 10)


@pytest.mark.parametrize("format_", ["jsonl", "csv", *WHOLE])
def test_what_no_digest_covers_is_covered_by_the_manifest(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    file = exports.made(database, tenant, format_)
    if format_ == "jsonl":
        changed = file.replace(b'"version":1', b'"version": 1', 1)
    elif format_ == "csv":
        changed = file.replace(b"\r\nevent,", b'\r\n"event",', 1)
    else:
        changed = file.replace(b"user", b"usor", 1)
    assert changed != file
    assert place(verified(tmp_path, changed)) == ("file", None)


@pytest.mark.parametrize("format_", [*ONE_BY_ONE, *WHOLE])
def test_a_manifest_that_somebody_else_signed_is_refused(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    file = exports.made(database, tenant, format_)
    found = verified(tmp_path, file, KeyRing([OTHER.public]))
    kind, position = place(found)
    assert (kind, position) in {("seal", 7), ("file", None)}
    assert verified(tmp_path, file, None).intact


@pytest.mark.parametrize("format_", ["jsonl", "csv", *WHOLE])
def test_a_file_that_was_cut_off_says_so(
    database: Database, tenant: UUID, tmp_path: Path, format_: str
) -> None:
    file = exports.made(database, tenant, format_)
    lines = file.splitlines(keepends=True)
    for cut in (b"".join(lines[:-1]), file[:-10]):
        assert _kind(tmp_path, cut) == "file"


def test_a_forger_who_knows_the_format_but_not_the_key_is_found(
    database: Database, tenant: UUID, tmp_path: Path
) -> None:
    file = exports.made(database, tenant)
    *events, manifest = exports.objects(file)
    forged = b"".join(msgspec.json.encode(event) + b"\n" for event in events[:-1])
    manifest |= {
        "events": 10,
        "to": 10,
        "position": 10,
        "seals": 1,
        "head": 10,
        "digest": events[9]["digest"],
        "last_seal": None,
        "content_sha256": sha256(forged).hexdigest(),
    }
    found = verified(tmp_path, forged + msgspec.json.encode(manifest) + b"\n")
    assert place(found) == ("file", None)
    assert "not signed" in found.findings[0].detail


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_byte_is_changed_is_noticed(
    database: Database, tmp_path: Path, data: st.DataObject
) -> None:
    file = _file(database, data.draw(st.sampled_from(["jsonl", "csv", "cef", "ocsf"])))
    at = data.draw(st.integers(0, len(file) - 1))
    octet = data.draw(st.integers(0, 255).filter(lambda value: value != file[at]))
    changed = file[:at] + bytes([octet]) + file[at + 1 :]
    try:
        found = verified(tmp_path, changed)
    except Unfit:
        return
    assert not found.intact


def _kind(path: Path, file: bytes) -> str:
    """What is wrong with a file, at its beginning or behind it."""
    try:
        return place(verified(path, file))[0]
    except Unfit as unfit:
        return unfit.finding.kind


_FILES: dict[tuple[str, str], bytes] = {}


def _file(database: Database, format_: str) -> bytes:
    key = (database.app_url, format_)
    if key not in _FILES:
        tenant = filled.filled(database)
        filled.seal(database)
        _FILES[key] = exports.made(database, tenant, format_)
    return _FILES[key]


def test_withheld_events_are_passed_over_and_counted(database: Database, tmp_path: Path) -> None:
    tenant = logs.tenant()
    filled.fill(database, tenant, [logs.command() for _ in range(3)])
    with filled.tampering(database) as connection:
        connection.execute(
            "UPDATE log.events SET type = 'login.registered', "
            """data = '{"email":"ada@example.org","role":"owner"}'"""
            " WHERE tenant_id = %s AND position = 2",
            [tenant],
        )
        filled.rechain(connection, tenant, 2, head=True)
    check: Callable[[bytes], VerifiedExport] = lambda file: verified(tmp_path, file)  # noqa: E731 - short
    for format_ in ONE_BY_ONE:
        file = exports.made(database, tenant, format_)
        assert b"ada@example.org" not in file
        found = check(file)
        assert (found.findings, found.withheld, found.position) == ([], 1, 3)
        rows = rows_of(file, format_)
        rows[1]["digest"] = "0" * 64
        assert place(check(with_rows(file, format_, rows))) == ("changed", 3)
        clear = exports.made(database, tenant, format_, personal=True)
        found = check(clear)
        assert (found.findings, found.withheld) == ([], 0)
        assert "ada@example.org" in str(rows_of(clear, format_)[1]["personal"])


def test_octets_survive_every_format(database: Database, tmp_path: Path) -> None:
    tenant = logs.tenant()
    odd = [b"", b"\xff\x00", b'{"a":\n1}', b"'=1+1", b"=1+1", b"\r\n", b'"', b"a\0b", b"[1]"]
    filled.fill(database, tenant, [logs.command() for _ in odd])
    with filled.tampering(database) as connection:
        for position, data in enumerate(odd, start=1):
            connection.execute(
                "UPDATE log.events SET data = %s WHERE tenant_id = %s AND position = %s",
                [data, tenant, position],
            )
        filled.rechain(connection, tenant, 1, head=True)
    for format_ in ONE_BY_ONE:
        found = verified(tmp_path, exports.made(database, tenant, format_))
        assert (found.findings, found.events) == ([], len(odd)), format_
    rows = rows_of(exports.made(database, tenant, "csv"), "csv")
    assert rows[3]["data"] == "''=1+1"
    assert rows[4]["data"] == "'=1+1"
    assert base64.b64decode(rows[1]["data_octets"].removeprefix("'")) == b"\xff\x00"
