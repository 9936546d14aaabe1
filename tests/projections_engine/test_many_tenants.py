"""Many tenants of few events are rebuilt, compared and switched as few of many are."""

import pytest

from projections.engine.registry import Registry
from tests.projections_engine import multiplied, rebuilding
from tests.servers import Database


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_tenant_is_rebuilt_and_switched_at_once(database: Database, count: int) -> None:
    tenants = multiplied.tenants(database, count, documents=1)
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches)
        assert (built.tenants, built.events) == (count, count * 11)
        assert built.differences == {each.name: 0 for each in rebuilding.read_models()}
        rebuilding.switch(batches, built)
        changes = Registry(batches)
        for projection in rebuilding.read_models():
            assert changes.answers(projection, tenants[-1]) > 0
            assert changes.roll_back(projection, None, by="a test") == 0
