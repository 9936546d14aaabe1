"""`kill -9` for what an installation consists of, and waiting until it has come back."""

import contextlib
import time
from collections.abc import Iterable, Sequence
from typing import Literal

import psutil

from infrastructure.embedded.postgres import EmbeddedPostgres
from tests.served import Served, wait_until

Victim = Literal["postgres", "web", "valkey-server"]
VICTIMS: tuple[Victim, ...] = ("postgres", "web", "valkey-server")
BACK_SECONDS = 60.0
SETTLED_SECONDS = 10.5
"""After that, `serve` takes the death of a child for an accident and not for one of a row."""


def at_once(processes: Iterable[psutil.Process]) -> None:
    """Kill them all, parents first."""
    for process in sorted(processes, key=psutil.Process.create_time):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def server(postgres: EmbeddedPostgres) -> None:
    """Kill the postmaster and every backend at once."""
    assert postgres.pid is not None
    postmaster = psutil.Process(postgres.pid)
    at_once([postmaster, *postmaster.children(recursive=True)])


def of(served: Served, victim: Victim) -> list[psutil.Process]:
    """The processes that a victim consists of, those of this installation alone."""
    found = []
    for process in served.family():
        with contextlib.suppress(psutil.Error):
            name = "web" if _is_web(process) else process.name()
            if name == victim and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def together(served: Served, victims: Sequence[Victim]) -> float:
    """Kill them all, and wait until the installation has brought them back and serves; seconds."""
    killed = [process for victim in victims for process in of(served, victim)]
    assert killed
    at_once(killed)
    began = time.monotonic()
    gone = set(killed)

    def back() -> bool:
        return all(set(of(served, victim)) - gone for victim in victims) and served.answers()

    wait_until(back, BACK_SECONDS, served.said)
    return time.monotonic() - began


def let_settle(served: Served, victims: Sequence[Victim]) -> None:
    """Wait until a child that is to be killed has lived for a while."""
    if "web" in victims:
        born = min(process.create_time() for process in of(served, "web"))
        time.sleep(max(0.0, born + SETTLED_SECONDS - time.time()))


def _is_web(process: psutil.Process) -> bool:
    """The process of `muniment web` or the server under it."""
    family = [process, *process.parents()[:1]]
    return any("web" in each.cmdline() for each in family)
