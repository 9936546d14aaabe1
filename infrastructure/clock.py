"""The real time and real ids."""

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat


class SystemClock:
    """Implements `Clock`."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class TimeOrderedIds:
    """Implements `Ids` with UUID version 7 (RFC 9562): near in time is near in an index."""

    def new(self) -> UUID:
        """An id nobody has had before; later ones sort later."""
        return uuid_utils.compat.uuid7()
