"""What a text names, gathered from all its mentions."""

from collections import Counter, defaultdict

from domain.documents.results import Entity
from infrastructure.documents import entity_names, entity_patterns
from infrastructure.documents.entity_patterns import Mention

ENTITIES_MAX = 50

_NUMBER_RANK = {"number": 1}
"""Bare numbers come after everything that says what it is."""


def entities(text: str, language: str | None) -> tuple[Entity, ...]:
    """At most 50 entities, most mentioned first, bare numbers last.

    Kinds: `person`, `organisation`, `name` (capitalised, and no more is known), `domain` (of
    e-mail addresses), `url`, `date`, `money`, `reference` (file, contract and standard numbers)
    and `number`.
    """
    formed = entity_patterns.mentions(text)
    taken = {place for mention in formed for place in range(mention.start, mention.end)}
    named = [
        mention
        for mention in entity_names.mentions(text, language)
        if taken.isdisjoint(range(mention.start, mention.end))
    ]
    gathered: defaultdict[tuple[str, str], list[Mention]] = defaultdict(list)
    for mention in [*formed, *_settled(named)]:
        gathered[(mention.kind, mention.key)].append(mention)
    ranked = sorted(
        gathered.values(),
        key=lambda mentions: (
            _NUMBER_RANK.get(mentions[0].kind, 0),
            -len(mentions),
            min(mention.start for mention in mentions),
        ),
    )
    return tuple(_entity(mentions) for mentions in ranked[:ENTITIES_MAX])


def _entity(mentions: list[Mention]) -> Entity:
    name = Counter(mention.name for mention in mentions).most_common(1)[0][0]
    first = mentions[0]
    return Entity(kind=first.kind, name=name, key=first.key, mentions=len(mentions))


def _settled(named: list[Mention]) -> list[Mention]:
    """Give one kind to all mentions of a name, and a person's surname alone to that person."""
    kinds: dict[str, str] = {}
    for mention in named:
        if mention.kind != "alone" and kinds.get(mention.key, "name") == "name":
            kinds[mention.key] = mention.kind
    people = defaultdict(set)
    for key, kind in kinds.items():
        if kind == "person" and " " in key:
            people[key.rpartition(" ")[2]].add(key)
    settled = []
    for mention in named:
        whole = people.get(mention.key, set())
        if mention.kind == "alone" and len(whole) != 1:
            continue
        key = next(iter(whole)) if len(whole) == 1 else mention.key
        settled.append(
            Mention(
                kind=kinds[key], name=mention.name, key=key, start=mention.start, end=mention.end
            )
        )
    return settled
