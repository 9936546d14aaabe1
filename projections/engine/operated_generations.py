"""Generations in the hands of an administrator who works asynchronously."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from application.platform.commands import RollBackProjection, SwitchProjection
from application.platform.ports import Made, OnRecord
from domain.platform.operating import GenerationRefused
from infrastructure.database import BatchDatabase
from projections.engine import registry
from projections.engine.projection import Projection
from projections.engine.registry import EVERYONE, NotPossible, Registry

INSIST_SECONDS = 10.0
"""How long somebody who waits for an answer waits for batches under way."""


class OperatedGenerations:
    """Implements `application.platform.ports.Generations`, in threads."""

    def __init__(self, database: BatchDatabase, projections: Sequence[Projection]) -> None:
        self._registry = Registry(database)
        self._projections = {each.name: each for each in projections}

    async def begin(self, projection: str, tenant_id: UUID | None, by: str) -> Made:
        """An empty one; a worker fills it."""
        built = self._read_model(projection)
        create = partial(self._registry.create, built, tenant_id, by=by)
        return Made(built.version, await _threaded(create))

    async def switch(self, command: SwitchProjection, by: str, on_record: OnRecord) -> int:
        """Have it answer; returns the one that answered before."""
        change = partial(
            self._registry.switch,
            self._read_model(command.projection),
            command.generation,
            command.tenant_id,
            accept_differences=command.accept_differences,
            by=by,
            on_record=_from_thread(on_record),
        )
        before: int = await _threaded(change)
        return before

    async def roll_back(self, command: RollBackProjection, by: str, on_record: OnRecord) -> int:
        """Have the one before answer again, and return it."""
        change = partial(
            self._registry.roll_back,
            self._read_model(command.projection),
            command.tenant_id,
            by=by,
            on_record=_from_thread(on_record),
        )
        back: int = await _threaded(change)
        return back

    async def answers(self, projection: str, tenant_id: UUID | None) -> Made:
        """The one that answers now, with its version."""
        chosen = self._read_model(projection)
        asked = partial(self._registry.answers, chosen, tenant_id or EVERYONE)
        return Made(chosen.version, await _threaded(asked))

    def _read_model(self, name: str) -> Projection:
        projection = self._projections[name]
        if not projection.tables:
            raise GenerationRefused(f"{name} is no read model: its effects never happen again.")
        return projection


async def _threaded(change: Callable[[], Any]) -> Any:
    insisting = partial(registry.insist, change, seconds=INSIST_SECONDS)
    try:
        return await asyncio.to_thread(insisting)
    except NotPossible as error:
        raise GenerationRefused(f"{error}.") from error


def _from_thread(on_record: OnRecord) -> Callable[[int], None]:
    """The record is written on the event loop while the thread holds the change back."""
    loop = asyncio.get_running_loop()

    def recorded(generation: int) -> None:
        asyncio.run_coroutine_threadsafe(on_record_now(generation), loop).result()

    async def on_record_now(generation: int) -> None:
        await on_record(generation)

    return recorded
