"""Turns at a stream."""

import asyncio
import gc
from uuid import uuid4

from application.turns import Turns


def test_one_at_a_time_at_a_stream_and_none_waits_for_another() -> None:
    async def run() -> tuple[int, bool]:
        turns, stream = Turns(), uuid4()
        inside = most = 0

        async def hold() -> None:
            nonlocal inside, most
            async with turns.at(stream):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.001)
                inside -= 1

        await asyncio.gather(*(hold() for _ in range(16)))
        async with turns.at(stream), asyncio.timeout(1), turns.at(uuid4()):
            other = True
        return most, other

    assert asyncio.run(run()) == (1, True)


def test_a_stream_nobody_is_at_is_forgotten() -> None:
    async def run() -> int:
        turns = Turns()
        async with turns.at(uuid4()):
            pass
        gc.collect()
        return len(turns._locks)

    assert asyncio.run(run()) == 0
