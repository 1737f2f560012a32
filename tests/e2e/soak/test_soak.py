"""What takes minutes: many kills under load, and servers that hang for one.

On demand, and on a release build, because memory is looked at: tests/run soak.
"""

import random
import threading
import time

import pytest

from support.waiting import wait_until

DELIVERED = "tocsin_ship_delivered_total"
INDEXED = "tocsin_index_indexed_total"
RECEIVED = "tocsin_index_received_total"
KILLS = 20
PAUSE_SECONDS = 60
RESUME_SECONDS = 5
BUDGET_BYTES = 16 << 20
# What is fetched ahead, librdkafka's own and the heap's holes, beside budgets.
OWN_BYTES = 32 << 20

pytestmark = pytest.mark.soak


def has(daemon, metric, above=0):
    try:
        return daemon.metric(metric) > above
    except OSError:
        return False


def assert_accounts(ship, index):
    def of(daemon, prefix):
        return {name.removeprefix(prefix): value
                for (name, labels), value in daemon.metrics().items()
                if name.startswith(prefix) and not labels}
    read = of(ship, "tocsin_ship_")
    assert read["read_total"] == sum(read[part] for part in (
        "delivered_total", "skipped_total", "in_flight")), read
    received = of(index, "tocsin_index_")
    assert received["received_total"] == sum(received[part] for part in (
        "indexed_total", "duplicate_total", "dead_total", "skipped_total",
        "returned_total", "in_flight")), received


def assert_whole(pipeline, writer, ship, index):
    """Each once, none dead, and both daemons say the same."""
    pipeline.assert_numbers(writer.numbers, timeout=300)
    assert not pipeline.kafka.records(pipeline.topic("dead"))
    assert_accounts(ship, index)


class Load(threading.Thread):
    """Writes, and rotates if it is to, until it is stopped."""

    def __init__(self, writer, count, every, rotations=0.0):
        super().__init__()
        self._writer = writer
        self._count = count
        self._every = every
        self._share = rotations
        self._stop_asked = threading.Event()
        self.rotated = 0

    def run(self):
        while not self._stop_asked.wait(self._every):
            self._writer.write(self._count, Additional={"pad": "x" * 500})
            if random.random() < self._share:
                self._writer.rotate(random.randrange(len(self._writer.paths)))
                self.rotated += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._stop_asked.set()
        self.join()


def kill_at_work(daemon, metric, errors):
    """Each time somewhere in the two seconds after its first event."""
    try:
        for _ in range(KILLS):
            wait_until(lambda: has(daemon, metric), 60,
                       f"{daemon.command} works")
            time.sleep(random.uniform(0, 2))
            daemon.kill9()
            daemon.start(ready=False)
    except Exception as error:  # pylint: disable=broad-except
        errors.append(error)


def test_twenty_kills_of_each_under_rotation_and_load(pipeline):
    writer = pipeline.writer(files=8)
    pipeline.setup()
    ship, index = (pipeline.daemon(name) for name in ("ship", "index"))
    errors = []
    with Load(writer, 100, 0.1, rotations=0.25) as load:
        killers = [threading.Thread(target=kill_at_work,
                                    args=(daemon, metric, errors))
                   for daemon, metric in ((ship, DELIVERED),
                                          (index, RECEIVED))]
        for killer in killers:
            killer.start()
        for killer in killers:
            killer.join()
    assert not errors, errors
    assert_whole(pipeline, writer, ship, index)
    print(f"\n{KILLS} kills of each: {writer.last} events, {load.rotated} "
          "rotations, lost 0, doubled 0, dead 0")


class Memory:
    """How far each daemon's resident memory rose above its start."""

    def __init__(self, *daemons):
        self._daemons = daemons
        self._before = [daemon.resident_bytes() for daemon in daemons]
        self.risen = [0] * len(daemons)

    def look(self):
        for i, daemon in enumerate(self._daemons):
            risen = daemon.resident_bytes() - self._before[i]
            self.risen[i] = max(self.risen[i], risen)

    def text(self):
        return ", ".join(
            f"{daemon.command} +{risen >> 20} MiB"
            for daemon, risen in zip(self._daemons, self.risen))


def seconds_until_risen(daemons, before, memory):
    """After how long the metric of each goes on, by command."""
    began = time.monotonic()
    seconds = {}

    def all_have():
        memory.look()
        for daemon, metric in daemons:
            name = daemon.command
            if name not in seconds and has(daemon, metric, before[name]):
                seconds[name] = round(time.monotonic() - began, 1)
        return len(seconds) == len(daemons)
    wait_until(all_have, 90, lambda: f"all go on: {seconds}")
    return seconds


@pytest.mark.parametrize("server", ["elasticsearch", "kafka"])
def test_a_server_hangs_for_a_minute(pipeline, stack, server):
    pipeline.settings["ship"]["buffer_bytes"] = BUDGET_BYTES
    pipeline.settings["index"]["buffer_bytes"] = BUDGET_BYTES
    writer = pipeline.writer(files=8)
    pipeline.setup()
    ship, index = (pipeline.daemon(name) for name in ("ship", "index"))
    metrics = [(ship, DELIVERED), (index, INDEXED)]
    writer.write(10000)
    pipeline.assert_numbers(writer.numbers)
    memory = Memory(ship, index)
    with Load(writer, 1000, 0.5):
        wait_until(lambda: has(index, INDEXED, 12000), 60, "load flows")
        stack.pause(server)
        end = time.monotonic() + PAUSE_SECONDS
        while time.monotonic() < end:
            memory.look()
            time.sleep(0.5)
        before = {daemon.command: daemon.metric(metric)
                  for daemon, metric in metrics}
        kept = "partition given up" not in index.log()
        ready = [daemon.is_ready() for daemon in (ship, index)]
        stack.resume(server)
        seconds = seconds_until_risen(metrics, before, memory)
    assert_whole(pipeline, writer, ship, index)
    print(f"\n{server} hung for {PAUSE_SECONDS} s: {writer.last} events, lost "
          f"0, doubled 0, dead 0; went on after {seconds} s; {memory.text()}")
    # Elasticsearch costs no membership and no readiness, Kafka costs both.
    assert ready == [server != "kafka"] * 2
    assert kept or server == "kafka"
    assert max(memory.risen) <= BUDGET_BYTES + OWN_BYTES
    assert max(seconds.values()) <= RESUME_SECONDS, seconds
