"""Entities with a form of their own: addresses, dates, amounts, reference numbers."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec

from infrastructure.documents import entity_dates


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the text names something; `key` is equal for all ways of writing it."""

    kind: str
    name: str
    key: str
    start: int
    end: int


_URL = re.compile(r"(?<!\w)(?:https?://|www\.)[^\s<>\"'()\[\]{}|\\^`]{3,500}", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?P<domain>(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}[a-z]{2,24})(?![\w-])",
    re.IGNORECASE,
)

_CURRENCIES = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₫": "VND",
    "euro": "EUR",
    "euros": "EUR",
    "dollar": "USD",
    "dollars": "USD",
    "pounds": "GBP",
    "pfund": "GBP",
    "franken": "CHF",
}
_CODES = "EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|VND|TRY|ZAR|KRW"
_AMOUNT = r"\d{1,3}(?:[.,\u00a0\u202f '\u2019]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_MONEY = re.compile(
    rf"""(?<![0-9A-Za-z.,])(?:
        (?P<before>[€$£¥₹₽₩₫]|(?:{_CODES})\b)\s?(?P<amount>{_AMOUNT})
      | (?P<amount_before>{_AMOUNT})\s?
        (?P<after>[€$£¥₹₽₩₫]|(?:{_CODES}|euros?|dollars?|pounds|pfund|franken)\b)
    )(?:\s(?P<scale>million|billion|millionen|milliarden|mio\.?|mrd\.?|m|bn)\b)?""",
    re.VERBOSE | re.IGNORECASE,
)
_SCALES = {
    "million": 6,
    "millionen": 6,
    "mio": 6,
    "m": 6,
    "billion": 9,
    "milliarden": 9,
    "mrd": 9,
    "bn": 9,
}

# INC-2026-014, CL-07, ISO 9001, §-less file numbers: capitals, then digits.
_REFERENCE = re.compile(
    r"(?<![0-9A-Za-z-])[A-Z]{2,6}(?:[-/ ]?\d{2,6}|-\d)(?:[-/.]\d{1,6}){0,3}(?![0-9A-Za-z-]|\.\d)"
)
_NUMBER = re.compile(
    r"(?<![\w.,-])\d{1,3}(?:[.,]\d{3})+(?![\w.,-]?\d)|(?<![\w.,-])\d{4,12}(?![\w.,-]?\d)"
)


def mentions(text: str) -> list[Mention]:
    """All of them in the order of the text; where two overlap, the more particular one."""
    found: list[Mention] = []
    taken: set[int] = set()
    for finder in (_urls, _domains, _dates, _amounts, _references, _years, _numbers):
        for mention in finder(text):
            place = range(mention.start, mention.end)
            if taken.isdisjoint(place):
                found.append(mention)
                taken.update(place)
    return sorted(found, key=lambda mention: mention.start)


def _all(
    kind: str, pattern: re.Pattern[str], key: Callable[[re.Match[str]], str | None]
) -> Callable[[str], Iterator[Mention]]:
    def find(text: str) -> Iterator[Mention]:
        for match in pattern.finditer(text):
            normalised = key(match)
            if normalised:
                yield Mention(
                    kind=kind,
                    name=" ".join(match.group().split()),
                    key=normalised,
                    start=match.start(),
                    end=match.end(),
                )

    return find


def _urls(text: str) -> Iterator[Mention]:
    for match in _URL.finditer(text):
        name = match.group().rstrip(".,;:!?")
        key = _url_key(name)
        if key:
            yield Mention(
                kind="url", name=name, key=key, start=match.start(), end=match.start() + len(name)
            )


def _url_key(name: str) -> str | None:
    """Host and path: scheme, `www.`, fragment and a last slash make no other page."""
    try:
        parts = urlsplit(name if "://" in name else f"http://{name}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}" if "." in host else None


def _domain_key(match: re.Match[str]) -> str:
    return match["domain"].casefold()


def _amount_key(match: re.Match[str]) -> str | None:
    unit = (match["before"] or match["after"]).casefold()
    currency = _CURRENCIES.get(unit, unit.upper())
    number = _decimal(match["amount"] or match["amount_before"])
    scale = _SCALES.get((match["scale"] or "").casefold().rstrip("."), 0)
    return f"{currency} {number * 10**scale:.2f}"


def _decimal(written: str) -> float:
    """A number however it is grouped: only one or two digits after the last mark are decimals."""
    digits = _ascii_digits(written)
    decimals = re.search(r"[.,](\d{1,2})$", digits)
    whole = re.sub(r"\D", "", digits[: decimals.start()] if decimals else digits)
    return float(f"{whole}.{decimals[1] if decimals else 0}")


def _ascii_digits(written: str) -> str:
    return "".join(
        str(unicodedata.digit(character)) if character.isdigit() else character
        for character in written
    )


def _reference_key(match: re.Match[str]) -> str:
    return re.sub(r"[\s/-]+", "-", match.group().casefold())


def _number_key(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", _ascii_digits(match.group()))


_dates = _all("date", entity_dates.DATE, entity_dates.key)
_years = _all("date", entity_dates.YEAR, _number_key)
_amounts = _all("money", _MONEY, _amount_key)
_references = _all("reference", _REFERENCE, _reference_key)
_numbers = _all("number", _NUMBER, _number_key)


def _domains(text: str) -> Iterator[Mention]:
    """Domains of e-mail addresses; the person before the `@` is left out of the graph."""
    for mention in _all("domain", _EMAIL, _domain_key)(text):
        yield msgspec.structs.replace(mention, name=mention.key)
