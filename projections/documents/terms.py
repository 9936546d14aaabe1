"""Words as the lexical index keeps them: stemmed, counted, numbered.

The terms of a text are its lexemes and the pairs of neighbouring lexemes ("new york"). A term's
number is a hash of it, so that no dictionary of numbers has to be kept, shared or rebuilt: with a
billion numbers, a question's word meets another word's number in one of 10,000 tenants of 10,000
different terms, and then adds a little to a wrong passage.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

SPACE = 1_000_000_000  # the most dimensions a pgvector `sparsevec` has
PRESENT_MAX = 16_000  # the most of them that may be set

NUMBERS_KEPT = 65_536
"""Of the terms met last, so that words which come again cost nothing."""

SIMPLE = "simple"

_STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}

DICTIONARIES = (SIMPLE, *sorted({f"{name}_stem" for name in _STEMMERS.values()}))
"""The text search dictionaries of PostgreSQL in use; all of them belong to every server."""


def dictionary(language: str | None) -> str:
    """The dictionary that stems an ISO 639-1 language and knows its stop words."""
    name = _STEMMERS.get(language or "")
    return f"{name}_stem" if name else SIMPLE


def count(text: Sequence[str], title: Sequence[str]) -> Counter[str]:
    """How often each term occurs in a passage, its document's title added."""
    return Counter([*text, *pairs(text), *title, *pairs(title)])


def pairs(lexemes: Sequence[str]) -> Iterator[str]:
    """The pairs of neighbours; a lexeme has no space in it, so no pair looks like one."""
    return (f"{one} {next_}" for one, next_ in itertools.pairwise(lexemes))


def sparse(counted: Counter[str]) -> str:
    """Counted terms as pgvector reads a `sparsevec`: `{17:1,4:2}/1000000000`."""
    numbered: Counter[int] = Counter()
    for term, times in counted.most_common(PRESENT_MAX):
        numbered[number(term)] += times
    return "{" + ",".join(f"{at}:{times}" for at, times in numbered.items()) + f"}}/{SPACE}"


@lru_cache(NUMBERS_KEPT)
def number(term: str) -> int:
    """The dimension of a term, from 1."""
    digest = hashlib.blake2b(term.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % SPACE + 1
