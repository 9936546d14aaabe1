"""States of the library's own events as JSON from which every value comes back as what it was."""

from typing import Any

from eventsourcing import persistence


class TupleAsList(persistence.Transcoding):
    """A tuple comes back as a tuple."""

    type = tuple
    name = "tuple_as_list"

    def encode(self, obj: tuple[Any, ...]) -> list[Any]:
        """Its items."""
        return list(obj)

    def decode(self, data: list[Any]) -> tuple[Any, ...]:
        """The tuple of the items."""
        return tuple(data)


class ExactTranscoder(persistence.JSONTranscoder):
    """The library's JSON transcoder without its blind spots.

    That one never sees tuples, nor subclasses of str, int, float, list and dict, because `json`
    encodes them itself. This one uses the transcoding registered for their exact type. It reads
    whatever the other wrote.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register(TupleAsList())

    def encode(self, obj: Any) -> bytes:
        """The object as JSON in UTF-8."""
        return super().encode(self._plain(obj))

    def _plain(self, obj: Any) -> Any:
        transcoding = self.types.get(type(obj))
        if transcoding is not None:
            return {"_type_": transcoding.name, "_data_": self._plain(transcoding.encode(obj))}
        if isinstance(obj, dict):
            return {key: self._plain(value) for key, value in obj.items()}
        if isinstance(obj, list):
            return [self._plain(item) for item in obj]
        return obj  # json's own, or refused by the encoder with the library's words
