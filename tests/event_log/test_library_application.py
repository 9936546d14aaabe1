"""The library's Application and the asynchronous store work on the same log."""

from uuid import UUID, uuid4

import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.cryptography import AESCipher
from eventsourcing.persistence import InfrastructureFactory, InfrastructureFactoryError

from application.recorded import RecordedEvent, VersionConflict
from domain.documents import knowledge_base
from domain.ids import StreamId, TenantId
from infrastructure.event_log.library import streams
from infrastructure.event_log.library.factory import LogFactory
from infrastructure.event_log.library.streams import Stream
from infrastructure.event_log.store import PostgresEventStore
from tests.event_log import library, logs
from tests.servers import Database

project = streams.projector(knowledge_base.evolve)


def test_a_repository_reads_what_the_asynchronous_store_wrote(library_database: Database) -> None:
    tenant_id, id_ = logs.tenant(), logs.stream()

    async def body(store: PostgresEventStore) -> None:
        await store.append(tenant_id, logs.command(id_, events=[logs.event("Contracts")]))

    logs.with_store(library_database.app_url, body)
    with Application[UUID](library.environment(library_database.app_url, tenant_id)) as application:
        found: Stream[knowledge_base.KnowledgeBase]
        found = application.repository.get(id_, projector_func=project)
        assert (found.id, found.version, found.state.name) == (id_, 1, "Contracts")
        with pytest.raises(AggregateNotFoundError):
            application.repository.get(uuid4(), projector_func=project)


def test_the_asynchronous_store_reads_what_an_application_saved(
    library_database: Database,
) -> None:
    tenant_id, id_ = TenantId(uuid4()), StreamId(uuid4())
    env = library.environment(library_database.app_url, tenant_id)
    with Application[UUID](env) as application:
        application.save(*streams.following(id_, 0, knowledge_base.create(name="Contracts")))

    async def body(store: PostgresEventStore) -> list[RecordedEvent]:
        with pytest.raises(VersionConflict):
            await store.append(tenant_id, logs.command(id_))
        await store.append(tenant_id, logs.command(id_, 1, events=[logs.event("Deeds")]))
        return list(await store.load(tenant_id, id_))

    history = logs.with_store(library_database.app_url, body)
    assert [event.event for event in history] == [logs.event("Contracts"), logs.event("Deeds")]
    assert [event.position for event in history] == [1, 2]


def test_a_cached_aggregate_is_brought_up_to_date(library_database: Database) -> None:
    id_ = uuid4()
    env = library.environment(library_database.app_url, AGGREGATE_CACHE_MAXSIZE="10")
    with Application[UUID](env) as application:
        for version, name in enumerate(["Contracts", "Deeds"]):
            application.save(*streams.following(id_, version, [logs.event(name)]))
            found: Stream[knowledge_base.KnowledgeBase]
            found = application.repository.get(id_, projector_func=project)
            assert (found.version, found.state.name) == (version + 1, name)


def test_an_application_of_its_own_tenant_is_named_by_the_environment(
    library_database: Database,
) -> None:
    env = library.environment(library_database.app_url, BILLING_TENANT_ID=str(uuid4()))

    class Billing(Application[UUID]):
        pass

    with Application[UUID](env) as documents, Billing(env) as billing:
        documents.save(*streams.following(uuid4(), 0, [logs.event()]))
        assert documents.recorder.max_notification_id() == 1
        assert billing.recorder.max_notification_id() is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TENANT_ID", ""),
        ("TENANT_ID", "s3cret-and-no-uuid"),
        ("DATABASE_URL", ""),
        ("DATABASE_CONNECTIONS_MAX", "s3cret"),
        ("DATABASE_CONNECTIONS_MAX", "0"),
        ("ORIGINATOR_ID_TYPE", "text"),
        ("TRACKING_RECORDER_TOPIC", "eventsourcing.popo:POPOTrackingRecorder"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not(
    library_database: Database, key: str, value: str
) -> None:
    env = library.environment(library_database.app_url)
    env[key] = value
    with pytest.raises(InfrastructureFactoryError, match=key) as refused:
        LogFactory(env).tracking_recorder()
    assert "s3cret" not in str(refused.value)


def test_a_cipher_key_alone_takes_no_further_package(library_database: Database) -> None:
    key = AESCipher.create_key(32)
    env = library.environment(library_database.app_url, CIPHER_KEY=key)
    with InfrastructureFactory.construct(env) as factory:
        assert isinstance(factory.cipher(), AESCipher)
