"""Forgets what has served its time, a little at a time."""

from datetime import timedelta
from typing import NamedTuple

from psycopg.rows import args_row

from infrastructure.database import Database
from infrastructure.sql import Queries

SQL = Queries(__package__, "pruning.sql")

KEEP_COMMANDS = timedelta(hours=48)
"""An idempotency key is good for 24 hours at least; the database lets none go earlier."""
KEEP_JOBS = timedelta(days=7)
ROWS_PER_TURN = 5_000


class Pruned(NamedTuple):
    """How many rows went."""

    commands: int
    jobs: int


async def prune(database: Database) -> Pruned:
    """Forget up to 5,000 old commands and as many old jobs, of all tenants."""
    parameters = {
        "keep_commands": KEEP_COMMANDS,
        "keep_jobs": KEEP_JOBS,
        "limit": ROWS_PER_TURN,
    }
    async with database.connection() as connection:
        cursor = connection.cursor(row_factory=args_row(Pruned))
        await cursor.execute(SQL["prune"], parameters)
        row = await cursor.fetchone()
    return row if row is not None else Pruned(0, 0)
