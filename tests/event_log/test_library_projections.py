"""The library's published projection suites over the log: views and projections that subscribe."""

import os
import unittest
from collections.abc import Iterator
from unittest import mock
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import Tracking
from eventsourcing.tests import projection as suite

from infrastructure.event_log.library.tracking import LogTrackingRecorder
from tests import servers as run_servers
from tests.event_log import library
from tests.event_log.library import OwnTenant

CREATE = """
CREATE TABLE IF NOT EXISTS read.event_counters_v1 (
  tenant_id uuid NOT NULL, kind text NOT NULL, count int NOT NULL, PRIMARY KEY (tenant_id, kind));
SELECT read.protect('read.event_counters_v1')
"""
INCREMENT = """
INSERT INTO read.event_counters_v1 AS c VALUES (%s, %s, 1)
ON CONFLICT (tenant_id, kind) DO UPDATE SET count = c.count + 1
"""
COUNT = "SELECT count FROM read.event_counters_v1 WHERE tenant_id = %s AND kind = %s"


class EventCounters(LogTrackingRecorder, suite.EventCountersView):
    """A view whose rows and tracking commit together."""

    def get_created_event_counter(self) -> int:
        return self._count("created")

    def get_subsequent_event_counter(self) -> int:
        return self._count("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._increment("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._increment("subsequent", tracking)

    def _increment(self, kind: str, tracking: Tracking) -> None:
        with self.tracked(tracking) as connection:
            connection.execute(INCREMENT, [self._log.tenant_id, kind])

    def _count(self, kind: str) -> int:
        with self._log.transaction() as connection:
            row = connection.execute(COUNT, [self._log.tenant_id, kind]).fetchone()
        return row[0] if row else 0


class WithView(OwnTenant):
    @pytest.fixture(autouse=True)
    def _view_table(self, library_database: run_servers.Database) -> None:
        with psycopg.connect(library_database.admin_url, autocommit=True) as connection:
            connection.execute(CREATE)


class TestEventCountersView(WithView, suite.EventCountersViewTestCase):
    def construct_event_counters_view(self) -> EventCounters:
        return EventCounters(self.log)


class TestProjection(WithView, suite.AggregateEventCountersProjectionTestCase):
    view_class = EventCounters


class TestEventSourcedProjection(OwnTenant, suite.EventSourcedProjectionTestCase):
    @pytest.fixture(autouse=True)
    def _tenant_of_the_projection(self) -> Iterator[None]:
        """In the same log it would read its own events."""
        with mock.patch.dict(os.environ, {"COUNTERS_TENANT_ID": str(uuid4())}):
            yield


@unittest.skip("dynamic consistency boundaries are another interface, without aggregates")
class TestTaggedDecisionProjection(suite.TaggedDecisionCountersProjectionTestCase):
    pass


def test_every_published_case_is_taken_up() -> None:
    assert library.left_out(suite, globals()) == set()
