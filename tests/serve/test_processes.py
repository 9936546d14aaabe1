"""The family of child processes, with real ones."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from interfaces.cli import processes
from interfaces.cli.processes import ChildKeepsEnding, Family, Plan
from tests.served import wait_until

ROOT = Path(__file__).parents[2]
OBEDIENT = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + OBEDIENT
BROKEN = "raise SystemExit('ERROR: no such thing')"
PARENT_OF_ONE = (
    "import subprocess, sys, time; child = subprocess.Popen(['sleep', '600']);"
    "print(child.pid, flush=True); time.sleep(600)"
)
WATCHING = (
    "import sys, time; from interfaces import lifeline; lifeline.watch(int(sys.argv[1]));"
    "print('up', flush=True); time.sleep(600)"
)


class House:
    """A family with its files and what it said."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.said: list[str] = []
        self.register = directory / "children.json"
        self.family: Family | None = None

    def start(self, **programs: str) -> Family:
        plans = [
            Plan(name, (sys.executable, "-c", text, "{lifeline}"), self.log(name))
            for name, text in programs.items()
        ]
        self.family = Family(plans, os.environ, self.register, self.said.append)
        self.family.start()
        return self.family

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def pid(self, name: str) -> int:
        """The process of the only child once it has said that it is up."""
        wait_until(lambda: self.log(name).exists() and "up" in self.log(name).read_text())
        return int(self.register.read_text().strip("[]").split(",")[0])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    if made.family is not None:
        made.family.kill(made.family.names)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_dead_child_is_started_again(house: House) -> None:
    family = house.start(web=OBEDIENT)
    first = house.pid("web")
    os.kill(first, signal.SIGKILL)

    def tended() -> bool:
        family.tend()
        return house.pid("web") != first

    wait_until(tended)
    assert "web ended (code -9) and starts again in" in house.said[0]


def test_a_child_that_keeps_ending_is_given_up_with_its_last_words(house: House) -> None:
    family = house.start(web=BROKEN)

    def tend() -> bool:
        family.tend()
        return False

    with pytest.raises(
        ChildKeepsEnding, match=r"web keeps ending \(code 1\): ERROR: no such thing"
    ):
        wait_until(tend, seconds=30)
    assert len(house.said) == 3


def test_a_child_that_ignores_the_request_is_killed(house: House) -> None:
    family = house.start(web=STUBBORN)
    pid = house.pid("web")
    began = time.monotonic()
    family.end(["web"], patience_seconds=0.5)
    assert gone(pid)
    assert 0.4 < time.monotonic() - began < 3


def test_what_has_been_ended_is_not_started_again(house: House) -> None:
    family = house.start(web=OBEDIENT)
    house.pid("web")
    family.end(["web"], patience_seconds=5)
    family.tend()
    assert house.said == []


def test_grandchildren_end_with_a_dead_child(house: House) -> None:
    family = house.start(web=PARENT_OF_ONE)
    wait_until(lambda: house.log("web").exists() and house.log("web").read_text().strip() != "")
    grandchild = int(house.log("web").read_text())
    child = psutil.Process(grandchild).parent()
    assert child is not None
    child.kill()

    def tended() -> bool:
        family.tend()
        return bool(house.said)

    wait_until(tended)
    wait_until(lambda: gone(grandchild))


def test_a_child_hears_of_its_parents_kill_at_once(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, __file__, str(tmp_path)], env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    log = tmp_path / "web.log"
    wait_until(lambda: log.exists() and "up" in log.read_text())
    child = psutil.Process(parent.pid).children()[0]
    parent.kill()
    parent.wait()
    wait_until(lambda: gone(child.pid), seconds=3)


def test_left_overs_of_a_killed_parent_are_cleared(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_LEFT_OVER_SECONDS", 0.3)
    house.start(web=STUBBORN)
    pid = house.pid("web")
    processes.clear_left_overs(house.register)
    assert gone(pid)
    assert not house.register.exists()


def test_a_left_overs_number_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    register = tmp_path / "children.json"
    register.write_text(f"[[{os.getpid()}, 12345.0]]")
    processes.clear_left_overs(register)
    assert not register.exists()


def _be_a_parent(directory: Path) -> None:
    House(directory).start(web=WATCHING)
    time.sleep(600)


if __name__ == "__main__":
    _be_a_parent(Path(sys.argv[1]))
