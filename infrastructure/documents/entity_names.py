"""Names of people and organisations, told by capitals.

Made for languages that capitalise names (Latin, Greek, Cyrillic scripts). German capitalises every
noun, so there a single capitalised word is no name, and two side by side usually are.
"""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from infrastructure.documents import function_words, words
from infrastructure.documents.entity_patterns import Mention

# ruff: noqa: SIM905 - a list of words reads better as words

# Small words inside names: within a person's (Ursula von der Leyen, Charles de Gaulle), and
# after a word for an organisation (Department of Health and Safety, Amt für Umwelt).
_PARTICLES = frozenset("von van der den de del di da du la le zu zur bin al".split())
_OF = frozenset(("of", "the"))
_FOR = frozenset(("of", "for", "für"))
_AND = frozenset(("and", "&", "und"))
_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame lord lady judge captain herr herrn frau dr-ing "
    "madame monsieur mme mlle señor señora signor signora doña don".split()
)
_ORGANISATIONS = frozenset(
    "ltd limited inc incorporated llc llp plc corp corporation company co gmbh ag kg ohg ug se ev "
    "sa sas sarl spa srl bv nv oy ab as aps group holding holdings partners university college "
    "school institute academy hospital bank ministry council committee department board agency "
    "authority commission court parliament foundation association society union trust federation "
    "museum library archive archives church party club press office universität hochschule "
    "institut ministerium rat ausschuss abteilung vorstand behörde amt kommission gericht stiftung "
    "verein verband gesellschaft genossenschaft bibliothek archiv werke laboratories laboratory "
    "instruments services systems works".split()
)
_ROLES = (
    "chair|chairman|chairwoman|director|officer|manager|president|secretary|treasurer|engineer|"
    "minister|professor|editor|author|head|lead|ceo|cfo|cto|vorsitzende[rn]?|direktor(?:in)?|"
    "geschäftsführer(?:in)?|leiter(?:in)?|präsident(?:in)?|minister(?:in)?|sprecher(?:in)?"
)
_ROLE_AFTER = re.compile(rf"\s?[,(]\s?(?:\w{{1,12}}\s){{0,3}}(?:{_ROLES})\b", re.IGNORECASE)
_SAYS_AFTER = re.compile(
    r"\s(?:said|says|wrote|asked|reported|explained|joined|signed|chaired|proposed|noted|confirmed|"
    r"sagte|erklärte|berichtete|schrieb|fragte|unterzeichnete|leitete|bestätigte)\b"
)
_SENTENCE_END = re.compile(r"(?:[.!?:;•\"“„(\u2013\u2014]|^|\n|- |\| )\s*$")
_GAP = re.compile(r"\.? ")
_NAME_WORDS_MAX = 6
_PERSON_WORDS_MAX = 3
_CALENDAR = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday page".split()
)
_LEGAL_FORM = re.compile(
    r"(?: (?:ltd|limited|inc|incorporated|llc|llp|plc|corp|corporation|co|gmbh|ag|kg|se|e v|ev|"
    r"sarl|s a|sa|spa|srl|bv|b v|nv|oy|ab|as|aps))+$"
)
_NOUNS_CAPITALISED = frozenset(("de", "lb"))


class _Word(msgspec.Struct, frozen=True):
    text: str
    start: int
    end: int


def mentions(text: str, language: str | None) -> Iterator[Mention]:
    """Mentions in the order of the text, of kinds `person`, `organisation`, `name` and `alone`.

    `alone` is a capitalised word that means something only if it is the surname of a person
    named elsewhere in the text.
    """
    stops = function_words.of(language or "en")
    nouns_too = language in _NOUNS_CAPITALISED
    ordinary = {word for word in words.NAME.findall(text) if word.islower()} | _CALENDAR
    for run in _runs(text, nouns_too=nouns_too):
        starts = bool(run) and _starts_sentence(text, run[0])
        front = stops | ordinary if starts and not nouns_too else stops
        title, run = _without_front(run, front)  # noqa: PLW2901 - the same run, trimmed
        if not run:
            continue
        name = " ".join(word.text for word in run).removesuffix("'s").removesuffix("\u2019s")
        kind = _kind(text, run, titled=title)
        if len(run) == 1 and kind == "name" and run[0].text.casefold() in ordinary:
            continue
        if not _is_name(text, run, kind, nouns_too=nouns_too):
            if len(run) > 1:
                continue
            kind = "alone"
        yield Mention(
            kind=kind, name=name, key=normalised(name), start=run[0].start, end=run[-1].end
        )


