"""Real child processes: killed, late, replaced, orphaned."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from application.documents.analysis import Unextractable
from infrastructure.documents import media_types
from infrastructure.documents.parser_link import ParserUnavailable
from infrastructure.documents.parser_process import ParserProcess
from tests.documents import children

SLOW = ("a" + "\u0300\u0316" * 150_000).encode()
"""Text that keeps the parser busy for about a minute: quadratic in NFC."""


@pytest.fixture
def parser() -> Iterator[ParserProcess]:
    with ParserProcess(children=1) as started:
        yield started


def read(parser: ParserProcess, data: bytes) -> str:
    return parser.extract(data, media_type=media_types.TEXT, filename=None).text


def eventually(holds: Callable[[], bool], *, within_seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + within_seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def working(child: psutil.Process) -> Callable[[], bool]:
    """Tells whether the child has used the processor since; sound on a busy machine too."""
    before = child.cpu_times().user
    return lambda: child.cpu_times().user > before + 0.05


def test_no_child_runs_before_the_first_file(parser: ParserProcess) -> None:
    assert children.running() == []
    assert read(parser, b"one") == "one"
    assert len(children.running()) == 1
    parser.close()
    assert children.running() == []


def test_a_child_killed_at_work_fails_that_file_alone(parser: ParserProcess) -> None:
    read(parser, b"warm")
    (child,) = children.running()
    with ThreadPoolExecutor(1) as thread:
        at_work = working(child)
        reading = thread.submit(read, parser, SLOW)
        assert eventually(at_work)
        child.send_signal(signal.SIGKILL)
        with pytest.raises(Unextractable) as caught:
            reading.result(timeout=30)
    assert caught.value.reason == "parser_crashed"
    assert "signal 9" in caught.value.detail
    assert read(parser, b"next") == "next"


def test_a_child_killed_while_idle_fails_no_file(parser: ParserProcess) -> None:
    read(parser, b"warm")
    (child,) = children.running()
    child.kill()
    ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
    assert eventually(lambda: os.waitid(os.P_PID, child.pid, ended) is not None)
    assert read(parser, b"next") == "next"


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    with ParserProcess(children=1, time_limit_seconds=0.5) as parser:
        read(parser, b"warm")
        started = time.monotonic()
        with pytest.raises(Unextractable) as caught:
            read(parser, SLOW)
        assert time.monotonic() - started < 10
        assert caught.value.reason == "parser_timeout"
        assert read(parser, b"next") == "next"


def test_a_child_is_replaced_after_its_number_of_files() -> None:
    with ParserProcess(children=1, documents_per_child=2) as parser:
        seen = []
        for _ in range(2):
            read(parser, b"one")
            seen.append(children.running()[0].pid)
            read(parser, b"two")
            assert children.running() == []
        assert len(set(seen)) == 2


def test_a_child_knows_nothing_of_the_workers_environment(
    parser: ParserProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUNIMENT_JWT_SECRET", "a-secret-of-the-worker")
    read(parser, b"warm")
    (child,) = children.running()
    environ = Path(f"/proc/{child.pid}/environ").read_text()
    assert "a-secret-of-the-worker" not in environ
    assert {entry.partition("=")[0] for entry in environ.split("\0") if entry} == {
        "PATH",
        "LANG",
        "PYTHONPATH",
        "PYTHONSAFEPATH",
        "PYTHONUTF8",
        "OPENBLAS_NUM_THREADS",
    }


def test_a_child_holds_its_limits(parser: ParserProcess) -> None:
    read(parser, b"warm")
    limits = Path(f"/proc/{children.running()[0].pid}/limits").read_text().splitlines()
    soft = {line[:26].strip(): line[26:].split()[0] for line in limits}
    assert soft["Max address space"] == str(1 << 30)
    assert soft["Max file size"] == "0"
    assert soft["Max core file size"] == "0"
    assert int(soft["Max cpu time"]) <= 65


@pytest.mark.parametrize("at_work", [True, False])
def test_a_child_dies_with_its_parent(at_work: bool) -> None:
    script = (
        "import sys\n"
        "from infrastructure.documents.parser_process import ParserProcess\n"
        "parser = ParserProcess()\n"
        "parser.extract(b'warm', media_type='text/plain', filename=None)\n"
        "print('ready', flush=True)\n"
        "data = ('a' + '\\u0300\\u0316' * 150_000).encode() if sys.argv[1] == 'True' else b''\n"
        "parser.extract(data, media_type='text/plain', filename=None) if data else input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(at_work)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        (child,) = psutil.Process(parent.pid).children()
        assert not at_work or eventually(working(child))
        parent.kill()
        assert eventually(lambda: not child.is_running() or child.status() == "zombie")


def test_many_threads_share_two_children_and_get_their_own_answers() -> None:
    texts = [f"document {number} " * 50 for number in range(100)]
    with ParserProcess() as parser, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: read(parser, text.encode()), texts))
        assert found == [text.strip() for text in texts]
        assert 1 <= len(children.running()) <= 2


def test_a_parser_that_cannot_start_is_no_fault_of_the_file(
    parser: ParserProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for broken in ("/bin/false", "/nowhere/python"):
        with monkeypatch.context() as during:
            during.setattr(sys, "executable", broken)
            with pytest.raises(ParserUnavailable):
                read(parser, b"a file")
    assert read(parser, b"a file") == "a file"


def test_a_file_too_large_for_the_childs_memory_is_refused_before_it_is_sent() -> None:
    with ParserProcess(memory_limit_bytes=64 << 20) as parser:
        with pytest.raises(Unextractable) as caught:
            read(parser, b"a" * (17 << 20))
        assert caught.value.reason == "parser_memory"
        assert children.running() == []
