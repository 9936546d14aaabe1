"""Times as the log digests them: microseconds since 2000-01-01 00:00 UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Of a time in any zone."""
    return (moment - EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """In UTC."""
    return EPOCH + timedelta(microseconds=count)
