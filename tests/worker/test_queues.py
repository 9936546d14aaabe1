"""A worker asks Valkey for what can come, and for nothing else."""

import dramatiq

from infrastructure import messages
from tests import stack as stacks


def test_a_worker_polls_the_two_queues_and_none_for_delayed_messages(valkey_url: str) -> None:
    broker = messages.broker(stacks.broker_of(valkey_url, 8))
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=10)
    worker.start()
    try:
        assert set(worker.consumers) == {messages.PROJECTIONS, messages.JOBS}
    finally:
        worker.stop()
        broker.close()
