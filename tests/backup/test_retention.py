"""Sets expire by their age; what is needed stays, and one full set in any case."""

from datetime import UTC, datetime, timedelta

from infrastructure.backup import retention
from infrastructure.backup.manifest import File, Manifest, Parent

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NO_FILE = File(name="none", sha256=bytes(32), size=0)


def made(days_ago: float, parent: str | None = None) -> Manifest:
    """A set, named for its age."""
    at = NOW - timedelta(days=days_ago)
    return Manifest(
        format=1,
        set_id=str(days_ago),
        parent=Parent(set_id=parent, sha256=bytes(32)) if parent else None,
        made_at=at,
        ended_at=at,
        version="1",
        migrations=[],
        logs=[],
        seal_keys=[],
        outside=NO_FILE,
        blobs=NO_FILE,
        models=NO_FILE,
        settings={},
        secrets={},
    )


def expired(*sets: Manifest) -> list[str]:
    return [each.set_id for each in retention.expired(sets, NOW, keep_days=30)]


def test_a_set_of_day_thirty_one_expires_and_the_full_one_stays() -> None:
    assert expired(made(31), made(24), made(23, "24")) == ["31"]


def test_the_newest_full_set_stays_however_old_it_is() -> None:
    assert expired(made(400), made(300), made(299, "300")) == ["299", "400"]


def test_what_a_young_set_builds_on_stays() -> None:
    old, middle, young = made(33), made(32, "33"), made(29, "32")
    assert expired(old, middle, young, made(31.5, "32"), made(1)) == ["31.5"]


def test_those_that_build_on_others_go_first() -> None:
    assert expired(made(40), made(39, "40"), made(38, "39"), made(2)) == ["38", "39", "40"]


def test_nothing_that_is_young_expires() -> None:
    assert expired(made(29.9), made(3), made(2, "3")) == []
    assert expired() == []
