"""GET /audit/verify proves a stretch of the log where it lies, and names what is wrong with it."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from infrastructure.audit import log_check
from infrastructure.audit.log_check import Checked, LinkChanged, LogCheck
from infrastructure.audit.pages import LogPages
from tests.audit import exports, long_logs
from tests.event_log import filled, tamper
from tests.http.problems import name, refused
from tests.servers import Database
from tests.stack import Stack
from tests.vaults import VAULT

URL = "/api/v1/audit/verify"


def checked(database: Database, tenant: UUID, **more: Any) -> Checked:
    asked = {"after": 0, "digest": None, "until": 2**62, **more}
    with exports.batch(database) as found:
        return LogCheck(found, LogPages(found, tenant, VAULT), tenant).run(**asked)


def test_a_log_in_order_is_intact_and_sealed(database: Database) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    filled.more(database, tenant, 3)
    found = checked(database, tenant)
    assert (found.intact, found.complete, found.findings) == (True, True, [])
    assert (found.events, found.position, found.head) == (10, 10, 10)
    assert (found.seals, found.sealed_position) == (1, 7)
    assert found.digest == filled.link(database, tenant).digest.hex()


@pytest.mark.parametrize(
    ("what", "kind", "position"),
    [
        (tamper.change("actor", 4), "changed", 4),
        (tamper.change("data", 1), "changed", 1),
        (tamper.drop(5, close_up=False), "dropped", 5),
        (tamper.drop(7, close_up=False), "dropped", 7),
        (tamper.swap(2, 6), "swapped", 2),
        (tamper.rewrite(3), "rewritten", 1),
        (tamper.truncate(6), "dropped", 6),
    ],
)
def test_what_is_wrong_is_named(
    database: Database, what: tamper.Tamper, kind: str, position: int
) -> None:
    tenant = filled.filled(database)
    filled.seal(database)
    with filled.tampering(database) as connection:
        what(connection, tenant)
    found = checked(database, tenant)
    assert [(each.kind, each.position) for each in found.findings] == [(kind, position)]
    assert not found.intact
    assert not found.complete


def test_a_long_log_is_proven_stretch_by_stretch(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = filled.filled(database)
    filled.more(database, tenant, 5)
    monkeypatch.setattr(log_check, "EVENTS_MAX", 5)
    monkeypatch.setattr(log_check, "PAGE_EVENTS", 2)
    first = checked(database, tenant)
    assert (first.intact, first.complete, first.position) == (True, False, 5)
    second = checked(database, tenant, after=5, digest=bytes.fromhex(first.digest))
    third = checked(database, tenant, after=10, digest=bytes.fromhex(second.digest))
    assert (second.complete, third.complete, third.position) == (False, True, 12)


def test_a_log_that_was_rewritten_behind_a_link_is_told_by_the_link(database: Database) -> None:
    tenant = filled.filled(database)
    known = checked(database, tenant, until=5)
    with filled.tampering(database) as connection:
        tamper.rewrite(2)(connection, tenant)
    assert checked(database, tenant).intact
    with pytest.raises(LinkChanged):
        checked(database, tenant, after=5, digest=bytes.fromhex(known.digest))


def test_the_time_it_takes_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = filled.filled(database)
    monkeypatch.setattr(log_check, "SECONDS_MAX", 0.0)
    found = checked(database, tenant)
    assert (found.intact, found.complete, found.position) == (True, False, 0)


def test_over_http_it_shows_nothing_and_records_nothing(web_alone: Stack) -> None:
    tenant = long_logs.filled(web_alone.database.admin_url, 1500)
    account = long_logs.owner_of(web_alone, tenant)

    def ask(**query: Any) -> httpx2.Response:
        return web_alone.client.get(URL, headers=account.headers, params=query)

    found = ask().json()
    assert (found["intact"], found["complete"], found["position"]) == (True, True, 1500)
    assert found["seals"] == 2
    assert ask(after=1000, digest="0" * 64).json()["type"].endswith("link-changed")
    assert name(refused(ask(after=2000), 409)) == "link-changed"
    refused(ask(digest="xyz"), 422)
    assert ask(after=1500).json()["head"] == 1500
