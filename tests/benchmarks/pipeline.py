"""Documents through the whole pipeline and questions about them, over HTTP only.

The documents are the 240 English paragraphs of XQuAD, the questions 200 of its 1,190: each is
answered by a span of its own paragraph.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tests.api import Account
from tests.benchmarks.report import Report, percentile
from tests.served import Served

DATA = Path(__file__).parents[3] / "shared" / "data" / "xquad" / "xquad.en.json"
ROUNDS = 5
FEW = 24
QUESTIONS = 200
UPLOADERS = 4
COMPLETED_WITHIN_SECONDS = 600.0
POLL_SECONDS = 0.25


class Question(NamedTuple):
    """A question, its paragraph's number, and where in the paragraph the answer stands."""

    text: str
    paragraph: int
    start: int
    end: int


class Uploaded(NamedTuple):
    """One tenant's documents, in the order of the paragraphs, all completed."""

    account: Account
    ids: list[str]
    documents_a_second: float
    upload_seconds: list[float]
    position: int


class Asked(NamedTuple):
    """Of all questions: the share whose first source is the right document, whose first source
    holds the answer, whose sources hold it at all; and the seconds that each took."""

    right: float
    in_first: float
    in_any: float
    seconds: list[float]


def main() -> None:
    """Measure, print, write."""
    if not DATA.exists():
        sys.stdout.write(f"bench-pipeline is skipped: there is no {DATA}\n")
        return
    paragraphs, questions = load()
    report = Report("pipeline")
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as folder:
        served = Served(Path(folder) / "data", {"MUNIMENT_LIMITS": "off"})
        try:
            measure(served, paragraphs, questions, report)
        finally:
            if served.process is not None and served.process.poll() is None:
                served.interrupt()
    report.finish()


