"""Of many messages for one tenant one has the work done, and losing tickets loses no work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from infrastructure import messages
from infrastructure.messages import PROJECTIONS, Messages
from infrastructure.tickets import Tickets
from tests import stack as stacks


@pytest.fixture
def sender(valkey_url: str) -> Iterator[Messages]:
    broker = messages.broker(stacks.broker_of(valkey_url, 8))
    broker.client.flushdb()
    yield Messages(broker)
    broker.client.flushdb()
    broker.close()


def waiting(sender: Messages) -> int:
    return messages.length(sender._broker, PROJECTIONS)


def tickets(sender: Messages) -> Tickets:
    return sender._tickets


def test_a_tenant_for_which_a_message_waits_needs_no_other(sender: Messages) -> None:
    tenant = uuid4()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sender.project([tenant]), range(64)))
    assert waiting(sender) == 1
    sender.project([uuid4()])
    assert waiting(sender) == 2


def test_the_sweep_asks_whatever_waits_since_that_may_be_lost(sender: Messages) -> None:
    tenant = uuid4()
    sender.project([tenant])
    sender.project([tenant], whatever_waits=True)
    assert waiting(sender) == 2


def test_of_the_copies_of_a_message_one_is_worked_on(sender: Messages) -> None:
    tenant = uuid4()
    ticket, is_new = tickets(sender).draw(tenant)
    assert is_new
    assert tickets(sender).draw(tenant) == (ticket, False)
    with ThreadPoolExecutor(16) as pool:
        due = list(pool.map(lambda _: sender.is_due(tenant, ticket), range(16)))
    assert sorted(due) == [False] * 15 + [True]


def test_a_copy_from_before_does_not_pass_for_the_message_that_waits_now(sender: Messages) -> None:
    tenant = uuid4()
    before, _ = tickets(sender).draw(tenant)
    assert sender.is_due(tenant, before)
    now, is_new = tickets(sender).draw(tenant)
    assert is_new
    assert not sender.is_due(tenant, before)
    assert sender.is_due(tenant, now)


def test_where_valkey_forgot_the_next_sweep_has_the_work_done(sender: Messages) -> None:
    tenant = uuid4()
    lost, _ = tickets(sender).draw(tenant)
    sender._broker.client.flushdb()
    assert not sender.is_due(tenant, lost)
    again, _ = tickets(sender).draw(tenant)
    assert sender.is_due(tenant, again)


def test_without_valkey_a_message_in_hand_is_worked_on() -> None:
    nowhere = Messages(messages.broker("redis://127.0.0.1:1"))
    nowhere.project([uuid4()])
    assert nowhere.is_due(uuid4(), "any")
