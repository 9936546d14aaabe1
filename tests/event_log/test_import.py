"""A file that is not what it says, or does not belong here, leaves nothing."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infrastructure.event_log import log_file_verify
from infrastructure.event_log.importer import Importer, Plan
from infrastructure.event_log.incoming import NotImported
from infrastructure.event_log.log_file_lines import Unfit
from infrastructure.event_log.seals import KeyRing
from tests.event_log import filled, logs, tamper, transfers
from tests.servers import Database


def drop(position: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda found: [*found[:position], *found[position + 1 :]]


def swap(one: int, other: int) -> Callable[[list[bytes]], list[bytes]]:
    def swapped(found: list[bytes]) -> list[bytes]:
        found[one], found[other] = found[other], found[one]
        return found

    return swapped


def replace(line: int, old: bytes, new: bytes) -> Callable[[list[bytes]], list[bytes]]:
    def replaced(found: list[bytes]) -> list[bytes]:
        assert old in found[line]
        found[line] = found[line].replace(old, new)
        return found

    return replaced


# The lines of the file: 0 the header, 1 to 7 the events, 8 the claim, 9 the manifest.
TAMPERED = {
    "a changed event": (replace(3, b"Contracts", b"Contrapts"), "position 3: changed"),
    "a dropped event": (drop(4), "position 4: dropped"),
    "swapped events": (swap(2, 5), "position 2: dropped"),
    "a doubled event": (lambda found: [*found[:4], *found[3:]], "position 3: inserted"),
    "another command": (replace(3, b'"first_position":2', b'"first_position":1'), "3: command"),
    "a cut tail": (lambda found: found[:6], "file: line 7: the file ends before its manifest"),
    "a cut line": (lambda found: [*found[:-1], found[-1][:-20]], "file: line 10: the line is cut"),
    "no claim": (drop(8), "the manifest is that of another log"),
    "another end": (replace(9, b'"position":7', b'"position":6'), "is that of another log"),
    "another claim": (replace(8, b'"scope":"t', b'"scope":"x'), "for another content"),
    "an alien claim": (replace(8, b'"stream_id":"', b'"stream_id":"00000000-'), "can't be underst"),
    "something behind": (lambda found: [*found, found[-1]], "nothing may follow the manifest"),
    "something unknown": (replace(0, b'"format"', b'"fromat"'), "line 1: the line can't be under"),
    "no header": (drop(0), "line 1: this is no exported log"),
    "a later format": (replace(0, b'"format":1', b'"format":2'), "of a known format"),
    "an unsigned manifest": (replace(9, b'"signature":"', b'"signature":"AAAA'), "is not signed"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_file_is_refused_and_leaves_nothing(
    database: Database, elsewhere: Database, tmp_path: Path, name: str
) -> None:
    change, told = TAMPERED[name]
    tenant = filled.filled(database, "acme")
    path = transfers.exported(database, tenant, tmp_path / "log")
    before = transfers.kept(elsewhere)
    with pytest.raises(Unfit) as unfit:
        transfers.imported(
            elsewhere, transfers.write(tmp_path / "tampered", change(transfers.lines(path)))
        )
    assert told in str(unfit.value)
    assert transfers.kept(elsewhere) == before


def test_a_file_that_nobody_trusted_has_signed_is_refused(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database)
    path = transfers.exported(database, tenant, tmp_path / "log", key=transfers.OTHER)
    with pytest.raises(Unfit, match=f"key {transfers.OTHER.key_id} is not a known one"):
        transfers.imported(elsewhere, path)
    assert not transfers.kept(elsewhere)["heads"]
    assert transfers.imported(elsewhere, path, KeyRing([transfers.OTHER.public])).events == 7
    assert log_file_verify.verify(path, None).intact  # by the keys that it names itself
    assert not log_file_verify.verify(path, transfers.TRUSTED).intact


def test_a_seal_of_an_untrusted_key_is_refused(database: Database, tmp_path: Path) -> None:
    tenant = filled.filled(database)
    filled.seal(database, transfers.OTHER)
    path = transfers.exported(database, tenant, tmp_path / "log")
    assert log_file_verify.verify(path, None).intact
    found = log_file_verify.verify(path, transfers.TRUSTED)
    assert filled.places(found) == [("seal", 7)]


def test_a_stream_goes_on_with_its_next_version(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database)
    transfers.imported(elsewhere, transfers.exported(database, tenant, tmp_path / "1"))
    filled.more(database, tenant, 1)
    with filled.tampering(database) as connection:
        tamper.change("version", 8)(connection, tenant)
        filled.rechain(connection, tenant, 8, head=True)
    before = transfers.kept(elsewhere)
    with pytest.raises(NotImported, match="the stream of 8 doesn't go on where it ends"):
        transfers.imported(elsewhere, transfers.exported(database, tenant, tmp_path / "2", after=7))
    assert transfers.kept(elsewhere) == before


def test_a_log_that_is_another_one_here_is_not_overwritten(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database)
    filled.fill(elsewhere, tenant, [logs.command()])
    before = transfers.kept(elsewhere)
    path = transfers.exported(database, tenant, tmp_path / "log")
    with pytest.raises(NotImported, match="the log here is another one at 1"):
        transfers.imported(elsewhere, path)
    filled.more(elsewhere, tenant, 20)
    with pytest.raises(NotImported, match="the log here is another one at 7"):
        transfers.imported(elsewhere, path)
    assert transfers.kept(elsewhere)["events"][:1] == before["events"]


def test_a_log_that_grows_while_a_person_decides_is_left_alone(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database)
    path = transfers.exported(database, tenant, tmp_path / "log")
    with pytest.raises(NotImported, match="has grown since"):
        transfers.imported(elsewhere, path, meanwhile=lambda _: filled.more(elsewhere, tenant, 1))
    assert len(transfers.kept(elsewhere)["events"]) == 1


def test_a_file_that_is_exchanged_while_a_person_decides_is_refused(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database)
    path = transfers.exported(database, tenant, tmp_path / "log")

    def exchange(_: Plan) -> None:
        filled.more(database, tenant, 1)
        transfers.exported(database, tenant, path)

    with pytest.raises(NotImported, match="the file has changed"):
        transfers.imported(elsewhere, path, meanwhile=exchange)
    assert transfers.kept(elsewhere)["heads"] == []


def test_a_claim_of_another_tenant_is_not_taken_away(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    tenant = filled.filled(database, "acme")
    filled.filled(elsewhere, "acme")
    before = transfers.kept(elsewhere)
    with pytest.raises(NotImported, match="another tenant here holds a claim"):
        transfers.imported(elsewhere, transfers.exported(database, tenant, tmp_path / "log"))
    assert transfers.kept(elsewhere) == before


def test_the_application_may_not_import(
    database: Database, elsewhere: Database, tmp_path: Path
) -> None:
    path = transfers.exported(database, filled.filled(database), tmp_path / "log")
    with psycopg.connect(elsewhere.app_url, autocommit=True) as connection:
        importer = Importer(connection, transfers.TRUSTED)
        plan = importer.examine(path, lambda _: None)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            importer.write(plan, lambda _: None)
