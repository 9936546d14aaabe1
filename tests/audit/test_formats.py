"""What is exported is read back by programs that know nothing of Muniment."""

import csv
import io
import json
import subprocess
import sys
from typing import Any
from uuid import UUID

import pyarrow
import pyarrow.parquet
import pytest

from domain import catalogue
from infrastructure.audit import formats, ocsf_classes
from infrastructure.audit.csv_records import safe, unsafe
from tests.audit import cef_reader, exports, ocsf_schema
from tests.event_log import filled, logs
from tests.servers import Database

HOSTILE = [
    '=HYPERLINK("http://evil.example")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\tcmd|' /C calc'!A0",
    "\r=1",
    "＝1＋1",  # noqa: RUF001 - the wide forms are meant
    "'already quoted",
    "a|b|c",
    "a=b c=d",
    "line\nbreak\r\nand another",
    "back\\slash \\n \\= \\|",
    'quote " and , comma',
    "\u2028\u2029\u0085\ufeff",
    "🗎 Ýmir العربية",
    "\\",
    "CEF:0|a|b|c|d|e|1|cn1=99",
    "",
]


@pytest.fixture
def tenant(database: Database) -> UUID:
    """A log whose types and actors are hostile texts, and one event of each type there is."""
    made = logs.tenant()
    types = [*(event_type.TYPE for event_type in catalogue.EVENT_TYPES), "something.newer", "odd"]
    filled.fill(database, made, [logs.command() for _ in range(len(HOSTILE) + len(types))])
    with filled.tampering(database) as connection:
        for position, text in enumerate(HOSTILE, start=1):
            data = json.dumps({"name": text}, ensure_ascii=False)
            connection.execute(
                "UPDATE log.events SET type = %s, actor = %s, data = convert_to(%s, 'UTF8')"
                " WHERE tenant_id = %s AND position = %s",
                [
                    f"x.{text}"[: 2 + len(text)] if position % 2 else text,
                    text,
                    data,
                    made,
                    position,
                ],
            )
        for position, type_ in enumerate(types, start=len(HOSTILE) + 1):
            actor = ["worker", "anonymous", f"user:{UUID(int=position)}"][position % 3]
            connection.execute(
                "UPDATE log.events SET type = %s, actor = %s"
                " WHERE tenant_id = %s AND position = %s",
                [type_, actor, made, position],
            )
        filled.rechain(connection, made, 1, head=True)
    filled.seal(database)
    return made


def expected(database: Database, tenant: UUID) -> list[tuple[Any, ...]]:
    with exports.superuser(database.admin_url) as connection:
        return connection.execute(
            "SELECT position, event_id::text, type, stream_id::text, version, actor, recorded_at,"
            " correlation_id::text, encode(digest, 'hex'), convert_from(data, 'UTF8')"
            " FROM log.events WHERE tenant_id = %s ORDER BY position",
            [tenant],
        ).fetchall()


def test_json_lines_are_read_back(database: Database, tenant: UUID) -> None:
    file = exports.made(database, tenant, personal=True).decode()
    rows = expected(database, tenant)
    *lines, manifest, end = file.split("\n")
    assert (len(lines), end) == (len(rows), "")
    assert json.loads(manifest)["line"] == "manifest"
    for row, line in zip(rows, lines, strict=True):
        found = json.loads(line)
        # fmt: off
        assert row == (
            found["position"], found["event_id"], found["type"], found["stream_id"],
            found["version"], found["actor"], row[6], found["correlation_id"], found["digest"],
            json.dumps(found["data"], ensure_ascii=False, separators=(", ", ": "))
            if row[0] <= len(HOSTILE) else row[9],
        )
        # fmt: on
        assert found["recorded_at"] == f"{row[6]:%Y-%m-%dT%H:%M:%S.%f}Z"


def test_csv_is_read_back_and_holds_no_formula(database: Database, tenant: UUID) -> None:
    file = exports.made(database, tenant, "csv", personal=True).decode()
    records = list(csv.DictReader(io.StringIO(file, newline=""), strict=True))
    events = [record for record in records if record["line"] == "event"]
    rows = expected(database, tenant)
    for row, found in zip(rows, events, strict=True):
        assert not [cell for cell in found.values() if cell[:1] in set("=+-@\t\r\n＝＋－＠")]  # noqa: RUF001 - the wide forms are meant
        assert (int(found["position"]), found["event_id"]) == row[:2]
        assert (unsafe(found["type"]), unsafe(found["actor"])) == (row[2], row[5])
        assert unsafe(found["data"]) == row[9]
        assert (found["digest"], found["correlation_id"]) == (row[8], row[7])
    assert [record["line"] for record in records[len(events) :]] == ["manifest"]
    assert json.loads(records[-1]["data"])["events"] == len(rows)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_neutralised_cell_gives_its_text_back(text: str) -> None:
    assert unsafe(safe(text)) == text


