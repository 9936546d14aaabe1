"""What the log promises, as simple as it can be said: lists and dictionaries in memory."""

from collections.abc import Iterator, Sequence
from copy import copy
from itertools import combinations
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from application.recorded import (
    Append,
    Claim,
    Claimed,
    CommandReused,
    Recorded,
    VersionConflict,
)
from domain.ids import StreamId, TenantId

Told = tuple[Any, ...]
"""What a caller was told: `recorded` with id, version and position, or why not."""


class HeldEvent(NamedTuple):
    """An event; its position is its place in the list."""

    stream_id: UUID
    version: int
    data: bytes
    command_id: UUID


class HeldCommand(NamedTuple):
    """A command whose caller chose its id, and what it recorded."""

    fingerprint: bytes | None
    stream_id: UUID
    version: int
    first_position: int
    last_position: int

    @property
    def told(self) -> Told:
        return ("recorded", self.stream_id, self.version, self.last_position)


class Log:
    """One tenant's."""

    def __init__(self) -> None:
        self.events: list[HeldEvent] = []
        self.versions: dict[StreamId, int] = {}
        self.commands: dict[UUID, HeldCommand] = {}

    def told_by_events(self, command: Append) -> Told | None:
        """What the command recorded, if its first event is where it would put it."""
        first = command.streams[0]
        place = (first.stream_id, first.expected + 1, command.command_id)
        places = [(each.stream_id, each.version, each.command_id) for each in self.events]
        if place not in places:
            return None
        start = places.index(place)
        events = sum(len(stream.events) for stream in command.streams)
        own = [
            (start + n, each)
            for n, each in enumerate(self.events[start : start + events], start=1)
            if each.command_id == command.command_id
        ]
        version = max(each.version for _, each in own if each.stream_id == first.stream_id)
        return ("recorded", first.stream_id, version, own[-1][0])

    def __copy__(self) -> "Log":
        made = Log()
        made.events = list(self.events)
        made.versions = dict(self.versions)
        made.commands = dict(self.commands)
        return made


class Model:
    """The logs of all tenants, and the claims that they share."""

    def __init__(self, tenants: Sequence[TenantId]) -> None:
        self.logs = {tenant: Log() for tenant in tenants}
        self.claims: dict[tuple[str, bytes], tuple[TenantId, UUID]] = {}

    def __copy__(self) -> "Model":
        made = Model([])
        made.logs = {tenant: copy(log) for tenant, log in self.logs.items()}
        made.claims = dict(self.claims)
        return made

    def append(self, tenant: TenantId, command: Append) -> Told:
        """Take one command, whole or not at all."""
        log = self.logs[tenant]
        earlier = log.commands.get(command.command_id)
        if earlier is not None and command.fingerprint is not None:
            return earlier.told if earlier.fingerprint == command.fingerprint else ("reused",)
        first = command.streams[0]
        if command.fingerprint is None and (told := log.told_by_events(command)):
            return told
        if any(log.versions.get(each.stream_id, 0) != each.expected for each in command.streams):
            return ("conflict", log.versions.get(first.stream_id, 0))
        settled = _settled(self.claims, tenant, command.claims)
        if isinstance(settled, str):
            return ("claimed", settled)
        self.claims = settled
        start = len(log.events) + 1
        for stream in command.streams:
            for version, event in enumerate(stream.events, start=stream.expected + 1):
                data = msgspec.json.encode(event)
                held = HeldEvent(stream.stream_id, version, data, command.command_id)
                log.events.append(held)
                log.versions[stream.stream_id] = version
        held_command = HeldCommand(
            command.fingerprint,
            first.stream_id,
            log.versions[first.stream_id],
            start,
            len(log.events),
        )
        if command.fingerprint is not None:
            log.commands[command.command_id] = held_command
        return held_command.told

    def append_all(
        self, commands: Sequence[tuple[TenantId, Append]]
    ) -> Iterator[tuple["Model", list[Told]]]:
        """What concurrent commands may come to: one outcome for each order in which two tenants'
        can meet. Those of one tenant are taken in the order in which they came."""
        tenants = list(dict.fromkeys(tenant for tenant, _ in commands))
        places = range(len(commands))
        mine = [place for place in places if commands[place][0] == tenants[0]]
        others = [place for place in places if commands[place][0] != tenants[0]]
        for chosen in combinations(places, len(mine)):
            model, told = copy(self), {}
            first, second = iter(mine), iter(others)
            for place in places:
                at = next(first) if place in chosen else next(second)
                told[at] = model.append(*commands[at])
            yield model, [told[place] for place in places]

    def allows(self, told: Told, modelled: Told, tenant: TenantId, command: Append) -> bool:
        """Whether a caller may be told this. The version of a conflict is that of any moment
        between the command's turn and now."""
        if {told[0], modelled[0]} != {"conflict"}:
            return told == modelled
        now = self.logs[tenant].versions.get(command.streams[0].stream_id, 0)
        return bool(modelled[1] <= told[1] <= now)


def _settled(
    claims: dict[tuple[str, bytes], tuple[TenantId, UUID]],
    tenant: TenantId,
    wanted: Sequence[Claim],
) -> dict[tuple[str, bytes], tuple[TenantId, UUID]] | str:
    """The claims as they are then; or the scope of the first that can't be taken."""
    then = dict(claims)
    for claim in wanted:
        if not claim.taken and then.get((claim.scope, claim.key)) == (tenant, claim.stream_id):
            del then[claim.scope, claim.key]
    for claim in wanted:
        if claim.taken:
            if (claim.scope, claim.key) in then:
                return claim.scope
            then[claim.scope, claim.key] = (tenant, claim.stream_id)
    return then


def told(result: Recorded | BaseException) -> Told:
    """What the store's answer says, in the model's words.

    Raises:
        BaseException: it is none of the answers that the log may give.
    """
    match result:
        case Recorded():
            return ("recorded", result.id, result.version, result.position)
        case VersionConflict():
            return ("conflict", result.actual)
        case Claimed():
            return ("claimed", result.scope)
        case CommandReused():
            return ("reused",)
        case unforeseen:
            raise unforeseen
