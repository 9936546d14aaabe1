"""A rebuild makes of the log what the live read model made of it, beside it."""

import psycopg

from tests.event_log import logs
from tests.projections_engine import histories, rebuilding
from tests.servers import Database


def test_a_rebuilt_generation_holds_the_same_rows_and_the_same_indexes(database: Database) -> None:
    tenants = [logs.tenant() for _ in range(3)]
    for tenant in tenants:
        steps = [
            (logs.stream(), [histories.ADDED, *histories.NEXT[:number]]) for number in range(7)
        ]
        histories.write(database.app_url, tenant, [*steps, (logs.stream(), [histories.CREATED])])
        histories.run(database.app_url, tenant)
    with rebuilding.batches(database.app_url) as batches:
        built = rebuilding.rebuild(batches)
    assert not built.differing
    assert built.events == 3 * (7 + 21 + 1)
    for tenant in tenants:
        rebuilding.same_rows(database.admin_url, built, tenant)
    with psycopg.connect(database.admin_url) as connection:
        indexes = connection.execute(
            "SELECT indexname, schemaname FROM pg_indexes WHERE tablename = 'documents_v1'"
        ).fetchall()
    names = {schema: {name for name, at in indexes if at == schema} for _, schema in indexes}
    assert len(names) == 2
    assert len(set(map(frozenset, names.values()))) == 1
