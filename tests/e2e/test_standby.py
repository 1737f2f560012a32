"""A worker that has no partition: it waits, and says that it is well."""

from support import wait_until
from support.stack import KAFKA


def test_who_stands_by_is_ready_again_after_kafka_hung(pipeline, stack):
    pipeline.settings["kafka"] |= {
        "partitions": 1,
        "properties": ["session.timeout.ms=6000",
                       "heartbeat.interval.ms=1000"]}
    pipeline.setup()
    # One partition of events, one of alerts: somebody has neither.
    workers = [pipeline.daemon("index") for _ in range(3)]
    stack.pause(KAFKA)
    wait_until(lambda: all("could not stay in the group" in worker.log()
                           for worker in workers), 30, "the hang is noticed")
    assert not any(worker.is_ready() for worker in workers)
    stack.resume(KAFKA)
    for worker in workers:
        worker.wait_ready(timeout=30)
    idle = [worker for worker in workers if not worker.status()["partitions"]]
    assert idle
