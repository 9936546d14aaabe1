"""Which stream of the platform's log a fact belongs to."""

from uuid import UUID, uuid5

from domain.ids import PLATFORM, StreamId


def of_projection(name: str) -> StreamId:
    """What is done to one projection, in the order in which it is done."""
    return StreamId(uuid5(PLATFORM, f"projection/{name}"))


def of_backups() -> StreamId:
    """What is done about backups, in the order in which it is done."""
    return StreamId(uuid5(PLATFORM, "backups"))


def of_dead_letter(dead_letter_id: UUID) -> StreamId:
    """What is done about one dead letter."""
    return StreamId(dead_letter_id)
