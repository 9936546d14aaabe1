"""A tenant of a test's own for the library's persistence module."""

import inspect
import os
import unittest
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import Environment

from infrastructure.event_log.library.tenant_log import TenantLog
from tests import servers as run_servers

MODULE = "infrastructure.event_log.library.factory"


def environment(
    app_url: str, tenant_id: UUID | None = None, *, name: str = "", **more: str
) -> Environment:
    """What an application needs to work on the log of one tenant."""
    return Environment(
        name,
        {
            "PERSISTENCE_MODULE": MODULE,
            "DATABASE_URL": app_url,
            "TENANT_ID": str(tenant_id or uuid4()),
            **more,
        },
    )


def log(app_url: str, tenant_id: UUID | None = None, application: str = "test") -> TenantLog:
    opened = TenantLog(app_url, tenant_id or uuid4(), application=application)
    opened.open()
    return opened


def stored(
    originator_id: UUID | str, version: int = 1, topic: str = "test:Event", state: bytes = b"{}"
) -> StoredEvent:
    return StoredEvent(originator_id, version, topic, state)


def left_out(suite: ModuleType, ours: Mapping[str, Any]) -> set[type]:
    """The cases that a published suite defines and none of our classes takes up."""
    published = {
        case
        for _, case in inspect.getmembers(suite, inspect.isclass)
        if issubclass(case, unittest.TestCase)
        and case.__module__ == suite.__name__
        and unittest.TestLoader().getTestCaseNames(case)
    }
    assert published
    taken_up = {base for case in ours.values() if isinstance(case, type) for base in case.__mro__}
    return published - taken_up


class OwnTenant:
    """For the library's `unittest` cases: `log`, and its environment in that of the process."""

    tenant_env: Environment
    log: TenantLog

    @pytest.fixture(autouse=True)
    def _own_tenant(self, library_database: run_servers.Database) -> Iterator[None]:
        self.tenant_env = environment(library_database.app_url)
        self.log = log(library_database.app_url, UUID(self.tenant_env["TENANT_ID"]))
        with mock.patch.dict(os.environ, self.tenant_env):
            yield
        self.log.close()
