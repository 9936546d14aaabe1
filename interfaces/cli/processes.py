"""Children of one parent: started, watched, started again, ended in order."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import psutil

from infrastructure.embedded import engine
from interfaces.lifeline import Lifeline

_PAUSE_SECONDS_FIRST = 0.25
_PAUSE_SECONDS_MAX = 30.0
_SETTLED_SECONDS = 10.0
_DEATHS_MAX = 4
_LEFT_OVER_SECONDS = 8.0


class ChildKeepsEnding(Exception):  # noqa: N818 - named for what happened
    """A child process ended again and again right after its start."""


class Plan(msgspec.Struct, frozen=True):
    """One child: what it is called, what it runs, where its output goes.

    `{lifeline}` in the command becomes the number of the lifeline's end.
    """

    name: str
    command: tuple[str, ...]
    log: Path


class _Child:
    """One place in the family: the present process of a plan and how its forerunners fared."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.due_at = 0.0
        self.quick_deaths = 0
        self.start_of_log = 0

    def start(self, lifeline: Lifeline, environment: Mapping[str, str]) -> None:
        end = lifeline.child_end
        with self.plan.log.open("ab") as output:
            self.plan.log.chmod(0o600)
            self.start_of_log = output.tell()
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [word.replace("{lifeline}", str(end)) for word in self.plan.command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(end,),
                # The terminal's Ctrl-C is for the parent, which ends its children in order.
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class Family:
    """All children of this process. `say` gets a line for each thing worth telling."""

    def __init__(
        self,
        plans: Sequence[Plan],
        environment: Mapping[str, str],
        register: Path,
        say: Callable[[str], None],
    ) -> None:
        self._children = [_Child(plan) for plan in plans]
        self._environment = environment
        self._register = register
        self._say = say
        self._lifeline = Lifeline()

    def start(self) -> None:
        """Start every child."""
        for child in self._children:
            child.start(self._lifeline, self._environment)
        self._write_register()

    def tend(self) -> None:
        """Start again what has ended, later each time. Call it a few times a second.

        Raises ChildKeepsEnding.
        """
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and (code := child.process.poll()) is not None:
                self._bury(child, code, now)
            if child.process is None and child.due_at <= now:
                child.start(self._lifeline, self._environment)
                self._write_register()

    def end(self, names: Sequence[str], patience_seconds: float) -> None:
        """Ask the named children to end, and kill those that have not when the time is up."""
        ending = [child for child in self._children if child.plan.name in names]
        for child in ending:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + patience_seconds
        for child in ending:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, deadline - time.monotonic()))
        self.kill(names)

    def kill(self, names: Sequence[str]) -> None:
        """End the named children and whatever they started, at once."""
        for child in self._children:
            if child.plan.name in names and child.process is not None:
                child.signal(signal.SIGKILL)
                child.process.wait()
                child.process = None
                child.due_at = float("inf")

    @property
    def names(self) -> list[str]:
        return [child.plan.name for child in self._children]

    def _bury(self, child: _Child, code: int, now: float) -> None:
        child.signal(signal.SIGKILL)  # what it started must not outlive it
        child.process = None
        settled = now - child.started_at >= _SETTLED_SECONDS
        child.quick_deaths = 0 if settled else child.quick_deaths + 1
        where = f"see {child.plan.log}"
        if child.quick_deaths >= _DEATHS_MAX:
            words = engine.last_words(child.plan.log, child.start_of_log)
            raise ChildKeepsEnding(
                f"{child.plan.name} keeps ending (code {code}): {words} ({where})"
            )
        pause = min(_PAUSE_SECONDS_MAX, _PAUSE_SECONDS_FIRST * 2**child.quick_deaths)
        child.due_at = now + pause
        self._say(
            f"{child.plan.name} ended (code {code}) and starts again in {pause:.1f} s; {where}"
        )

    def _write_register(self) -> None:
        """Note who lives, so that a next start can clear up after a kill of this one."""
        living = [child.process.pid for child in self._children if child.process is not None]
        entries = []
        for pid in living:
            with contextlib.suppress(psutil.Error):
                entries.append((pid, psutil.Process(pid).create_time()))
        fresh = self._register.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(entries))
        fresh.replace(self._register)


def clear_left_overs(register: Path) -> None:
    """Wait for the children of a killed parent, who end by themselves; then end them."""
    try:
        entries = msgspec.json.decode(register.read_bytes(), type=list[tuple[int, float]])
    except (FileNotFoundError, msgspec.DecodeError):
        return
    living = []
    for pid, created_at in entries:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            # The number alone may meanwhile be somebody else's.
            if abs(process.create_time() - created_at) < 1.0:
                living.append(process)
    _, stubborn = psutil.wait_procs(living, timeout=_LEFT_OVER_SECONDS)
    for process in stubborn:
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(2)
    register.unlink(missing_ok=True)
