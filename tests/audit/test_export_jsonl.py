"""An export as JSON Lines holds what the log holds, byte for byte where digests are concerned."""

import base64
import json
from hashlib import sha256

import msgspec
import psycopg

from infrastructure.audit.manifest import Manifest, StatedSeal, decoder
from infrastructure.event_log import canonical
from infrastructure.event_log.seals import KeyRing
from tests.audit import exports
from tests.event_log import filled, logs
from tests.servers import Database

TRUSTED = KeyRing([filled.KEY.public])


def manifest(file: bytes) -> Manifest:
    return decoder.decode(file.splitlines()[-1])


def test_every_event_stands_on_a_line_with_what_the_log_knows(database: Database) -> None:
    tenant = filled.filled(database)
    *lines, _ = exports.made(database, tenant).decode().splitlines()
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT * FROM log.readable_events WHERE tenant_id = %s ORDER BY position", [tenant]
        ).fetchall()
    assert len(lines) == len(rows) == 7
    for line, row in zip(lines, rows, strict=True):
        found = json.loads(line)
        assert found["line"] == "event"
        # fmt: off
        ids = [found[name] for name in (
            "tenant_id", "stream_id", "event_id", "command_id", "correlation_id", "causation_id")]
        assert ids == [each and str(each) for each in (row[0], row[2], *row[8:12])]
        # fmt: on
        assert (found["position"], found["version"]) == (row[1], row[3])
        assert (found["type"], found["schema"], found["actor"]) == (row[4], row[5], row[12])
        assert found["recorded_at"] == row[13].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert found["data"] == json.loads(row[6])
        assert f'"data":{row[6]}' in line
        assert found["digest"] == row[14].hex()


def test_each_line_proves_itself(database: Database) -> None:
    tenant = filled.filled(database)
    *lines, _ = exports.made(database, tenant).splitlines()
    before = canonical.first_link(tenant.bytes).digest
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(filled.RAW.encode(), [tenant]).fetchall()
    for line, row in zip(lines, rows, strict=True):
        found = json.loads(line)
        assert found["digest_before"] == before.hex()
        before = canonical.digest(tenant.bytes, before, row)
        assert found["digest"] == before.hex()


def test_the_manifest_says_what_the_file_holds(database: Database) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    filled.more(database, tenant, 3)
    file = exports.made(database, tenant, after=2, until=9)
    found, link = manifest(file), filled.link(database, tenant)
    assert (found.after, found.to, found.position, found.head) == (2, 9, 9, 10)
    assert (found.events, found.seals, found.withheld) == (7, 1, 0)
    assert found.tenant_id == tenant
    lines = exports.objects(file)
    assert found.digest_before == lines[0]["digest_before"]
    assert found.digest == lines[6]["digest"] != link.digest.hex()
    content = b"".join(file.splitlines(keepends=True)[:-1])
    assert found.content_sha256 == sha256(content).hexdigest()
    assert found.last_seal is not None
    assert TRUSTED.fault(tenant.bytes, found.last_seal.seal) is None
    assert (found.last_seal.position, found.last_seal.digest) == (7, lines[4]["digest"])
    assert [key["kid"] for key in found.seal_keys["keys"]] == [filled.KEY.key_id]
    assert found.is_signed(TRUSTED)


def test_a_seal_stands_with_its_event(database: Database) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    *events, _ = exports.objects(exports.made(database, tenant))
    assert [event["position"] for event in events if "seal" in event] == [7]
    seal = msgspec.convert(events[-1]["seal"], StatedSeal).seal
    assert (seal.position, seal.digest) == (7, bytes.fromhex(events[-1]["digest"]))
    assert TRUSTED.fault(tenant.bytes, seal) is None


def test_an_empty_range_is_a_manifest_alone(database: Database) -> None:
    tenant = filled.filled(database)
    file = exports.made(database, tenant, after=7)
    found = manifest(file)
    assert file.count(b"\n") == 1
    assert (found.after, found.position, found.events) == (7, 7, 0)
    assert found.digest_before == found.digest == filled.link(database, tenant).digest.hex()


def test_bytes_that_are_no_json_stand_in_base64(database: Database) -> None:
    tenant = logs.tenant()
    filled.fill(database, tenant, [logs.command() for _ in range(5)])
    odd = [b"\xff\x00", b'{"a":\n1}', b"[1]", b'{"a":}', b"{" * 2000 + b"}" * 2000]
    with filled.tampering(database) as connection:
        for position, data in enumerate(odd, start=1):
            connection.execute(
                "UPDATE log.events SET data = %s WHERE tenant_id = %s AND position = %s",
                [data, tenant, position],
            )
    *events, _ = exports.objects(exports.made(database, tenant))
    assert [base64.b64decode(event["data_octets"]) for event in events] == odd
    assert not any("data" in event for event in events)
