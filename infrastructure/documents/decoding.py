"""Bytes to text, without guessing: a byte order mark decides, otherwise it is UTF-8."""

import codecs

from application.documents.analysis import Unextractable

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes, *, declared: str | None = None) -> str:
    """The text of `data`; `declared` is an encoding the file names itself, used without a mark.

    A guessed encoding would turn evidence into something that looks right and is not, so text
    that is not valid is refused with the place of the first bad byte.

    Raises:
        Unextractable: `text_encoding` or `text_nul_characters`.
    """
    mark, encoding = next(
        ((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)),
        (b"", declared or "utf-8"),
    )
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise Unextractable(
            "text_encoding",
            f"The text is not valid {encoding.upper()} (byte {error.start + len(mark)}). "
            "Save the file as UTF-8 and add it again.",
        ) from error
    if "\0" in text:
        raise Unextractable(
            "text_nul_characters",
            f"The text holds a NUL character (character {text.index(chr(0))}): it is a binary "
            "file, or UTF-16 without a byte order mark. Save it as UTF-8 text and add it again.",
        )
    return text
