"""What a demonstration came to: what is shown at its end, and its `--json`."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from interfaces.cli.demo_answers import Fact, Source, Status, Tenant

STAGES = ("INGESTION", "QUALITY", "TAXONOMY", "GRAPH", "EMBEDDING")


class Followed(msgspec.Struct, kw_only=True):
    """One file on its way: `status` as last seen, `problem` where it got stuck or was refused."""

    file: str
    title: str
    id: UUID | None = None
    status: Status | None = None
    problem: str | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        if self.problem is not None:
            return True
        if self.status is None:
            return False
        stages = self.status.stages
        if self.status.overall == "FAILED" and stages["INGESTION"].status == "FAILED":
            return True
        return all(stage.status in ("COMPLETED", "FAILED") for stage in stages.values())

    @property
    def completed(self) -> bool:
        """Whether it went through all of its stages."""
        return self.status is not None and self.status.overall == "COMPLETED"

    def need_id(self) -> UUID:
        """The id of a file that was taken."""
        if self.id is None:
            raise LookupError(self.file)
        return self.id


class Cited(msgspec.Struct, frozen=True, kw_only=True):
    """A source, and whether the document has exactly this text at this place."""

    source: Source
    exact: bool


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question and what came back."""

    question: str
    answer: str
    receipt_id: UUID
    sources: Sequence[Cited]


class Report(msgspec.Struct, kw_only=True):
    """The whole demonstration. It went well if there are no `problems`."""

    url: str
    tenant: Tenant
    knowledge_base_id: UUID
    documents: Sequence[Followed]
    answers: list[Asked]
    events: Sequence[Fact]
    seconds: float = 0.0
    problems: list[str] = msgspec.field(default_factory=list)

    @property
    def position(self) -> int:
        """The position of the last event of any document."""
        return max((fact.position for fact in self.events), default=0)

    def judge(self, *, answerable: bool) -> None:
        """Note everything that should have gone better.

        Args:
            answerable: whether the documents are known to answer the questions.
        """
        for document in self.documents:
            problem = document.problem or failure(document)
            if problem is not None:
                self.problems.append(f"{document.file}: {problem}")
        for asked in self.answers:
            if answerable and not asked.sources:
                self.problems.append(f"no source was found for: {asked.question}")
            if not all(cited.exact for cited in asked.sources):
                self.problems.append(f"a source is not where it should be for: {asked.question}")


def failure(document: Followed) -> str | None:
    """The first stage that failed, with its reason and what to do about it."""
    if document.status is None:
        return None
    for name in STAGES:
        stage = document.status.stages[name]
        if stage.status == "FAILED":
            return f"{name} failed ({stage.reason}): {stage.detail}"
    return None
