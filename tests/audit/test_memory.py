"""A long log costs the server no memory, however slowly it is read."""

import time

import psutil
import pytest

from tests.api import Account
from tests.audit import long_logs
from tests.stack import Stack

URL = "/api/v1/audit/export"
EVENTS = 200_000
GROWTH_BYTES_MAX = 64 * 2**20
"""Some pages and their lines; the whole is more than twice as much."""


@pytest.fixture(scope="module")
def long(web_alone: Stack) -> Account:
    tenant = long_logs.filled(web_alone.database.admin_url, EVENTS)
    return long_logs.owner_of(web_alone, tenant)


def resident_bytes(stack: Stack) -> int:
    web = psutil.Process(stack.processes["web"].pid)
    processes = [web, *web.children(recursive=True)]
    return sum(each.memory_info().rss for each in processes)


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["jsonl", "parquet"])
@pytest.mark.parametrize("reader", ["fast", "slow"])
def test_memory_stays_while_a_long_log_is_exported(
    web_alone: Stack, long: Account, format_: str, reader: str
) -> None:
    small = f"{URL}?format={format_}&after={EVENTS - 10}"
    assert web_alone.client.get(small, headers=long.headers).is_success
    before = highest = resident_bytes(web_alone)
    received = 0
    params = {"format": format_}
    with web_alone.client.stream("GET", URL, headers=long.headers, params=params) as answer:
        assert answer.status_code == 200
        for number, chunk in enumerate(answer.iter_bytes(2**20)):
            received += len(chunk)
            if reader == "slow" and number < 10:
                time.sleep(0.5)
            highest = max(highest, resident_bytes(web_alone))
    if format_ == "jsonl":
        assert received > 2 * GROWTH_BYTES_MAX
    assert highest - before < GROWTH_BYTES_MAX
