"""Words that carry grammar rather than subject, by language."""

import functools
from importlib import resources


def of(language: str | None) -> frozenset[str]:
    """The case-folded function words of an ISO 639-1 language.

    For None those of all languages together; for a language without a list, none.
    """
    lists = _lists()
    if language is None:
        return frozenset().union(*lists.values())
    return lists.get(language, frozenset())


@functools.cache
def _lists() -> dict[str, frozenset[str]]:
    content = resources.files(__package__).joinpath("function_words.txt").read_text("utf-8")
    lines = [line.partition(":") for line in content.splitlines() if not line.startswith("#")]
    return {code: frozenset(words.casefold().split()) for code, _, words in lines}
