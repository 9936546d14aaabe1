"""A download that is cut at any byte goes on behind its last whole event, as if it never was."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.audit import pages, verify
from infrastructure.event_log.seals import KeyRing
from tests.audit import exports
from tests.event_log import filled
from tests.servers import Database

TRUSTED = KeyRing([filled.KEY.public])
ENDS = {"jsonl": b"\n", "csv": b"\r\n"}


@pytest.fixture
def tenant(database: Database, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Thirteen events with seals at 7 and 13, exported in pages of four."""
    monkeypatch.setattr(pages, "PAGE_EVENTS", 4)
    made = filled.filled(database)
    filled.seal(database)
    filled.more(database, made, 6)
    filled.seal(database)
    return made


def events_of(file: bytes, format_: str) -> list[bytes]:
    """The records of events, without headings and manifests."""
    begin = b'{"line":"event"' if format_ == "jsonl" else b"event,"
    return [line for line in file.splitlines(keepends=True) if line.startswith(begin)]


def position_of(record: bytes, format_: str) -> int:
    if format_ == "jsonl":
        found = exports.objects(record)[0]["position"]
        assert isinstance(found, int)
        return found
    return int(record.split(b",")[2])


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_the_parts_of_a_cut_download_are_the_whole(
    database: Database,
    tenant: UUID,
    tmp_path_factory: pytest.TempPathFactory,
    format_: str,
    data: st.DataObject,
) -> None:
    whole = exports.made(database, tenant, format_)
    kept, after, tries = b"", 0, 0
    while tries < 4:
        part = exports.made(database, tenant, format_, after=after)
        cut = data.draw(st.integers(0, len(part))) if tries < 3 else len(part)
        got = part[:cut]
        got = got[: got.rfind(ENDS[format_]) + len(ENDS[format_])] if ENDS[format_] in got else b""
        kept += got
        if cut == len(part):
            break
        records = events_of(kept, format_)
        after = position_of(records[-1], format_) if records else 0
        tries += 1
        if got.endswith(part[-200:]):
            break
    assert events_of(kept, format_) == events_of(whole, format_)
    path = tmp_path_factory.mktemp("kept") / "log"
    path.write_bytes(kept)
    found = verify.verify(path, TRUSTED)
    assert (found.findings, found.events, found.position, found.seals) == ([], 13, 13, 2)


@pytest.mark.parametrize("format_", ["cef", "ocsf"])
@pytest.mark.parametrize("after", range(14))
def test_other_lines_continue_each_other_too(
    database: Database, tenant: UUID, format_: str, after: int
) -> None:
    def lines(**more: int) -> list[bytes]:
        return exports.made(database, tenant, format_, **more).splitlines()[:-1]

    assert lines(until=after) + lines(after=after) == lines()


def test_pages_of_any_size_make_the_same_file(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = set()
    for events, octets in ((1, 1), (2, 10**6), (1000, 1), (1000, 200), (1000, 10**6)):
        monkeypatch.setattr(pages, "PAGE_EVENTS", events)
        monkeypatch.setattr(pages, "PAGE_OCTETS", octets)
        *lines, _ = exports.made(database, tenant).splitlines()
        files.add(b"\n".join(lines))
    assert len(files) == 1
