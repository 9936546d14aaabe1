"""Commands about answers."""

from application import deciding
from application.actor import Actor
from application.answers.commands import GiveAnswer
from application.ports import Ports
from application.recorded import Recorded
from domain.answers import answer
from domain.ids import StreamId


async def give_answer(command: GiveAnswer, actor: Actor, ports: Ports) -> Recorded:
    """Record the receipt of an answer; its id is the receipt's.

    Raises:
        Forbidden: the actor may not read documents.
        QuestionInvalid: the question is empty, too long or not printable.
    """
    actor.require("documents:read")
    answer.check_question(command.question)
    events = answer.give(
        question=command.question,
        answer=command.answer,
        model=command.model,
        index_position=command.index_position,
        sources=command.sources,
        knowledge_base_id=command.knowledge_base_id,
    )
    return await deciding.create(StreamId(ports.ids.new()), events, actor, ports)
