"""The append as pgbench calls it, and the plain INSERT it is compared with.

Ids are ordered by time in both, as those are that a process makes.
"""

import re
import subprocess
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg

from infrastructure.embedded import cluster

CLIENTS = 16
THREADS = 2
TENANTS = 200
SHARED_EVENTS = 32
"""Of a call of `log.append_many` in `log_shared.sql`; each client has twelve tenants of its own."""

Script: TypeAlias = Literal["plain", "append", "chosen", "shared"]
"""Which of the files `log_*.sql`; in `chosen` each command is remembered by its id."""

DATA = '{"title":"some title","content":{"sha256":"abcdefabcdefabcdefabcdefabcdef12"}}'
FOLDER = Path(__file__).parent

PREPARE = """
CREATE TABLE public.plain (LIKE log.events INCLUDING ALL);
CREATE SEQUENCE public.plain_position;
"""

FILL = """
INSERT INTO log.events
SELECT t, p, uuidv7(), 1, 'document.added', 1, %(data)s, '\\x7b7d', uuidv7(),
       uuidv7(), uuidv7(), NULL, 'user:1', now(), sha256('\\x00')
  FROM generate_series(1, %(tenants)s) AS n
 CROSS JOIN LATERAL (SELECT lpad(to_hex(n::int), 32, '0')::uuid AS t) AS tenant
 CROSS JOIN LATERAL generate_series(
   1 + coalesce((SELECT position FROM log.heads WHERE tenant_id = t), 0),
   %(each)s) AS p;
"""
HEADS = """
INSERT INTO log.heads
SELECT tenant_id, max(position), sha256('\\x00'), now() FROM log.events
 WHERE tenant_id IN (SELECT lpad(to_hex(n), 32, '0')::uuid FROM generate_series(1, %(tenants)s) n)
 GROUP BY tenant_id
ON CONFLICT (tenant_id) DO UPDATE SET position = excluded.position
"""


def prepare(admin_url: str) -> None:
    """Make the table to compare with: the same columns and indexes, nothing else."""
    with psycopg.connect(admin_url) as connection:
        connection.execute(PREPARE)


def fill(admin_url: str, size: int) -> None:
    """Bring the log of the 200 tenants to about `size` events; fillers are no chain."""
    parameters = {
        "tenants": TENANTS,
        "each": size // TENANTS,
        "data": DATA.encode(),
    }
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(FILL, parameters)
        connection.execute(HEADS, parameters)
        connection.execute("VACUUM ANALYZE log.events")


def positions(admin_url: str) -> int:
    """How many events all logs together have."""
    with psycopg.connect(admin_url) as connection:
        row = connection.execute("SELECT coalesce(sum(position), 0) FROM log.heads").fetchone()
    return int(row[0]) if row else 0


def run(url: str, script: Script, seconds: float) -> float:
    """Transactions a second."""
    parts = urlsplit(url)
    environment = {
        "PGHOST": parse_qs(parts.query)["host"][0],
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    done = subprocess.run(
        [
            cluster.programs() / "pgbench",
            *("--no-vacuum", "--protocol", "prepared", "--define", f"data={DATA}"),
            *("--client", str(CLIENTS), "--jobs", str(THREADS), "--time", str(round(seconds))),
            *("--file", FOLDER / f"log_{script}.sql"),
        ],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    found = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench printed no rate:\n{done.stdout}\n{done.stderr}")
    return float(found[1])
