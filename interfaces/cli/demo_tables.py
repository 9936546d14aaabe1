"""What the demonstration shows, as tables and lines. Text of documents is shown, never obeyed."""

from collections.abc import Sequence
from typing import Any, TypedDict

from rich.console import Group, OverflowMethod, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from interfaces.cli.demo_answers import Fact, StageStatus, Tenant
from interfaces.cli.demo_report import STAGES, Asked, Followed, Report

EVENTS_SHOWN = 50
EXCERPT_LENGTH = 240
GAP = 2
STAGE_WIDTH = 9
HISTORY_WIDTH = 52
"""What position, time and type of an event take, with the gaps."""
COLUMN_WIDTH_MIN = 12

_MARKS = {"PENDING": "·", "PROCESSING": "▸", "COMPLETED": "✓", "FAILED": "✗"}
_STYLES = {"PENDING": "dim", "PROCESSING": "yellow", "COMPLETED": "green", "FAILED": "bold red"}


class _Narrow(TypedDict):
    no_wrap: bool
    overflow: OverflowMethod
    max_width: int


def printable(text: str) -> str:
    """Text without what a terminal would obey, on one line."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())


def opening(tenant: Tenant, followed: Sequence[Followed]) -> RenderableType:
    """The tenant, and how many files are on their way."""
    return Text(
        f"Tenant {tenant.slug}, login {tenant.email} {tenant.password}\n"
        f"{len(followed)} files go in\n"
    )


def stages(followed: Sequence[Followed], width: int) -> Table:
    """One line a document, one column a stage, in a terminal of this width."""
    table = Table(box=None, pad_edge=False)
    table.add_column("document", **_narrow(width - len(STAGES) * (STAGE_WIDTH + GAP)))
    for name in STAGES:
        table.add_column(name.lower(), no_wrap=True, min_width=STAGE_WIDTH)
    for document in followed:
        cells: list[RenderableType] = [Text(printable(document.file))]
        if document.status is not None:
            cells += [_stage(document.status.stages[name]) for name in STAGES]
        elif document.problem is not None:
            cells.append(Text("refused", style="bold red"))
        table.add_row(*cells)
    return table


def standing(document: Followed) -> str:
    """Where a document stands, in a line; empty before anything has happened."""
    if document.problem is not None:
        return printable(document.problem)
    if document.status is None:
        return ""
    shown = document.status.stages
    if all(stage.status == "PENDING" for stage in shown.values()):
        return ""
    return "  ".join(f"{name.lower()} {_MARKS[shown[name].status]}" for name in STAGES)


def stages_done(followed: Sequence[Followed]) -> int:
    """How many stages are over; those of a document that is stuck count as over."""
    count = 0
    for document in followed:
        if document.settled:
            count += len(STAGES)
        elif document.status is not None:
            ended = [stage.ended_at for stage in document.status.stages.values()]
            count += len(ended) - ended.count(None)
    return count


def answer(asked: Asked) -> RenderableType:
    """The question, the answer, and where each part of it stands."""
    sources = Table(box=None, show_header=False, pad_edge=False)
    for number, cited in enumerate(asked.sources, start=1):
        source = cited.source
        where = Text(f"{printable(source.title)}  [{source.start}:{source.end}]", style="bold")
        where.append(f"  score {source.score:.3f}  ", style="dim")
        exact = (
            Text("is there", style="green") if cited.exact else Text("is NOT there", style="red")
        )
        excerpt = printable(source.text)
        if len(excerpt) > EXCERPT_LENGTH:
            excerpt = excerpt[: EXCERPT_LENGTH - 1] + "…"
        words = Text.assemble(where, exact, "\n", (excerpt, "dim"))
        sources.add_row(Text(f"{number}."), words)
    return Group(
        Rule(style="dim"),
        Text(asked.question, style="bold cyan"),
        Text(printable(asked.answer) or "No passage answers this."),
        Padding(sources, (1, 0, 1, 2)),
    )


def history(report: Report, width: int) -> RenderableType:
    """The first and the last events of all documents, in the order of the log."""
    names = {document.id: _name(document) for document in report.documents}
    table = Table(box=None, pad_edge=False)
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("time", no_wrap=True)
    table.add_column("event", no_wrap=True)
    rest = width - HISTORY_WIDTH
    table.add_column("document", **_narrow(rest // 2))
    table.add_column("what", **_narrow(rest - rest // 2))
    facts = list(report.events)
    left_out = len(facts) - EVENTS_SHOWN
    for index, fact in enumerate(facts):
        if left_out <= 0 or index < EVENTS_SHOWN // 2 or index >= len(facts) - EVENTS_SHOWN // 2:
            table.add_row(*_row(fact, names.get(fact.document_id, "")))
        elif index == EVENTS_SHOWN // 2:
            table.add_row("…", "", f"{left_out} more", "", "`--json` has them all")
    return Group(Rule(style="dim"), Text("What the log keeps of it", style="bold cyan"), table)


def closing(report: Report) -> RenderableType:
    """How it went."""
    completed = sum(document.completed for document in report.documents)
    summary = Text(
        f"\n{completed} of {len(report.documents)} documents completed, "
        f"{len(report.events)} events, {len(report.answers)} answers in {report.seconds:.1f} s"
    )
    for problem in report.problems:
        summary.append(f"\n{printable(problem)}", style="red")
    return summary


def _name(document: Followed) -> str:
    return printable(document.file.rpartition("/")[2])


def _narrow(width: int) -> _Narrow:
    """A column that takes no more than this, and cuts what is longer."""
    return {"no_wrap": True, "overflow": "ellipsis", "max_width": max(width, COLUMN_WIDTH_MIN)}


def _stage(stage: StageStatus) -> Text:
    mark = Text(_MARKS[stage.status], style=_STYLES[stage.status])
    if stage.started_at is not None and stage.ended_at is not None:
        took = (stage.ended_at - stage.started_at).total_seconds()
        mark.append(f" {took:.2f} s", style="dim")
    return mark


def _row(fact: Fact, document: str) -> tuple[str, ...]:
    at = fact.recorded_at.strftime("%H:%M:%S.%f")[:-3]
    return str(fact.position), at, fact.type, document, printable(_what(fact.data))


def _what(data: dict[str, Any]) -> str:
    """The gist of an event."""
    if "content" in data:
        return f"{data['content']['media_type']}, {data['content']['size']:,} bytes"
    stage, result = data.get("stage", ""), data.get("result", {})
    if "detail" in data:
        return f"{stage}: {data['detail']}"
    gist = {
        "INGESTION": lambda: f"{result['characters']:,} characters, {result['language']}",
        "QUALITY": lambda: f"score {result['score']:.2f} {' '.join(result['flags'])}",
        "TAXONOMY": lambda: ", ".join(result["keywords"][:3]),
        "GRAPH": lambda: f"{len(result['entities'])} entities",
        "EMBEDDING": lambda: f"{result['chunks']} chunks",
    }
    return f"{stage}: {gist[stage]()}" if result and stage in gist else str(stage)
