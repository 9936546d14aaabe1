"""Key phrases of a text from the text alone.

Candidates are runs of one to three words between function words and punctuation, as in RAKE
(Rose et al. 2010, "Automatic Keyword Extraction from Individual Documents"); they are ranked by
C-value (Frantzi et al. 2000, "Automatic Recognition of Multi-Word Terms"), which takes from a
phrase what it has only as a part of longer ones. Nothing is learned and no language is required:
where there is no list of function words, short words take its place.
"""

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from infrastructure.documents import function_words, words

KEYWORDS_MAX = 12

_PHRASE_WORDS_MAX = 3
_WORD_CHARACTERS_MIN, _WORD_CHARACTERS_MAX = 3, 40
_SHORT_WORD_CHARACTERS = 4
"""Without a list, words up to here count as function words; most of them are."""

_USUAL_WORD_CHARACTERS = 7.0
_EARLY_BONUS = 0.3
"""What comes first is more often what a text is about (KEA's position feature, Witten 1999)."""

_HAN_RUN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]{2,}|[\u30a1-\u30fe]{3,}")
_HAN_LENGTHS = range(2, 7)
_HAN_CHARACTERS_MAX = 30_000
"""A text of this length has shown what it repeats; each character makes five candidates."""
_BREAK = re.compile(r"[^\S ]|[^\w\s'\u2019&-]|  ")


def keywords(text: str, language: str | None) -> tuple[str, ...]:
    """At most 12 phrases, best first, as the text most often writes them."""
    stops = function_words.of(language)
    counts: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], int] = {}
    written: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for place, phrase in itertools.chain(_candidates(text, stops), _han_candidates(text)):
        key = tuple(word.casefold() for word in phrase)
        counts[key] += 1
        first.setdefault(key, place)
        written[key][" ".join(phrase)] += 1
    once = max(counts.values(), default=0) <= 1
    kept = {key: n for key, n in counts.items() if n > 1 or once or _is_single_word(key)}
    scores = _c_values(kept)
    for key in scores:
        early = 1 - first[key] / max(1, len(text))
        scores[key] *= (1 + _EARLY_BONUS * early) * _length_weight(key)
    return _chosen(scores, first, written)


def _candidates(text: str, stops: frozenset[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Place and words of each candidate; runs are broken by punctuation and function words."""
    run: list[tuple[int, str]] = []
    end = 0
    for found in words.NAME.finditer(words.UNSPACED.sub("\n", text)):
        if run and _BREAK.search(text, end, found.start()):
            yield from _parts(run)
            run = []
        word = found.group().removesuffix("'s").removesuffix("\u2019s")
        end = found.end()
        if _is_function_word(word, stops):
            yield from _parts(run)
            run = []
        else:
            run.append((found.start(), word))
    yield from _parts(run)


def _parts(run: list[tuple[int, str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for size in range(1, _PHRASE_WORDS_MAX + 1):
        for start in range(len(run) - size + 1):
            part = run[start : start + size]
            yield part[0][0], tuple(word for _, word in part)


def _is_function_word(word: str, stops: frozenset[str]) -> bool:
    if not _WORD_CHARACTERS_MIN <= len(word) <= _WORD_CHARACTERS_MAX:
        return not (word.isupper() and len(word) > 1)
    if word.casefold().replace("\u2019", "'") in stops:
        return True
    return not stops and len(word) < _SHORT_WORD_CHARACTERS


def _han_candidates(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Short strings within runs of Chinese characters or katakana, which have no spaces."""
    for run in _HAN_RUN.finditer(text[:_HAN_CHARACTERS_MAX]):
        if run.group()[0] < "\u3400":
            yield run.start(), (run.group()[:_WORD_CHARACTERS_MAX],)  # katakana: a word already
            continue
        for size in _HAN_LENGTHS:
            for start in range(run.start(), run.end() - size + 1):
                yield start, (text[start : start + size],)


def _c_values(counts: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], float]:
    inside: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for key, count in counts.items():
        for part in _nested(key):
            if part in counts:
                inside[part].append(count)
    values = {}
    for key, count in counts.items():
        longer = inside[key]
        own = count - sum(longer) / len(longer) if longer else float(count)
        size = len(key[0]) / 2 if _is_han(key) else len(key)
        values[key] = math.log2(size + 1) * own
    return values


def _nested(key: tuple[str, ...]) -> set[tuple[str, ...]]:
    if _is_han(key):
        run = key[0]
        return {
            (run[start : start + size],)
            for size in _HAN_LENGTHS
            if size < len(run)
            for start in range(len(run) - size + 1)
        }
    return {
        key[start : start + size]
        for size in range(1, len(key))
        for start in range(len(key) - size + 1)
    }


def _is_han(key: tuple[str, ...]) -> bool:
    return len(key) == 1 and key[0][0] >= "\u3400" and len(key[0]) <= max(_HAN_LENGTHS)


def _is_single_word(key: tuple[str, ...]) -> bool:
    return len(key) == 1 and not _is_han(key)


def _length_weight(key: tuple[str, ...]) -> float:
    """Longer words say more; beyond a usual length they say no more than that."""
    if _is_han(key):
        return 1.0
    longest = max(map(len, key))
    return min(1.0, longest / _USUAL_WORD_CHARACTERS)


def _chosen(
    scores: dict[tuple[str, ...], float],
    first: dict[tuple[str, ...], int],
    written: dict[tuple[str, ...], Counter[str]],
) -> tuple[str, ...]:
    """The best, leaving out what says only a part of one already chosen."""
    ranked = sorted(scores, key=lambda key: (-scores[key], first[key], key))
    chosen: list[tuple[str, ...]] = []
    for key in ranked:
        if scores[key] <= 0 or len(chosen) == KEYWORDS_MAX:
            break
        if not any(set(key) <= set(other) or _within(key, other) for other in chosen):
            chosen.append(key)
    return tuple(_usual(written[key]) for key in chosen)


def _within(key: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return _is_han(key) and key[0] in other[0]


def _usual(forms: Counter[str]) -> str:
    """The form written most often; among equals the one with fewest capitals."""
    return min(forms, key=lambda form: (-forms[form], sum(map(str.isupper, form)), form))
