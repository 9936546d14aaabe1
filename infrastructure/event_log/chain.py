"""The chain of a tenant's log: follow its events, and name the first one that does not belong.

Contiguous positions, versions without gaps in every stream, and a digest that builds on the one
before. Needs no database and nothing of this project but its two neighbours: `canonical`, the
bytes that are digested, and `chain_diagnosis`, which tells what was done to them.
"""

import struct
from collections.abc import Iterable, Iterator

from infrastructure.event_log import canonical, chain_diagnosis
from infrastructure.event_log.canonical import Link, Row
from infrastructure.event_log.chain_diagnosis import Break, Fault


class Broken(Exception):  # noqa: N818 - named for what is the matter
    """The chain does not hold."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"position {fault.position} {fault.kind}: {fault.detail}")
        self.fault = fault


class Chain:
    """Follows one log from its beginning, or from a link that is known to be good."""

    def __init__(
        self,
        tenant_id: bytes,
        *,
        after: Link | None = None,
        head: Link | None = None,
        versions: bool = True,
    ) -> None:
        """Of one tenant, by the 16 bytes of its id.

        Args:
            after: the link to go on from; the beginning if not given.
            head: where the log says that it ends.
            versions: whether to keep the version that each stream has reached, which takes some
                200 bytes a stream.
        """
        self._tenant_id = tenant_id
        self._head = head
        self._versions = versions
        self.streams: dict[bytes, int] = {}
        """The version that each stream has reached, if that is kept."""
        self._before_last: Link | None = None
        self.last = after or canonical.first_link(tenant_id)
        """The last link that is proven, up to date whenever `follow` has come to an end."""

    def follow(self, events: Iterable[Row]) -> Iterator[Row]:
        """Each event once it is proven.

        Raises:
            Broken: at the first event that does not belong where it stands, and behind the last
                if that is not at the head.
        """
        rows = iter(events)
        tenant_id, (position, digest) = self._tenant_id, self.last
        complete = position == 0
        versions = self.streams
        older = b""
        for event in rows:
            stream, version = event[1], event[2]
            try:
                made = canonical.digest(tenant_id, digest, event)
                if made != event[13]:
                    made = canonical.digest_joined(tenant_id, digest, event)
            except (struct.error, TypeError):
                made = b""
            if event[0] != position + 1 or made != event[13]:
                before_last = Link(position - 1, older) if older else None
                self.last = Link(position, digest)
                found = Break(tenant_id, before_last, self.last, event, self._head)
                raise Broken(chain_diagnosis.diagnose(found, rows))
            position, older, digest = position + 1, digest, made
            if self._versions:
                expected = versions.get(stream, 0 if complete else version - 1) + 1
                if version != expected:
                    told = f"its stream goes on with version {expected}, not {version}"
                    raise Broken(Fault(position, "version", told))
                versions[stream] = version
            yield event
        self.last = Link(position, digest)
        self._meet_head()

    def _meet_head(self) -> None:
        last, head = self.last, self._head
        if head is None or head == last:
            return
        if last.position < head.position:
            told = f"the log ends at {last.position}, its head is at {head.position}"
            raise Broken(Fault(last.position + 1, "dropped", told))
        if last.position > head.position:
            told = f"the log ends at {last.position}, its head is at {head.position}"
            raise Broken(Fault(head.position + 1, "inserted", told))
        raise Broken(Fault(last.position, "changed", "the head holds another digest"))


def verify(chain: Chain, events: Iterable[Row]) -> Fault | None:
    """What is wrong with the events, first of all; None if nothing is."""
    try:
        for _ in chain.follow(events):
            pass
    except Broken as broken:
        return broken.fault
    return None
