"""Which language a text is in."""

import threading
from typing import Any

# ruff: noqa: SIM905 - a list of words reads better as words

# ISO 639-1 codes of languages with large numbers of writers. The model knows more, mostly close
# relatives of these (Low German, Egyptian Arabic, Nigerian Pidgin), which only take away from
# the certainty about short texts.
_LANGUAGES = (
    "af ar az be bg bn ca cs cy da de el en eo es et eu fa fi fr ga gl gu he hi hr hu hy id is it "
    "ja ka kk km kn ko ky la lo lt lv mg mk ml mn mr ms my ne nl no or pa pl ps pt ro ru si sk sl "
    "so sq sr sv sw ta te th tl tr ug uk ur uz vi yo zh zu".split()
)

_CONFIDENCE_MIN = 0.5
"""Share of the probability. Of the 4,760 questions of XQuAD in en, de, ar and vi, none longer than
250 characters, it withholds 62 answers and lets 3 wrong ones pass."""

_LETTER_BYTES_MIN = 20
"""UTF-8 bytes of letters: three to four words, or seven Chinese characters."""

_SAMPLE_CHARACTERS = 4_000
"""Taken from the beginning, the middle and the end; more changes no answer and costs time."""


class LanguageDetector:
    """Naive Bayes over byte n-grams (py3langid), loaded once, on first use (about 1 s)."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._identifier: Any = None

    def detect(self, text: str) -> str | None:
        """ISO 639-1 code, or None where the text is too short or mixed to tell."""
        sample = _sample(text)
        letters = "".join(character for character in sample if character.isalpha())
        if len(letters.encode("utf-8", "replace")) < _LETTER_BYTES_MIN:
            return None
        code, confidence = self._loaded().classify(sample)
        return str(code) if confidence >= _CONFIDENCE_MIN else None

    def _loaded(self) -> Any:
        with self._loading:
            if self._identifier is None:
                # The library's own module-level identifier would be shared and unrestricted.
                from py3langid import langid  # type: ignore[import-untyped]  # has no type hints

                identifier = langid.LanguageIdentifier.from_model_file(
                    langid.MODEL_FILE, norm_probs=True
                )
                identifier.set_languages(_LANGUAGES)
                self._identifier = identifier
            return self._identifier


def _sample(text: str) -> str:
    size = _SAMPLE_CHARACTERS
    if len(text) <= 3 * size:
        return text
    middle = len(text) // 2
    return "\n".join((text[:size], text[middle : middle + size], text[-size:]))
