"""The library's own published suites, run against its persistence module over the log.

Where a suite has methods to be called by those who can, they are called here.
"""

from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from eventsourcing import persistence
from eventsourcing.application import Application
from eventsourcing.tests import application as application_suite
from eventsourcing.tests import persistence as suite

from infrastructure.event_log.library.factory import LogFactory
from infrastructure.event_log.library.recorder import LogAggregateRecorder, LogApplicationRecorder
from infrastructure.event_log.library.snapshots import LogSnapshotRecorder
from infrastructure.event_log.library.tracking import LogProcessRecorder, LogTrackingRecorder
from infrastructure.event_log.library.transcoder import ExactTranscoder
from tests.event_log import library
from tests.event_log.library import MODULE, OwnTenant


class TestAggregateRecorder(OwnTenant, suite.AggregateRecorderTestCase):
    def create_recorder(self) -> persistence.AggregateRecorder:
        return LogAggregateRecorder(self.log)


class TestSnapshotRecorder(OwnTenant, suite.AggregateRecorderTestCase):
    def create_recorder(self) -> persistence.AggregateRecorder:
        return LogSnapshotRecorder(self.log)


class TestApplicationRecorder(OwnTenant, suite.ApplicationRecorderTestCase[LogApplicationRecorder]):
    def create_recorder(self) -> LogApplicationRecorder:
        return LogApplicationRecorder(self.log)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestProcessRecorderAsApplicationRecorder(
    OwnTenant, suite.ApplicationRecorderTestCase[LogProcessRecorder]
):
    def create_recorder(self) -> LogProcessRecorder:
        return LogProcessRecorder(self.log)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OwnTenant, suite.TrackingRecorderTestCase):
    def create_recorder(self) -> persistence.TrackingRecorder:
        return LogTrackingRecorder(self.log)


class TestProcessRecorderAsTrackingRecorder(OwnTenant, suite.TrackingRecorderTestCase):
    def create_recorder(self) -> persistence.TrackingRecorder:
        return LogProcessRecorder(self.log)


class TestProcessRecorder(OwnTenant, suite.ProcessRecorderTestCase):
    def create_recorder(self) -> persistence.ProcessRecorder:
        return LogProcessRecorder(self.log)


class TestNonInterleavingNotificationIDs(OwnTenant, suite.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> persistence.ApplicationRecorder:
        return LogApplicationRecorder(self.log)


class OtherTrackingRecorder(LogTrackingRecorder):
    """A class that only its topic leads to."""


class TestFactory(OwnTenant, suite.InfrastructureFactoryTestCase[LogFactory]):
    def setUp(self) -> None:
        self.env = self.tenant_env
        super().setUp()

    def expected_factory_class(self) -> type[LogFactory]:
        return LogFactory

    def expected_aggregate_recorder_class(self) -> type[persistence.AggregateRecorder]:
        return LogAggregateRecorder

    def expected_application_recorder_class(self) -> type[persistence.ApplicationRecorder]:
        return LogApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[persistence.TrackingRecorder]:
        return LogTrackingRecorder

    def tracking_recorder_subclass(self) -> type[persistence.TrackingRecorder]:
        return OtherTrackingRecorder

    def expected_process_recorder_class(self) -> type[persistence.ProcessRecorder]:
        return LogProcessRecorder


class AsValue(persistence.Transcoding):
    """One of the suite's subclasses of a JSON type, as the value it extends."""

    def __init__(self, kind: type[Any], plain: type[Any]) -> None:
        self.type = kind
        self.name = kind.__name__.lower()
        self._plain = plain

    def encode(self, obj: Any) -> Any:
        return self._plain(obj)

    def decode(self, data: Any) -> Any:
        return self.type(data)


class TestTranscoder(suite.TranscoderTestCase):
    def construct_transcoder(self) -> persistence.Transcoder:
        transcoder = ExactTranscoder()
        for transcoding in (
            suite.CustomType1AsDict(),
            suite.CustomType2AsDict(),
            persistence.UUIDAsHex(),
            AsValue(suite.Mydict, dict),
            AsValue(suite.MyList, list),
            AsValue(suite.MyStr, str),
            AsValue(suite.MyInt, int),
        ):
            transcoder.register(transcoding)
        return transcoder


class TestExampleApplication(OwnTenant, application_suite.ExampleApplicationTestCase):
    expected_factory_topic = f"{MODULE}:LogFactory"


class TestApplication(OwnTenant, application_suite.ApplicationTestCase):
    def test_an_application_of_the_suite_is_over_the_log(self) -> None:
        with Application[UUID]() as application:
            assert isinstance(application.factory, LogFactory)


@pytest.mark.parametrize("published", [suite, application_suite])
def test_every_published_case_is_run(published: ModuleType) -> None:
    assert library.left_out(published, globals()) == set()
