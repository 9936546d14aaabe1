"""What may happen to a knowledge base."""

import pytest

from domain.documents import knowledge_base
from domain.documents.events import KnowledgeBaseCreated
from tests.given import given


def test_a_knowledge_base_is_created_under_its_trimmed_name() -> None:
    given(knowledge_base.evolve).when(knowledge_base.create, name=" Contracts ").then(
        KnowledgeBaseCreated(name="Contracts")
    )


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x00", "x" * 256])
def test_a_name_is_one_printable_line(name: str) -> None:
    given(knowledge_base.evolve).when(knowledge_base.create, name=name).then_refused(
        knowledge_base.KnowledgeBaseNameInvalid
    )


@pytest.mark.parametrize("description", ["x" * 2001, "a\x00b"])
def test_a_description_is_printable_and_not_endless(description: str) -> None:
    given(knowledge_base.evolve).when(
        knowledge_base.create, name="Contracts", description=description
    ).then_refused(knowledge_base.KnowledgeBaseDescriptionInvalid)


def test_a_description_may_have_paragraphs() -> None:
    given(knowledge_base.evolve).when(
        knowledge_base.create, name="Contracts", description="one\n\ttwo"
    ).then(KnowledgeBaseCreated(name="Contracts", description="one\n\ttwo"))
