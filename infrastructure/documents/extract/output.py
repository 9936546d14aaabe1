"""Where every extractor's text ends: limited while it grows, normalised when it is done."""

import re
import unicodedata

from application.documents.analysis import Unextractable

CHARACTERS_MAX = 10_000_000
"""About 4,000 printed pages, and 40 MB at worst: what one job may hold in memory several times."""

# C0 (without tab and newline), DEL, C1, the byte order mark, non-characters, lone surrogates,
# and the soft hyphen, which would hide a word from every search.
_REMOVED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u2007\u202f]")
_BLANK_BEFORE_NEWLINE = re.compile(r"(?<![ \t])[ \t]+(?=\n)")
_BLANK_LINES = re.compile(r"\n{3,}")


class Lines:
    """Collects text and refuses more than `CHARACTERS_MAX` characters of it.

    The limit holds while the text grows, because a small file can repeat its own header or path
    millions of times.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._characters = 0

    def add(self, text: str) -> None:
        """Append `text` as it is.

        Raises:
            Unextractable: `text_too_large`.
        """
        self._characters += len(text)
        check_size(self._characters)
        self._parts.append(text)

    def text(self) -> str:
        """All that was added."""
        return "".join(self._parts)


def check_size(characters: int) -> None:
    """Refuse more text than one document may have.

    Raises:
        Unextractable: `text_too_large`.
    """
    if characters > CHARACTERS_MAX:
        raise Unextractable(
            "text_too_large",
            f"The document holds more than {CHARACTERS_MAX:,} characters of text. "
            "Split it and add the parts.",
        )


def normalised(text: str) -> str:
    """The one form all texts have; offsets of passages count in it.

    NFC, because a reader cannot see the difference and search must not either (Unicode
    Standard Annex 15); `\\n` line ends; no control characters but tab and newline; no-break
    spaces as spaces; no blanks at line ends and at most one blank line in a row.
    """
    text = _SURROGATES.sub("\ufffd", text)
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    text = _SPACES.sub(" ", _REMOVED.sub("", text))
    text = _BLANK_LINES.sub("\n\n", _BLANK_BEFORE_NEWLINE.sub("", text))
    return text.strip("\n").rstrip()