def normalised(name: str) -> str:
    """The key of a name: no case, width, abbreviation marks or legal form of a company."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("\u2019", "'")
    key = " ".join(folded.replace(".", " ").split())
    return _LEGAL_FORM.sub("", key) or key


def _runs(text: str, *, nouns_too: bool) -> Iterator[list[_Word]]:
    """Runs of capitalised words, with the small words that hold some names together."""
    run: list[_Word] = []
    small: list[_Word] = []
    end = 0
    for found in words.NAME.finditer(text):
        word = _Word(found.group(), found.start(), found.end())
        joined = bool(run) and _joined(text, run, end, word.start)
        end = word.end
        if joined and len(small) < 2 and _connects(word, run, small, nouns_too=nouns_too):  # noqa: PLR2004 - "of the"
            small.append(word)
        elif word.text[0].isupper() and len(word.text) <= 40:  # noqa: PLR2004 - longer is no name
            if not joined or len(run) >= _NAME_WORDS_MAX:
                yield run
                run = []
            run = [*run, *small, word] if run else [word]
            small = []
        else:
            yield run
            run, small = [], []
    yield run


def _connects(word: _Word, run: list[_Word], before: list[_Word], *, nouns_too: bool) -> bool:
    """Whether a small word, after those `before` it, goes on with the name that `run` began."""
    small = word.text.casefold()
    if small == "the" and not before:
        return False
    if small in _AND:
        inside = {word.text.casefold() for word in run}
        return not before and bool(inside & _FOR) and inside.isdisjoint(_AND)
    if small in _FOR - _OF and _names_organisation(run):
        return True
    if small in _PARTICLES:
        return not nouns_too or run[0].text.casefold() in _TITLES
    return small in _OF and not nouns_too


def _names_organisation(run: list[_Word]) -> bool:
    return any(word.text.casefold() in _ORGANISATIONS for word in run)


def _joined(text: str, run: list[_Word], end: int, start: int) -> bool:
    """One space apart; or a full stop and a space after an initial or a title."""
    gap = text[end:start]
    if not _GAP.fullmatch(gap):
        return False
    last = run[-1].text
    return gap == " " or len(last) == 1 or last.casefold() in _TITLES


def _without_front(run: list[_Word], stops: frozenset[str]) -> tuple[bool, list[_Word]]:
    """The run without articles and titles before the name; whether a title was there."""
    titled = False
    while run:
        first = run[0].text.casefold()
        if first in _TITLES:
            titled = True
        elif first not in stops or (run[0].text.isupper() and len(first) > 1):
            break
        run = run[1:]
    return titled, run


def _starts_sentence(text: str, word: _Word) -> bool:
    return bool(_SENTENCE_END.search(text[max(0, word.start - 4) : word.start]))


def _kind(text: str, run: list[_Word], *, titled: bool) -> str:
    if _names_organisation(run):
        return "organisation"
    if len(run) > _PERSON_WORDS_MAX or any(word.text in _OF for word in run):
        return "name"
    after = text[run[-1].end : run[-1].end + 60]
    told = len(run) > 1 and (_ROLE_AFTER.match(after) or _SAYS_AFTER.match(after))
    return "person" if titled or told else "name"


def _is_name(text: str, run: list[_Word], kind: str, *, nouns_too: bool) -> bool:
    """Whether the capitals of the run mean a name, and not a sentence's start or a heading."""
    if kind == "person":
        return True
    first = run[0]
    acronym = first.text.isupper() and 2 <= len(first.text) <= 6  # noqa: PLR2004 - longer is shouting
    starts = _starts_sentence(text, first)
    if len(run) == 1:
        if kind == "organisation" or nouns_too:
            return acronym
        return not starts and (acronym or not first.text.isupper())
    if all(word.text.isupper() for word in run):
        return False
    heading = starts and text[run[-1].end : run[-1].end + 1] in ("\n", "")
    return kind == "organisation" or not heading
