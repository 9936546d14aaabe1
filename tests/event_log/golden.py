"""Golden samples: events as they were once encoded, and what opens the boxes in them."""

from collections import defaultdict
from pathlib import Path
from uuid import UUID

from domain.event import Event
from infrastructure.event_log import codec
from infrastructure.event_log.codec import Place

FOLDER = Path(__file__).parents[1] / "golden"

PERSON = UUID("0192f000-0000-7000-8000-000000000001")
PLACE = Place(UUID("0192f000-0000-7000-8000-00000000000a"), PERSON, 1)
"""Where each sample stood when it was encoded: in a login's stream, that of the person."""
KEYS = {PERSON: bytes(range(32))}


def samples() -> dict[tuple[str, int], list[Path]]:
    """Every sample by type and schema."""
    found: dict[tuple[str, int], list[Path]] = defaultdict(list)
    for path in sorted(FOLDER.glob("*.json")):
        parts = path.name.split(".")
        number = next(index for index, part in enumerate(parts) if part.isdigit())
        found[".".join(parts[:number]), int(parts[number])].append(path)
    return found


def decoded(type_: str, schema: int, path: Path) -> Event | None:
    """What a sample says, with the key that opens it."""
    return codec.decode(type_, schema, path.read_bytes().strip(), PLACE, KEYS)
