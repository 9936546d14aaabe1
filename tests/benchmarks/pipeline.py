"""Documents through the whole pipeline and questions about them, over HTTP only.

The documents are the 240 English paragraphs of XQuAD, the questions 200 of its 1,190: each is
answered by a span of its own paragraph.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.api import Account
from tests.benchmarks import processes, xquad
from tests.benchmarks.report import Report, percentile
from tests.served import Served

ROUNDS = 5
FEW = 24
QUESTIONS = 200
UPLOADERS = 4
COMPLETED_WITHIN_SECONDS = 600.0
POLL_SECONDS = 0.25


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
    if not xquad.ENGLISH.exists():
        sys.stdout.write(f"bench-pipeline is skipped: there is no {xquad.ENGLISH}\n")
        return
    paragraphs, questions = xquad.load(xquad.ENGLISH, QUESTIONS)
    report = Report("pipeline")
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as folder:
        served = Served(Path(folder) / "data", {"MUNIMENT_LIMITS": "off"})
        try:
            measure(served, paragraphs, questions, report)
        finally:
            if served.process is not None and served.process.poll() is None:
                served.interrupt()
    report.finish()


def measure(
    served: Served, paragraphs: Sequence[str], questions: Sequence[xquad.Question], report: Report
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
    for name, megabytes in processes.memory(served).items():
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
    served: Served, rounds: Sequence[Uploaded], questions: Sequence[xquad.Question], report: Report
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
    served: Served, done: Uploaded, path: str, field: str, questions: Sequence[xquad.Question]
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


if __name__ == "__main__":
    main()
