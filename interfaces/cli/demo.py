"""`muniment demo`: a tenant of its own, real files, three questions, and what the log keeps of it.

It is a client like any other: all it knows of Muniment comes over HTTP.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from interfaces.cli import demo_files, demo_screen
from interfaces.cli.demo_answers import Answer, Fact, Source
from interfaces.cli.demo_client import DemoClient, Refused
from interfaces.cli.demo_files import File
from interfaces.cli.demo_report import Asked, Cited, Followed, Report
from interfaces.cli.demo_screen import Screen
from interfaces.cli.preflight import CannotStart

POLL_SECONDS = 0.1
POLLED_AT_ONCE = 50
STILL_SECONDS_MAX = 120.0
"""When nothing moves for this long, something is wrong over there."""


def run(paths: Sequence[Path], url: str, *, as_json: bool) -> None:
    """Tell the whole story; exit with 1 if a part of it failed.

    Raises:
        CannotStart: there is nothing to upload, or no Muniment at `url`.
    """
    files = demo_files.choose(paths)
    with DemoClient(url) as client:
        if not client.is_ready():
            raise CannotStart(f"no Muniment answers at {url}: start one first with `make run`")
        screen = demo_screen.choose(as_json=as_json)
        try:
            report = Demo(client, screen, url).play(files)
        except Refused as refused:
            raise CannotStart(f"{url} answers: {refused}") from refused
    screen.end(report)
    if report.problems:
        sys.exit(1)


class Demo:
    """One demonstration from its first request to its last."""

    def __init__(self, client: DemoClient, screen: Screen, url: str) -> None:
        self._client = client
        self._screen = screen
        self._url = url
        self._began = time.monotonic()
        self._texts: dict[UUID, str] = {}

    def play(self, files: Sequence[File]) -> Report:
        """Everything, in order."""
        tenant = self._client.register()
        knowledge_base_id = self._client.create_knowledge_base("Demonstration")
        followed = [Followed(file=file.name, title=file.title) for file in files]
        self._screen.begin(tenant, followed)
        with self._screen.following(followed) as moved:
            for file, document in zip(files, followed, strict=True):
                self._upload(file, document, knowledge_base_id)
                moved()
            self._follow(followed, moved)
        facts = [fact for document in followed for fact in self._history(document)]
        facts.sort(key=lambda fact: fact.position)
        report = Report(
            url=self._url,
            tenant=tenant,
            knowledge_base_id=knowledge_base_id,
            documents=followed,
            answers=[],
            events=facts,
        )
        for question in demo_files.questions(files, followed, facts):
            asked = self._ask(question, report.position)
            report.answers.append(asked)
            self._screen.answered(asked)
        report.seconds = round(time.monotonic() - self._began, 3)
        report.judge(answerable=demo_files.are_samples(files))
        return report

    def _upload(self, file: File, document: Followed, knowledge_base_id: UUID) -> None:
        try:
            document.id = self._client.upload(file.path, file.title, knowledge_base_id)
        except (Refused, OSError) as refused:
            document.problem = str(refused)

    def _follow(self, followed: Sequence[Followed], moved: Callable[[], None]) -> None:
        """Until each document has gone through its stages, or nothing moves any more."""
        still_since = time.monotonic()
        waiting = [document for document in followed if not document.settled]
        while waiting and time.monotonic() - still_since < STILL_SECONDS_MAX:
            for document in waiting[:POLLED_AT_ONCE]:
                status = self._client.status(document.need_id())
                if status != document.status:
                    document.status = status
                    still_since = time.monotonic()
            moved()
            # Those that were not looked at this time come first the next time.
            waiting = waiting[POLLED_AT_ONCE:] + waiting[:POLLED_AT_ONCE]
            waiting = [document for document in waiting if not document.settled]
            if waiting:
                time.sleep(POLL_SECONDS)
        for document in waiting:
            document.problem = f"nothing has moved for {STILL_SECONDS_MAX:.0f} s"

    def _history(self, document: Followed) -> Sequence[Fact]:
        return [] if document.id is None else self._client.history(document.id)

    def _ask(self, question: str, position: int) -> Asked:
        answer: Answer = self._client.ask(question, position)
        cited = [Cited(source=source, exact=self._is_exact(source)) for source in answer.sources]
        return Asked(
            question=question, answer=answer.answer, receipt_id=answer.receipt_id, sources=cited
        )

    def _is_exact(self, source: Source) -> bool:
        """Whether the document has this text at this place."""
        if source.document_id not in self._texts:
            self._texts[source.document_id] = self._client.text(source.document_id)
        return self._texts[source.document_id][source.start : source.end] == source.text
