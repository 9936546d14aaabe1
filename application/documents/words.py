"""Words of a text in any script, in the form in which texts and questions are compared.

The same function cuts what is indexed and what is asked, so whatever it does to a word it does on
both sides. Stemming comes later and depends on the language; this does not.
"""

import re
import unicodedata

# Letters and digits, with the marks that stand inside words: combining accents, Hebrew and Arabic
# points, and the vowel signs of the scripts of India and South-East Asia.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u06ea-\u06ed\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ece"
    "\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
)
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")

# Scripts written without spaces between words (Korean has them, but joins particles to nouns).
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)

# Points and stretches that Arabic writers may leave out, and the dot that folding leaves of a
# Turkish capital.
_DROPPED = re.compile("[\u0307\u0610-\u061a\u0640\u064b-\u0655\u0670]")

# "And the …", "so the …": a word with its conjunction, which the Arabic stemmer doesn't undo.
_ARABIC_AND_THE = re.compile("[\u0648\u0641](?=\u0627\u0644..)")


def of(text: str) -> list[str]:
    """The words in order, case-folded; overlapping pairs of characters in unspaced scripts."""
    folded = _DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold())
    found: list[str] = []
    for word in _WORD.findall(folded):
        if word.isascii():
            found.append(word)
        else:
            found += _parts(word)
    return found


def _parts(word: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > start:
            parts.append(word[start : run.start()])
        characters = run.group()
        parts += [characters[at : at + 2] for at in range(max(1, len(characters) - 1))]
        start = run.end()
    if start < len(word):
        rest = word[start:]
        conjunction = _ARABIC_AND_THE.match(rest)
        parts.append(rest[conjunction.end() :] if conjunction else rest)
    return parts
