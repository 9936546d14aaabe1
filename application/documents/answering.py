"""Answers in a document's own words: the sentences that fit a question best.

Nothing is generated: the same question and passages give the same answer, and every word of it
stands in a document at the place its source names.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set

import msgspec

from application.documents import sentences, words
from application.documents.passages import Passage

NOT_FOUND = "The documents hold no answer to this question."

SENTENCES_MAX = 3

PASSAGES_MAX = 5
"""More passages answer no more of the questions (XQuAD)."""

_COVERED_MIN = 0.22
"""The share of the question, by weight of its words, that a sentence and the one before it have to
hold together. Measured on XQuAD: of the questions whose article is there, at most 5 % are refused;
of those whose article isn't, half (English, Arabic, German) or an eighth (Vietnamese)."""

_CLOSE = 0.7
"""A further sentence is cited when its score is at least this share of the best one's."""

_BEFORE = 0.3  # what a word in the sentence before counts: it may be what "it" and "he" refer to
_RANK = 0.8  # what the passage's own score counts beside the sentence's
_STEM_CHARACTERS = 6
_STEM_CHARACTERS_ARABIC = 4  # vowels are not written
_UNSEEN = 10  # sentences taken to be elsewhere, so that few sentences don't make words common
_LONG_CHARACTERS = 8

# "The", alone or with "and", "in", "like", "so"; "for the"; and these without "the".
_ARABIC_PREFIX = re.compile(
    "(?:[\u0648\u0628\u0643\u0641]?\u0627\u0644|\u0644\u0644|[\u0648\u0641\u0628\u0643\u0644])(?=\\w{3})"
)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A citation: `text` is `[start, end)` of the document's text, in code points."""

    passage: Passage
    text: str
    start: int
    end: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences cited, best first, and where each stands; no sources where nothing fits."""

    answer: str
    sources: list[Source]


class _Candidate(msgspec.Struct, frozen=True, kw_only=True):
    source: Source
    words: frozenset[str]
    """Words of the question in it."""
    before: frozenset[str]
    """Words of the question in the sentence before it, and not in it."""


def answer(question: str, passages: Sequence[Passage]) -> Answer:
    """Cite the one to three sentences of the passages (best first) that fit the question best."""
    lengths = {_stem(word): len(word) for word in words.of(question)}
    candidates = _candidates(lengths.keys(), passages[:PASSAGES_MAX])
    weights = _weights(lengths, candidates)
    covered = max((_sum(weights, each.words | each.before) for each in candidates), default=0.0)
    if not covered or covered < _COVERED_MIN * sum(weights.values()):
        return Answer(answer=NOT_FOUND, sources=[])
    sources = _best(candidates, weights)
    return Answer(answer=" ".join(source.text for source in sources), sources=sources)


def _best(candidates: Sequence[_Candidate], weights: Mapping[str, float]) -> list[Source]:
    whole = _sum(weights, frozenset().union(*(each.words for each in candidates)))
    best_passage = max(each.source.passage.score for each in candidates) or 1.0
    scored = [
        (
            (_sum(weights, each.words) + _BEFORE * _sum(weights, each.before)) / (whole or 1.0)
            + _RANK * each.source.passage.score / best_passage,
            each.source,
        )
        for each in candidates
        if each.words or each.before
    ]
    scored.sort(key=lambda one: -one[0])  # stable: equal ones stay in the order of the passages
    chosen: list[Source] = []
    for score, source in scored:
        if len(chosen) == SENTENCES_MAX or score < _CLOSE * scored[0][0]:
            break
        if not any(_overlap(source, other) for other in chosen):
            chosen.append(source)
    return chosen


def _candidates(asked: Set[str], passages: Sequence[Passage]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for passage in passages:
        before: frozenset[str] = frozenset()
        for span in sentences.spans(passage.text):
            text = passage.text[span.start : span.end]
            within = frozenset(asked & {_stem(word) for word in words.of(text)})
            source = Source(
                passage=passage,
                text=text,
                start=passage.start + span.start,
                end=passage.start + span.end,
            )
            found.append(_Candidate(source=source, words=within, before=before - within))
            before = within
    return found


def _weights(lengths: Mapping[str, int], candidates: Sequence[_Candidate]) -> dict[str, float]:
    """How much each word of the question tells: rare and long ones more than "what" and "is"."""
    holding = Counter(word for each in candidates for word in each.words)
    sentences_ = len(candidates) + _UNSEEN
    return {
        word: min(length, _LONG_CHARACTERS) ** 1.5
        * math.log(1 + (sentences_ - holding[word] + 0.5) / (holding[word] + 0.5))
        for word, length in lengths.items()
    }


def _sum(weights: Mapping[str, float], chosen: Set[str]) -> float:
    return sum(weights[word] for word in sorted(chosen))  # in one order: the same to the last bit


def _overlap(one: Source, other: Source) -> bool:
    same = one.passage.document_id == other.passage.document_id
    return same and one.start < other.end and other.start < one.end


def _stem(word: str) -> str:
    """Words with the same stem are taken for one; the language isn't known here."""
    if word[:1] < "\u0600":
        return word[:_STEM_CHARACTERS]
    return _ARABIC_PREFIX.sub("", word, count=1)[:_STEM_CHARACTERS_ARABIC]
