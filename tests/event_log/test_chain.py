"""The chain of digests: whatever is done to one event is found where it was done."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.event_log import canonical
from infrastructure.event_log.canonical import ChainedEvent, Link
from infrastructure.event_log.chain import Broken, Chain, verify
from infrastructure.event_log.chain_diagnosis import Fault
from tests.event_log import chains

unhurried = settings(deadline=None)
streams = st.lists(st.integers(1, 4), min_size=1, max_size=12)
FLIPPABLE = [name for name in ChainedEvent._fields if name not in {"position", "causation_id"}]


def found(
    events: Sequence[ChainedEvent], head: Link | None = None, *, tenant: UUID = chains.TENANT
) -> Fault | None:
    return verify(Chain(tenant.bytes, head=head), events)


def place(fault: Fault | None) -> tuple[str, int] | None:
    return (fault.kind, fault.position) if fault else None


@unhurried
@given(streams)
def test_a_log_in_good_order_is_intact(of: list[int]) -> None:
    log = chains.chained(of)
    assert found(log, chains.head(log)) is None


def test_a_log_without_events_is_intact() -> None:
    assert found([], chains.head([])) is None


def flipped(event: ChainedEvent, field: str, at: int, bit: int) -> ChainedEvent:
    value = getattr(event, field)
    changed: dict[str, Any] = {}
    if isinstance(value, int):
        changed[field] = value ^ (1 << bit)
    else:
        octets = bytearray(value)
        octets[at % len(octets)] ^= 1 << bit
        changed[field] = bytes(octets)
    return event._replace(**changed)


@unhurried
@given(streams, st.data())
def test_a_changed_bit_is_found_where_it_is(of: list[int], data: st.DataObject) -> None:
    log = chains.chained(of)
    index = data.draw(st.integers(0, len(log) - 1))
    field = data.draw(st.sampled_from(FLIPPABLE))
    changed = flipped(
        log[index], field, data.draw(st.integers(0, 63)), data.draw(st.integers(0, 7))
    )
    fault = found([*log[:index], changed, *log[index + 1 :]], chains.head(log))
    assert place(fault) == ("changed", index + 1)


@unhurried
@given(streams, st.data())
def test_a_cause_that_appears_or_goes_is_found(of: list[int], data: st.DataObject) -> None:
    log = chains.chained(of)
    index = data.draw(st.integers(0, len(log) - 1))
    other = None if log[index].causation_id else chains.identity(1)
    changed = log[index]._replace(causation_id=other)
    fault = found([*log[:index], changed, *log[index + 1 :]], chains.head(log))
    assert place(fault) == ("changed", index + 1)


@unhurried
@given(streams, st.data())
def test_a_dropped_event_is_found_where_it_stood(of: list[int], data: st.DataObject) -> None:
    log = chains.chained(of)
    index = data.draw(st.integers(0, len(log) - 1))
    rest = [*log[:index], *log[index + 1 :]]
    assert place(found(rest, chains.head(log))) == ("dropped", index + 1)


@unhurried
@given(streams, st.data())
def test_a_dropped_event_is_found_also_when_the_others_close_up(
    of: list[int], data: st.DataObject
) -> None:
    log = chains.chained(of)
    index = data.draw(st.integers(0, len(log) - 1))
    later = [event._replace(position=event.position - 1) for event in log[index + 1 :]]
    fault = found([*log[:index], *later], chains.head(log))
    assert place(fault) == ("dropped", index + 1)


@unhurried
@given(streams, st.data())
def test_two_swapped_events_are_found(of: list[int], data: st.DataObject) -> None:
    log = chains.chained([*of, 9])
    one, two = sorted(
        data.draw(st.lists(st.integers(0, len(log) - 1), min_size=2, max_size=2, unique=True))
    )
    keep_digests = data.draw(st.booleans())
    swapped = list(log)
    for target, source in ((one, two), (two, one)):
        moved = log[source]._replace(position=log[target].position)
        swapped[target] = moved._replace(digest=log[target].digest) if keep_digests else moved
    fault = found(swapped, chains.head(log))
    assert place(fault) == ("swapped", one + 1)
    assert fault is not None
    assert f" {two + 1} " in fault.detail


@unhurried
@given(streams, st.data())
def test_an_inserted_event_is_found_where_it_stands(of: list[int], data: st.DataObject) -> None:
    log = chains.chained(of)
    index = data.draw(st.integers(0, len(log)))
    before = log[index - 1].digest if index else canonical.first_link(chains.TENANT.bytes).digest
    alien = chains.chained([7])[0]._replace(position=index + 1, event_id=chains.identity(9))
    fitting = data.draw(st.booleans())
    digest = canonical.digest(chains.TENANT.bytes, before, alien) if fitting else bytes(32)
    later = [event._replace(position=event.position + 1) for event in log[index:]]
    fault = found([*log[:index], alien._replace(digest=digest), *later], chains.head(log))
    assert place(fault) == ("inserted", index + 1)


def test_a_second_event_at_a_position_is_inserted() -> None:
    log = chains.chained([1, 2, 3])
    again = log[1]._replace(event_id=chains.identity(9))
    assert place(found([*log[:2], again, log[2]])) == ("inserted", 2)
    assert place(found([log[0], again, *log[1:]])) == ("inserted", 2)


@unhurried
@given(streams, st.data())
def test_a_cut_tail_is_found_by_the_head(of: list[int], data: st.DataObject) -> None:
    log = chains.chained(of)
    kept = data.draw(st.integers(0, len(log) - 1))
    assert place(found(log[:kept], chains.head(log))) == ("dropped", kept + 1)


def test_a_head_with_another_digest_is_found() -> None:
    log = chains.chained([1, 2])
    assert place(found(log, Link(2, bytes(32)))) == ("changed", 2)


def test_an_event_that_was_replaced_with_its_digest_breaks_the_next() -> None:
    log = chains.chained([1, 2, 3, 4])
    fake = log[1]._replace(data=b"{}")
    fake = fake._replace(digest=canonical.digest(chains.TENANT.bytes, log[0].digest, fake))
    fault = found([log[0], fake, *log[2:]])
    assert place(fault) == ("changed", 3)
    assert fault is not None
    assert "or 2 was replaced with its digest" in fault.detail


def test_versions_have_no_gaps_even_where_the_digests_fit() -> None:
    log = chains.chained([1, 1, 2])
    skipped = chains.rechained([log[0], log[1]._replace(version=3), log[2]])
    assert place(found(skipped)) == ("version", 2)
    assert verify(Chain(chains.TENANT.bytes, versions=False), skipped) is None


def test_positions_have_no_gaps_even_where_the_digests_fit() -> None:
    log = chains.chained([1, 2])
    further = log[1]._replace(position=5)
    made = canonical.digest(chains.TENANT.bytes, log[0].digest, further)
    assert place(found([log[0], further._replace(digest=made)])) == ("dropped", 2)


def test_the_log_of_one_tenant_is_not_that_of_another() -> None:
    other = UUID("7e4a4f6e-0000-4000-8000-000000000002")
    assert place(found(chains.chained([1, 2]), tenant=other)) == ("changed", 1)


def test_a_value_that_no_column_holds_is_a_fault_and_no_crash() -> None:
    log = chains.chained([1, 2])
    assert place(found([log[0], log[1]._replace(version=2**70)])) == ("changed", 2)


def test_a_chain_goes_on_from_a_known_link() -> None:
    log = chains.chained([1, 2, 1, 1, 2])
    rest = Chain(chains.TENANT.bytes, after=chains.head(log[:2]), head=chains.head(log))
    assert [event[0] for event in rest.follow(log[2:])] == [3, 4, 5]
    assert rest.last == chains.head(log)
    with pytest.raises(Broken, match="position 3 changed"):
        list(Chain(chains.TENANT.bytes, after=Link(2, bytes(32))).follow(log[2:]))
