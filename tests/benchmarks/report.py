"""The table and the JSON file of every benchmark."""

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infrastructure.embedded import cluster

LINE_WIDTH = 160
"""Of the table in a log."""
FOLDER = Path(__file__).parents[2] / "build" / "bench"

Direction = Literal["at least", "at most"]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures were taken on."""

    cores: int
    python: str
    postgres: str


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One figure: the median of its samples, the lowest and the highest.

    `target` is for `ratio` where there is a reference, else for `value`; whether it has to be
    reached from below or from above is said by `direction`.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    reference: str | None = None
    reference_value: float | None = None
    ratio: float | None = None
    target: float | None = None
    direction: Direction | None = None
    met: bool | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The file."""

    name: str
    machine: Machine
    rows: Sequence[Row]


class Report:
    """Rows as they are measured; `finish` shows and keeps all, also those that miss a target."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[Row] = []

    def add(
        self,
        name: str,
        samples: Sequence[float],
        unit: str,
        *,
        target: float | None = None,
        direction: Direction = "at least",
        reference: tuple[str, Sequence[float]] | None = None,
    ) -> Row:
        """A row from the samples of its rounds, beside those of a reference where there is one."""
        value = statistics.median(samples)
        words, against = reference or (None, ())
        reference_value = statistics.median(against) if against else None
        ratio = value / reference_value if reference_value else None
        judged = value if ratio is None else ratio
        row = Row(
            name=name,
            value=_rounded(value),
            unit=unit,
            low=_rounded(min(samples)),
            high=_rounded(max(samples)),
            reference=words,
            reference_value=None if reference_value is None else _rounded(reference_value),
            ratio=None if ratio is None else _rounded(ratio),
            target=target,
            direction=None if target is None else direction,
            met=None if target is None else _met(judged, target, direction),
        )
        self.rows.append(row)
        return row

    def finish(self) -> Path:
        """Print the table and write `build/bench/NAME.json`; its path."""
        result = Result(name=self.name, machine=machine(), rows=self.rows)
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{self.name}.json"
        path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
        console = Console(highlight=False, markup=False)
        if not console.is_terminal:
            console.width = LINE_WIDTH
        console.print(_table(result))
        console.print(f"written to {path}", soft_wrap=True)
        return path


def machine() -> Machine:
    """The machine this runs on."""
    version = subprocess.run(
        [cluster.programs() / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        python=platform.python_version(),
        postgres=version.stdout.split()[-1],
    )


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that `share` of them do not exceed (nearest rank)."""
    ranked = sorted(samples)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


def _met(value: float, target: float, direction: Direction) -> bool:
    return value >= target if direction == "at least" else value <= target


def _rounded(value: float) -> float:
    """Four significant digits: more would only pretend."""
    return float(f"{value:.4g}")


def _table(result: Result) -> Table:
    about = result.machine
    table = Table(
        title=f"{result.name}: {about.cores} cores, Python {about.python}, "
        f"PostgreSQL {about.postgres}",
        title_justify="left",
    )
    for name in ("figure", "median", "low to high", "unit", "reference", "ratio", "target", ""):
        table.add_column(name, justify="right" if name in ("median", "ratio") else "left")
    for row in result.rows:
        reference = f"{row.reference}: {row.reference_value:g}" if row.reference else ""
        target = "" if row.target is None else f"{row.direction} {row.target:g}"
        met = {True: ("met", "green"), False: ("missed", "bold red"), None: ("", "")}[row.met]
        table.add_row(
            row.name,
            f"{row.value:g}",
            f"{row.low:g} to {row.high:g}",
            row.unit,
            reference,
            "" if row.ratio is None else f"{row.ratio:g}",
            target,
            Text(*met),
        )
    return table
