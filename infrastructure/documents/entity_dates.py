"""Dates as people write them, brought to ISO 8601."""

import datetime
import re

# Months by their first letters, in English, German, French, Spanish, Italian, Portuguese, Dutch.
_MONTHS = {
    1: "january januar janvier enero gennaio janeiro januari jan jän jänner",
    2: "february februar février febrero febbraio fevereiro februari feb févr",
    3: "march märz mars marzo março maart mar mär mrz",
    4: "april avril abril aprile apr",
    5: "may mai mayo maggio maio mei",
    6: "june juni juin junio giugno junho jun",
    7: "july juli juillet julio luglio julho jul",
    8: "august août agosto augustus aug",
    9: "september septembre septiembre settembre setembro sep sept",
    10: "october oktober octobre octubre ottobre outubro oct okt",
    11: "november novembre noviembre novembro nov",
    12: "december dezember décembre diciembre dicembre dezembro dec dez déc",
}
_MONTH_OF = {name: number for number, names in _MONTHS.items() for name in names.split()}
_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))

DATE = re.compile(
    rf"""(?<![0-9A-Za-z.-])(?:
        (?P<iso_year>\d{{4}})-(?P<iso_month>\d{{2}})-(?P<iso_day>\d{{2}})(?=T\d|\b)
      | (?P<han_year>\d{{4}})\s?年\s?(?P<han_month>\d{{1,2}})\s?月
        (?:\s?(?P<han_day>\d{{1,2}})\s?日)?
      | (?P<first>\d{{1,2}})(?P<mark>[./])\s?(?P<second>\d{{1,2}})(?P=mark)\s?(?P<year>\d{{4}})\b
      | (?:(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?\s(?:de\s|of\s)?)?
        (?P<month>{_MONTH})\.?,?\s(?:(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?,\s|de\s|del\s)?
        (?P<month_year>\d{{4}})\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
YEAR = re.compile(r"(?<![0-9A-Za-z.,/-])(?<!\d\s)(?:1[5-9]|20)\d\d(?![0-9A-Za-z%]|[.,/-]\d)")


def key(found: re.Match[str]) -> str | None:
    """`2026-03-14`, `2026-03` or, for a day and month nobody can tell apart, as it is written.

    None where there is no such day.
    """
    part = found.groupdict()
    if part["iso_year"]:
        return _iso(part["iso_year"], part["iso_month"], part["iso_day"])
    if part["han_year"]:
        return _iso(part["han_year"], part["han_month"], part["han_day"])
    if part["month"]:
        month = str(_MONTH_OF[part["month"].casefold()])
        return _iso(part["month_year"], month, part["day"] or part["day_after"])
    return _numeric(int(part["first"]), int(part["second"]), part["year"], part["mark"])


def _numeric(first: int, second: int, year: str, mark: str) -> str | None:
    """Dots mean day first everywhere; slashes are told apart only by a number over 12."""
    if mark == "/" and first <= 12 and second <= 12 and first != second:  # noqa: PLR2004 - months
        return f"{first:02}/{second:02}/{int(year)}"
    if mark == "/" and second > 12:  # noqa: PLR2004 - months
        first, second = second, first
    return _iso(year, str(second), str(first))


def _iso(year: str, month: str, day: str | None) -> str | None:
    try:
        if day is None:
            return datetime.date(int(year), int(month), 1).isoformat()[:7]
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
