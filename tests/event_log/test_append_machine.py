"""Whatever is appended in whatever order, and whoever goes away meanwhile: the log is as its model.

The asynchronous store writes to a real PostgreSQL over a wire that can be cut.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from copy import copy
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from application.recorded import Append
from domain.ids import TenantId
from infrastructure.event_log import outbox
from tests.event_log import drafts, held, logs, model
from tests.event_log.drafts import NEW, Draft, Part
from tests.event_log.house import House
from tests.event_log.model import Model, Told
from tests.servers import Database
from tests.wire import Fault, Wire

SHORT = settings(
    max_examples=30,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=250, stateful_step_count=50, derandomize=False)

SHARING = [outbox.SHARING_TENANTS_MIN, 1]
"""As it is, and with calls that are shared even by a tenant with nobody."""

tenant_numbers = st.integers(0, 1)
moments: st.SearchStrategy[Fault] = st.sampled_from(["cut at the request", "cut at the answer"])


class AppendMachine(RuleBasedStateMachine):
    """Two tenants, and everything that their callers and their surroundings do."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.tenants = [logs.tenant(), logs.tenant()]
        self.model = Model(self.tenants)
        self.sent: dict[TenantId, list[Append]] = {tenant: [] for tenant in self.tenants}
        self.scope = uuid4().hex
        self.floors = dict.fromkeys(self.tenants, (0, "-infinity"))

    @rule(number=tenant_numbers, draft=drafts.drafts)
    def anything(self, number: int, draft: Draft) -> None:
        self.append(self.tenants[number], draft)

    @rule(number=tenant_numbers, which=st.sampled_from([NEW, 0, 1]), events=st.integers(1, 4))
    def a_good_one(self, number: int, which: int, events: int) -> None:
        draft = Draft([Part(which, 0, events)], [], None, None)
        assert self.append(self.tenants[number], draft)[0] == "recorded"

    @rule(number=tenant_numbers, off=st.sampled_from([-2, -1, 1]))
    def a_stale_one(self, number: int, off: int) -> None:
        draft = Draft([Part(0, off, 1)], [], None, None)
        tenant = self.tenants[number]
        version = next(iter(self.model.logs[tenant].versions.values()), 0)
        if max(0, version + off) != version:
            assert self.append(tenant, draft) == ("conflict", version)

    @rule(number=tenant_numbers, which=st.integers(0, 20), fingerprint=drafts.fingerprints)
    def one_again(self, number: int, which: int, fingerprint: bytes | None) -> None:
        """To the letter, or under the fingerprint of something else."""
        tenant = self.tenants[number]
        if self.sent[tenant]:
            earlier = self.sent[tenant][which % len(self.sent[tenant])]
            again = msgspec.structs.replace(earlier, fingerprint=fingerprint)
            for command in (earlier, again):
                self.check([(tenant, command)], self.together(tenant, [command]))

    @rule(number=tenant_numbers, keys=st.permutations([0, 1, 2]))
    def a_swap_of_claims(self, number: int, keys: Sequence[int]) -> None:
        """The first stream lets one key go and takes another, in one command."""
        swap = [(keys[0], False), (keys[1], True)]
        self.append(self.tenants[number], Draft([Part(0, 0, 1)], swap, None, None))

    @rule(number=tenant_numbers, many=st.lists(drafts.drafts, min_size=2, max_size=6))
    def several_at_once(self, number: int, many: Sequence[Draft]) -> None:
        tenant = self.tenants[number]
        commands = self.commands([(tenant, draft) for draft in many])
        self.check(commands, self.together(tenant, [command for _, command in commands]))

    @rule(many=st.lists(st.tuples(tenant_numbers, drafts.drafts), min_size=2, max_size=6))
    def two_tenants_at_once(self, many: Sequence[tuple[int, Draft]]) -> None:
        commands = self.commands([(self.tenants[number], draft) for number, draft in many])

        async def body() -> list[Told]:
            store = self.house.store
            results = (store.append(tenant, command) for tenant, command in commands)
            return [
                model.told(each) for each in await asyncio.gather(*results, return_exceptions=True)
            ]

        self.check(commands, self.house.runner.run(body()))

    @rule(number=tenant_numbers, draft=drafts.drafts, turns=st.integers(0, 12))
    def a_caller_that_goes_away(self, number: int, draft: Draft, turns: int) -> None:
        """Its command is recorded or not; sent again by its id, it is recorded once."""
        [(tenant, command)] = self.commands([(self.tenants[number], draft)])

        async def body() -> Told:
            impatient = asyncio.create_task(self.house.store.append(tenant, command))
            for _ in range(turns):
                await asyncio.sleep(0)
            impatient.cancel()
            await asyncio.gather(impatient, return_exceptions=True)
            again = asyncio.gather(
                self.house.elsewhere.append(tenant, command), return_exceptions=True
            )
            [result] = await again
            await self.house.store.drain()
            return model.told(result)

        self.check([(tenant, command)], [self.house.runner.run(body())])

    @rule(number=tenant_numbers, draft=drafts.drafts, moment=moments)
    def a_connection_that_breaks(self, number: int, draft: Draft, moment: Fault) -> None:
        """Nobody can tell what became of the command, until another process sends it again."""
        [(tenant, command)] = self.commands([(self.tenants[number], draft)])
        self.house.connect()
        self.house.wire.prepare(moment)
        with pytest.raises(psycopg.OperationalError):
            self.house.runner.run(self.house.store.append(tenant, command))
        self.house.wire.mend()
        known = {each.command_id for each in held.events(self.house.admin, tenant)}
        if command.command_id in known and command.command_id not in self.held_ids(tenant):
            self.house.counts["recorded without an answer"] += 1
        self.check([(tenant, command)], self.together(tenant, [command], elsewhere=True))

    @rule(number=tenant_numbers)
    def a_clock_that_was_ahead(self, number: int) -> None:
        """The head remembers a later time than the present, as after a clock was set back."""
        tenant = self.tenants[number]
        if self.model.logs[tenant].events:
            floor = held.set_ahead(self.house.admin, tenant)
            self.floors[tenant] = (len(self.model.logs[tenant].events), floor)

    @invariant()
    def the_log_is_as_the_model_says(self) -> None:
        for tenant in self.tenants:
            log = self.model.logs[tenant]
            assert held.events(self.house.admin, tenant) == log.events
            assert held.commands(self.house.admin, tenant) == log.commands
            assert held.fault(self.house.admin, tenant, len(log.events)) is None
            assert held.out_of_time(self.house.admin, tenant, *self.floors[tenant]) == []
        assert held.claims(self.house.admin, self.scope) == self.model.claims

    def append(self, tenant: TenantId, draft: Draft) -> Told:
        [(_, command)] = commands = self.commands([(tenant, draft)])
        [told] = self.together(tenant, [command])
        self.check(commands, [told])
        return told

    def commands(self, many: Sequence[tuple[TenantId, Draft]]) -> list[tuple[TenantId, Append]]:
        """Each on the log as it will be if those before it come first."""
        then, made = copy(self.model), []
        for tenant, draft in many:
            command = drafts.command(draft, then.logs[tenant], self.sent[tenant], self.scope)
            then.append(tenant, command)
            self.sent[tenant].append(command)
            made.append((tenant, command))
        return made

    def together(
        self, tenant: TenantId, commands: Sequence[Append], *, elsewhere: bool = False
    ) -> list[Told]:
        """What the callers are told when all send at once."""
        store = self.house.elsewhere if elsewhere else self.house.store

        async def body() -> list[Any]:
            results = (store.append(tenant, command) for command in commands)
            return await asyncio.gather(*results, return_exceptions=True)

        return [model.told(each) for each in self.house.runner.run(body())]

    def check(self, commands: Sequence[tuple[TenantId, Append]], told: list[Told]) -> None:
        """The log answered as the model does, in one of the orders that there can have been."""
        expected = []
        for then, answers in self.model.append_all(commands):
            pairs = zip(told, answers, commands, strict=True)
            if all(then.allows(answer, modelled, *command) for answer, modelled, command in pairs):
                self.model = then
                self.house.counts.update(str(each[0]) for each in told)
                return
            expected.append(answers)
        raise AssertionError(f"told {told}, expected one of {expected}")

    def held_ids(self, tenant: TenantId) -> set[Any]:
        return {each.command_id for each in self.model.logs[tenant].events}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with (
        Wire(database.app_url) as wire,
        asyncio.Runner() as runner,
        closing(House(database, wire, runner)) as made,
    ):
        yield made


def run_machine(house: House, how: settings) -> None:
    run_state_machine_as_test(
        lambda: AppendMachine(house),  # type: ignore[arg-type] # whatever makes one will do
        settings=how,
    )
    # Otherwise the machine would not have tried what it is for.
    answers = {"recorded", "conflict", "claimed", "reused", "recorded without an answer"}
    assert answers <= house.counts.keys(), house.counts


@pytest.mark.parametrize("sharing", SHARING)
def test_the_log_does_what_its_model_does(
    house: House, sharing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SHARING_TENANTS_MIN", sharing)
    run_machine(house, SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("sharing", SHARING)
def test_the_log_does_what_its_model_does_for_long(
    house: House, sharing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SHARING_TENANTS_MIN", sharing)
    run_machine(house, LONG)