def load() -> tuple[list[str], list[Question]]:
    """The paragraphs, and questions spread evenly over all of them."""
    articles = json.loads(DATA.read_text())["data"]
    entries = [entry for article in articles for entry in article["paragraphs"]]
    questions = [
        Question(asked["question"], number, start, start + len(given["text"]))
        for number, entry in enumerate(entries)
        for asked in entry["qas"]
        for given in asked["answers"][:1]
        for start in [given["answer_start"]]
    ]
    spread = [questions[index * len(questions) // QUESTIONS] for index in range(QUESTIONS)]
    return [entry["context"] for entry in entries], spread


def measure(
    served: Served, paragraphs: Sequence[str], questions: Sequence[Question], report: Report
) -> None:
    """Everything, against one data directory from its first start on."""
    first_start = served.start()
    upload(served, paragraphs[:1])  # caches are warm from here on
    few, many = [], []
    for _ in range(ROUNDS):
        few.append(upload(served, paragraphs[:FEW]))
        many.append(upload(served, paragraphs))
    rates = [round_.documents_a_second for round_ in many]
    report.add(f"through the pipeline, {len(paragraphs)} documents", rates, "documents/s")
    fewer = [round_.documents_a_second for round_ in few]
    report.add(f"through the pipeline, {FEW} documents", fewer, "documents/s")
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        uploads = [1000 * percentile(round_.upload_seconds, share) for round_ in many]
        report.add(f"upload, {UPLOADERS} at once, {name}", uploads, "ms")
    ask_all(served, many, questions, report)
    for name, megabytes in memory(served).items():
        report.add(f"memory of {name}", [megabytes], "MB")
    report.add("first start", [first_start], "s")
    report.add("start with data", restarts(served), "s", target=5.0, direction="at most")


def upload(served: Served, paragraphs: Sequence[str]) -> Uploaded:
    """A new tenant with these documents, when all of them are completed."""
    account = served.register()
    began = time.time()
    with ThreadPoolExecutor(UPLOADERS) as pool:
        added = list(
            pool.map(lambda item: _add(served, account, *item), enumerate(paragraphs, start=1))
        )
    ids = [document_id for document_id, _ in added]
    statuses = _all_completed(served, account, ids)
    ended = max(
        datetime.fromisoformat(stage["ended_at"]).timestamp()
        for status in statuses
        for stage in status["stages"].values()
    )
    return Uploaded(
        account=account,
        ids=ids,
        documents_a_second=len(ids) / (ended - began),
        upload_seconds=[seconds for _, seconds in added],
        position=max(status["position"] for status in statuses),
    )


def ask_all(
    served: Served, rounds: Sequence[Uploaded], questions: Sequence[Question], report: Report
) -> None:
    """Each question as a search and as a question, in every round's tenant."""
    hits = [_ask(served, done, "/api/v1/search", "items", questions) for done in rounds]
    answers = [_ask(served, done, "/api/v1/rag/query", "sources", questions) for done in rounds]
    right = [asked.right for asked in answers]
    report.add("answers whose top source is the right document", right, "share", target=0.85)
    first = [asked.in_first for asked in answers]
    report.add("answers whose top source holds the answer's span", first, "share")
    anywhere = [asked.in_any for asked in answers]
    report.add("answers with a source that holds the answer's span", anywhere, "share")
    found = [asked.right for asked in hits]
    report.add("searches whose top passage is of the right document", found, "share")
    for path, rounds_ in (("/search", hits), ("/rag/query", answers)):
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            took = [1000 * percentile(asked.seconds, share) for asked in rounds_]
            report.add(f"POST {path}, {name}", took, "ms")


def memory(served: Served) -> dict[str, float]:
    """Resident megabytes of each process; of PostgreSQL's, which share theirs, what is each's."""
    found: dict[str, float] = {}
    assert served.process is not None
    for process in [psutil.Process(served.process.pid), *served.family()]:
        try:
            name = _role(process)
            used = process.memory_full_info()
        except psutil.Error:
            continue
        shared = name.startswith("postgres")
        found[name] = found.get(name, 0.0) + (used.pss if shared else used.rss) / 1e6
    return dict(sorted(found.items()))


def restarts(served: Served) -> list[float]:
    """Seconds of starts that find the data of all rounds."""
    seconds = []
    for _ in range(ROUNDS):
        served.interrupt()
        seconds.append(served.start())
    return seconds


def _add(served: Served, account: Account, number: int, text: str) -> tuple[str, float]:
    began = time.perf_counter()
    # A title that tells nothing: the paragraph has to be found by what it says.
    document_id = served.add_text(account, f"Paragraph {number}", text)
    return document_id, time.perf_counter() - began


def _all_completed(served: Served, account: Account, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Statuses; asked for one document at a time, so that watching costs next to nothing."""
    deadline = time.monotonic() + COMPLETED_WITHIN_SECONDS
    statuses: list[dict[str, Any]] = []
    for document_id in ids:
        path = f"/api/v1/documents/{document_id}/status"
        while True:
            answer = served.client.get(path, headers=account.headers)
            status = answer.json() if answer.status_code == 200 else {"overall": "PENDING"}
            if status["overall"] == "COMPLETED":
                statuses.append(status)
                break
            assert status["overall"] != "FAILED", status
            assert time.monotonic() < deadline, status
            time.sleep(POLL_SECONDS)
    return statuses


def _ask(
    served: Served, done: Uploaded, path: str, field: str, questions: Sequence[Question]
) -> Asked:
    headers = {**done.account.headers, "X-Wait-For-Position": str(done.position)}
    right, in_first, in_any, seconds = [], [], [], []
    for question in questions:
        began = time.perf_counter()
        answer = served.client.post(path, headers=headers, json={"query": question.text})
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
        sources = answer.json()[field]
        expected = done.ids[question.paragraph]
        right.append(bool(sources) and sources[0]["document_id"] == expected)
        holding = [
            source["document_id"] == expected
            and source["start"] <= question.start
            and question.end <= source["end"]
            for source in sources
        ]
        in_first.append(holding[:1] == [True])
        in_any.append(any(holding))
    return Asked(
        statistics.mean(right), statistics.mean(in_first), statistics.mean(in_any), seconds
    )


def _role(process: psutil.Process) -> str:
    """What a process of the installation is for."""
    words = process.cmdline()
    if process.name() == "postgres":
        return "postgres, all its processes"
    if "interfaces.cli.main" in words:
        return words[words.index("interfaces.cli.main") + 1]
    if any("parser" in word for word in words):
        return "parsers, all of them"
    return process.name()


if __name__ == "__main__":
    main()
