"""Somebody who asks for an export and stops reading costs little, and not for ever."""

import socket
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests import stack as stacks
from tests.audit import long_logs
from tests.servers import Database
from tests.stack import Stack

URL = "/api/v1/audit/export"
EVENTS = 40_000
STALL_SECONDS = 1
GROWTH_BYTES_MAX = 24 * 2**20
"""Some pages and their lines, and what the interpreter keeps for the next; the whole is more."""
BROKER = 7
HELD = """
SELECT count(*) FROM pg_stat_activity
 WHERE usename = 'muniment_app' AND datname = current_database()
   AND (state <> 'idle' OR backend_xmin IS NOT NULL)
"""


def resident_bytes(stack: Stack) -> int:
    web = psutil.Process(stack.processes["web"].pid)
    return sum(each.memory_info().rss for each in (web, *web.children(recursive=True)))


def asked(stack: Stack, authorization: str) -> socket.socket:
    """A connection on which an export has begun to arrive."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.settimeout(20)
    reader.connect(("127.0.0.1", stack.port))
    request = f"GET {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n\r\n"
    reader.sendall(request.encode())
    assert reader.recv(64).startswith(b"HTTP/1.1 200 ")
    return reader


def rest(reader: socket.socket) -> tuple[int, bytes]:
    """How much comes until the server closes the connection, and the end of it."""
    count, end = 0, b""
    while True:
        try:
            more = reader.recv(2**20)
        except ConnectionResetError:
            return count, end
        if not more:
            return count, end
        count, end = count + len(more), (end + more)[-16:]


def test_a_reader_who_stops_reading_costs_no_memory_no_transaction_and_is_cut_off(
    database: Database, valkey_url: str, tmp_path: Path
) -> None:
    broker_url = stacks.broker_of(valkey_url, BROKER)
    settings = {"MUNIMENT_STALL_SECONDS_MAX": str(STALL_SECONDS)}
    tenant = long_logs.filled(database.admin_url, EVENTS)
    running = stacks.running(database, broker_url, tmp_path, names=["web"], settings=settings)
    with running as stack, psycopg.connect(database.admin_url, autocommit=True) as looking:
        account = long_logs.owner_of(stack, tenant)
        small = f"{URL}?after={EVENTS - 2000}"
        whole = stack.client.get(small, headers=account.headers)
        assert whole.is_success
        long_logs.ended(database.admin_url, tenant, 1)
        before = highest = resident_bytes(stack)
        ends: list[dict[str, Any]] = []
        with asked(stack, account.headers["Authorization"]) as reader:
            held, deadline = [], time.monotonic() + 20
            while len(ends) < 2:
                assert time.monotonic() < deadline
                ends = long_logs.recorded(database.admin_url, tenant, "audit.export_ended")
                highest = max(highest, resident_bytes(stack))
                held.append(looking.execute(HELD.encode()).fetchone())
                time.sleep(0.02)
            assert ends[1]["outcome"] == "cut"
            assert int(ends[1]["events"]) < EVENTS
            assert (0,) in held[-10:]  # while it stalled
            assert looking.execute(HELD.encode()).fetchone() == (0,)
            assert highest - before < GROWTH_BYTES_MAX
            count, end = rest(reader)
        assert count < len(whole.content) * EVENTS / 2000
        assert not end.endswith(b"0\r\n\r\n")  # so that nobody takes it for whole
        again = stack.client.get(small, headers=account.headers)
        assert again.is_success
