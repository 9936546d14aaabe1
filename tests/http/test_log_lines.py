"""Log lines are all written, in order, and few writes do for many."""

import asyncio
import io
import threading

from interfaces.log_lines import LogLines


class CountingFile(io.StringIO):
    """A file in memory that counts how often it is written to."""

    writes = 0

    def write(self, text: str, /) -> int:
        self.writes += 1
        return super().write(text)


def test_lines_of_one_turn_of_the_loop_are_one_write() -> None:
    file = CountingFile()
    lines = LogLines(file)

    async def log() -> None:
        for number in range(10):
            lines.msg(f"line {number}")
        assert file.writes == 0
        await asyncio.sleep(0)
        assert file.writes == 1

    asyncio.run(log())
    assert file.getvalue().splitlines() == [f"line {number}" for number in range(10)]


def test_a_line_outside_of_a_loop_is_written_at_once_behind_those_that_waited() -> None:
    file = CountingFile()
    lines = LogLines(file)

    async def log() -> None:
        lines.msg("first")
        thread = threading.Thread(target=lines.msg, args=("second",))
        thread.start()
        thread.join()
        assert file.getvalue() == "first\nsecond\n"
        lines.msg("third")

    asyncio.run(log())
    assert file.getvalue() == "first\nsecond\nthird\n"


def test_no_line_of_many_threads_and_a_loop_is_lost() -> None:
    file = CountingFile()
    lines = LogLines(file)

    def log(name: str) -> None:
        for number in range(500):
            lines.msg(f"{name} {number}")

    async def log_in_turns() -> None:
        for number in range(500):
            lines.msg(f"loop {number}")
            await asyncio.sleep(0)

    names = [f"thread {number}" for number in range(4)]
    threads = [threading.Thread(target=log, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    asyncio.run(log_in_turns())
    for thread in threads:
        thread.join()
    written = file.getvalue().splitlines()
    for name in (*names, "loop"):
        own = [line for line in written if line.startswith(f"{name} ")]
        assert own == [f"{name} {number}" for number in range(500)]
    assert len(written) == 2500