def test_parquet_is_read_back(database: Database, tenant: UUID) -> None:
    file = exports.made(database, tenant, "parquet", personal=True)
    table = pyarrow.parquet.read_table(io.BytesIO(file))
    rows = expected(database, tenant)
    names = ["position", "event_id", "type", "stream_id", "version", "actor", "recorded_at"]
    names += ["correlation_id", "digest", "data"]
    found = table.select(names).to_pylist()
    assert [tuple(each.values()) for each in found] == rows
    assert set(table.column("tenant_id").to_pylist()) == {str(tenant)}
    footer = pyarrow.parquet.ParquetFile(io.BytesIO(file)).metadata.metadata
    assert json.loads(footer[b"muniment.manifest"])["format"] == "parquet"


def test_cef_is_read_back(database: Database, tenant: UUID) -> None:
    file = exports.made(database, tenant, "cef").decode()
    *lines, manifest, end = file.split("\n")
    rows = expected(database, tenant)
    assert (len(lines), end) == (len(rows), "")
    for row, line in zip(rows, lines, strict=True):
        found = cef_reader.read(line)
        told = found.extension
        assert (found.vendor, found.product) == ("Muniment", "Muniment")
        assert found.event_class == row[2].replace("\n", " ").replace("\r", " ")
        assert (told["cn1"], told["cn2"]) == (str(row[0]), str(row[4]))
        assert (told["externalId"], told["cs1"], told["cs2"]) == (row[1], row[3], row[7])
        assert (told["suser"], told["cs5"]) == (row[5], row[8])
        assert int(told["rt"]) == int(row[6].timestamp() * 1000)
        assert told["deviceExternalId"] == str(tenant)
    told = cef_reader.read(manifest).extension
    assert json.loads(told["cs6"])["events"] == len(rows)


def test_ocsf_events_are_as_the_published_schema_says(database: Database, tenant: UUID) -> None:
    *events, manifest = exports.objects(exports.made(database, tenant, "ocsf"))
    rows = expected(database, tenant)
    for row, found in zip(rows, events, strict=True):
        assert ocsf_schema.faults(found) == []
        told = found["metadata"]
        assert (told["sequence"], told["uid"], told["correlation_uid"]) == (row[0], row[1], row[7])
        assert (told["event_code"], told["tenant_uid"]) == (row[2], str(tenant))
        assert found["time"] == int(row[6].timestamp() * 1000)
        unmapped = found["unmapped"]
        assert (unmapped["position"], unmapped["version"]) == (row[0], row[4])
        assert (unmapped["stream_id"], unmapped["actor"]) == (row[3], row[5])
        assert unmapped["digest"] == row[8]
    assert ocsf_schema.faults(manifest) == []
    assert manifest["unmapped"]["manifest"]["events"] == len(rows)


@pytest.mark.parametrize(
    ("type_", "class_uid", "activity"),
    [
        ("session.started", 3002, "Logon"),
        ("session.ended", 3002, "Logoff"),
        ("session.refreshed", 3002, "refreshed"),
        ("login.registered", 3001, "Create"),
        ("document.added", 3004, "Create"),
        ("document.removed", 3004, "Delete"),
        ("watchlist.renamed", 3004, "Update"),
        ("audit.export_started", 3004, "Read"),
        ("something.newer", 3004, "newer"),
        ("odd", 3004, "odd"),
    ],
)
def test_an_event_type_has_its_class_and_activity(
    type_: str, class_uid: int, activity: str
) -> None:
    kind = ocsf_classes.kind_of(type_)
    assert (kind.class_uid, kind.activity_name) == (class_uid, activity)


@pytest.mark.parametrize("format_", ["cef", "ocsf"])
def test_what_an_event_holds_is_not_in_the_formats_for_machines_that_alert(
    database: Database, tenant: UUID, format_: str
) -> None:
    assert b"hyperlink" not in exports.made(database, tenant, format_, after=1).lower()
    assert b'"name":"Contracts"' not in exports.made(database, tenant, format_)


def test_without_pyarrow_parquet_is_refused_with_what_to_do() -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from infrastructure.audit import formats, parquet\n"
        "formats.check('jsonl')\n"
        "try: formats.check('parquet')\n"
        "except parquet.FormatUnavailable as told: print(told)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "install Muniment with the extra `parquet`" in done.stdout


def test_every_format_has_a_writer() -> None:
    for name in formats.KINDS:
        assert formats.writer(name, UUID(int=1)).begin() is not None
