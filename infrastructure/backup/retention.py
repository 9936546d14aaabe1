"""Which sets are kept: a rule over their times and what they build on, and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from infrastructure.backup.manifest import Manifest


def expired(sets: Sequence[Manifest], now: datetime, *, keep_days: int) -> list[Manifest]:
    """Those to let go of, newest first, so that none ever lacks what it builds on.

    Kept is what is younger, the newest full set whatever its age, and all that a kept one needs.
    """
    by_id: Mapping[str, Manifest] = {each.set_id: each for each in sets}
    young = [each for each in sets if now - each.made_at < timedelta(days=keep_days)]
    full = [each for each in sets if each.full]
    newest = max(full, key=lambda each: each.made_at, default=None)
    needed: set[str] = set()
    for each in [*young, *([newest] if newest else [])]:
        link: Manifest | None = each
        while link is not None and link.set_id not in needed:
            needed.add(link.set_id)
            link = by_id.get(link.parent.set_id) if link.parent else None
    gone = [each for each in sets if each.set_id not in needed]
    return sorted(gone, key=lambda each: each.made_at, reverse=True)
