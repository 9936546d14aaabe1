"""Plain text and Markdown: what is written is the text."""

from infrastructure.documents import decoding


def text(data: bytes) -> str:
    """The decoded text; Markdown keeps its marks, which people read well."""
    return decoding.decode(data)
