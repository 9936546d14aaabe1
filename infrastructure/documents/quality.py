"""How usable a text is for finding answers in it.

The figures are those of two published filters for text corpora, where they carry over to single
documents in any language:

- Gopher: Rae et al. 2021, "Scaling Language Models", arXiv:2112.11446, table A1 and section A.1.
- C4: Raffel et al. 2020, "Exploring the Limits of Transfer Learning", arXiv:1910.10683, part 2.2.

The factors by which flags lower the score are ours: they order flags by how little a text with
that flag can still answer.
"""

import re
import zlib
from collections import Counter

from application.documents.analysis import Assessment
from infrastructure.documents import words

WORDS_MIN = 50
"""Gopher: documents under 50 words are left out."""

WORDS_WITH_LETTERS_MIN = 0.8
"""Gopher: at least 80 % of words have a letter."""

DUPLICATE_LINES_MAX = 0.3
"""Gopher: at most 30 % of lines say what another line says."""

BULLET_LINES_MAX, ELLIPSIS_LINES_MAX = 0.9, 0.3
"""Gopher: lines that begin with a bullet, lines that end in an ellipsis."""

PACKED_MIN = 0.1
"""Ours: prose packs (zlib) to 35 to 55 % of its size, tables to 15 %; less than a tenth says the
same over and over."""

GARBLED_CHARACTERS_MAX = 0.01
"""Ours: replacement and private-use characters; a sound text has none."""

MOJIBAKE_PER_WORD_MAX = 0.05
"""Ours: a text read in the wrong encoding has such a pair in every tenth word or more."""

WORD_LENGTH_MIN, WORD_LENGTH_MAX = 2.0, 20.0
"""Gopher has 3 to 10 for English; wider here for Vietnamese and Finnish. Below stand letters
spaced out one by one, above words run together, or encoded data."""

BOILERPLATE_CHARACTERS_MAX = 0.3
"""Ours: share of short lines with the phrases of menus and footers, which C4 removes by line."""

FACTORS = {
    "garbled": 0.2,
    "boilerplate": 0.4,
    "repetitive": 0.4,
    "too_short": 0.5,
    "mostly_symbols": 0.6,
    "fragments": 0.7,
    "language_unknown": 0.8,
}
"""What each flag multiplies the score by; a text without flags has 1."""

_LINES_MIN = 10
_WORDS_MEASURED_MIN = 5
_SHORT_LINE_CHARACTERS = 120
_GARBLED = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
_MOJIBAKE = re.compile("Ã[\u0080-\u00bf]|Â[\u0080-\u00bf]|â€|ï»¿|Ð[\u0080-\u00bf]")
_BULLET = re.compile(r"\s*[•◦▪‣·*\u2013\u2014-]\s")
_BOILERPLATE = re.compile(
    r"cookie|privacy policy|terms of (?:use|service)|all rights reserved|javascript|"
    r"sign (?:in|up)|log ?in\b|subscribe|newsletter|skip to|back to top|share on|"
    r"datenschutz|impressum|nutzungsbedingungen|alle rechte vorbehalten|anmelden|abonnieren|"
    r"mentions légales|politique de confidentialité|tous droits réservés|se connecter|"
    r"aviso legal|política de privacidad|todos los derechos reservados|iniciar sesión",
    re.IGNORECASE,
)
_FILLER = re.compile(r"lorem ipsum", re.IGNORECASE)


def assess(text: str, language: str | None) -> Assessment:
    """Score `text` from its own words; likeness to other documents is not judged here."""
    count = words.count(text)
    lines = [line for line in text.splitlines() if line.strip()]
    found = {
        "garbled": _is_garbled(text, count),
        "boilerplate": _is_boilerplate(text, lines),
        "repetitive": _is_repetitive(text, lines),
        "too_short": count < WORDS_MIN,
        "mostly_symbols": _letters_share(text) < WORDS_WITH_LETTERS_MIN,
        "fragments": _is_fragments(lines),
        "language_unknown": language is None,
    }
    flags = tuple(flag for flag, holds in found.items() if holds)
    score = 1.0
    for flag in flags:
        score *= FACTORS[flag]
    return Assessment(score=round(score, 3), flags=flags)


def _is_garbled(text: str, count: int) -> bool:
    if len(_GARBLED.findall(text)) > GARBLED_CHARACTERS_MAX * len(text):
        return True
    if len(_MOJIBAKE.findall(text)) > max(1, MOJIBAKE_PER_WORD_MAX * count):
        return True
    lengths = words.lengths(text)
    if len(lengths) < _WORDS_MEASURED_MIN:
        return False
    mean = sum(lengths) / len(lengths)
    return mean > WORD_LENGTH_MAX or (count >= WORDS_MIN and mean < WORD_LENGTH_MIN)


def _is_boilerplate(text: str, lines: list[str]) -> bool:
    if _FILLER.search(text):
        return True
    short = [line for line in lines if len(line) <= _SHORT_LINE_CHARACTERS]
    matched = sum(len(line) for line in short if _BOILERPLATE.search(line))
    return matched > BOILERPLATE_CHARACTERS_MAX * max(1, sum(map(len, lines)))


def _is_repetitive(text: str, lines: list[str]) -> bool:
    if len(lines) >= _LINES_MIN:
        distinct = len(Counter(line.strip() for line in lines))
        if len(lines) - distinct > DUPLICATE_LINES_MAX * len(lines):
            return True
    data = text.encode("utf-8", "replace")
    return len(data) >= 1_000 and len(zlib.compress(data)) < PACKED_MIN * len(data)  # noqa: PLR2004 - below, zlib's own header weighs in


def _letters_share(text: str) -> float:
    parts = text.split()
    with_letters = sum(any(character.isalpha() for character in part) for part in parts)
    return with_letters / max(1, len(parts))


def _is_fragments(lines: list[str]) -> bool:
    if len(lines) < _LINES_MIN:
        return False
    bullets = sum(bool(_BULLET.match(line)) for line in lines)
    trailing = sum(line.rstrip().endswith(("...", "…")) for line in lines)
    return bullets > BULLET_LINES_MAX * len(lines) or trailing > ELLIPSIS_LINES_MAX * len(lines)
