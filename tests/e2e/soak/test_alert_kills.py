"""Fifty kills of two alert workers during bursts: nobody is told less, or of
anything else, than what happened.

Every burst is known by the time of its events and every alert by its rule, its
group and its episode, so what came out is compared as a set.
"""

import itertools
import json
import random
import threading
import time
from collections import Counter, defaultdict
from datetime import datetime

import pytest

from support.waiting import wait_until

from test_alert import event, produce, transitions

KILLS = 50
SERVICES = 8
# Between two bursts of one service: more than they fire for, so that each is
# an episode of its own.
APART_SECONDS = 24
MOST = 40
SETTLE_SECONDS = 180

RULES = [
    {"name": "burst", "type": "frequency", "query": "Title:BROKE",
     "group_by": ["ServiceKey"], "num_events": 20, "timeframe": "5s"},
    {"name": "rise", "type": "spike", "query": "Title:BROKE",
     "group_by": ["ServiceKey"], "timeframe": "4s", "spike_height": 3,
     "threshold_cur": 20, "threshold_ref": 0},
    {"name": "refused", "type": "any", "query": "Title:REFUSED",
     "group_by": ["ServiceKey"], "keep_firing_for": "3s"},
    {"name": "refund", "type": "sequence", "group_by": ["RequestKey"],
     "keep_firing_for": "3s", "stages": [
         {"query": "Title:LOGIN"}, {"query": "Title:REFUND", "within": "30s"}]},
]
QUICK = {"group_wait": "50ms", "group_interval": "1s"}

pytestmark = pytest.mark.soak


def instant(text):
    """Milliseconds, as transitions have them."""
    when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(when.timestamp() * 1e6) // 1000


class Bursts:
    """Writes them, and knows what has to come of each."""

    def __init__(self, pipeline):
        self._pipeline = pipeline
        self._numbers = itertools.count(1)
        self._written = Counter()
        # (rule, group, episode) -> first and last instant of its events
        self.expected = {}

    def write(self, service):
        self._written[service] += 1
        episode = self._written[service]
        broke = [self._event(service, "BROKE")
                 for _ in range(random.randint(30, MOST))]
        refused = [self._event(service, "REFUSED") for _ in range(3)]
        request = f"{service}-{episode}"
        refund = [self._event(service, title, RequestKey=request)
                  for title in ("LOGIN", "REFUND")]
        quiet = [self._event(service, "FINE") for _ in range(10)]
        events = broke + refused + refund + quiet
        random.shuffle(events)
        for rule, group, number, of in (
                ("burst", service, episode, broke),
                ("rise", service, episode, broke),
                ("refused", service, episode, refused),
                ("refund", request, 1, refund)):
            self.expected[rule, group, number] = (
                instant(of[0]["TimeStampUTC"]), instant(of[-1]["TimeStampUTC"]))
        produce(self._pipeline, events)

    def _event(self, service, title, **more):
        return event(service, title=title,
                     Additional={"number": next(self._numbers)}, **more)

    @property
    def events(self):
        return next(self._numbers) - 1


class Killer(threading.Thread):
    """Kills either worker, or both, at moments of its own choosing."""

    def __init__(self, workers):
        super().__init__()
        self._workers = workers
        self.kills = self.pairs = 0
        self.error = None

    def run(self):
        try:
            while self.kills < KILLS:
                time.sleep(random.uniform(0.2, 7))
                self._kill()
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def _kill(self):
        chosen = [random.choice(self._workers)]
        if random.random() < 0.25 and self.kills + 2 <= KILLS:
            chosen = self._workers
            self.pairs += 1
        for worker in chosen:
            assert worker.is_running(), worker.log()[-4000:]
            worker.kill9()
            self.kills += 1
        time.sleep(random.choice((0, 0, 1)))
        for worker in chosen:
            worker.start(ready=False)


def moody(seed):
    """One answer in five is a refusal, a hang or nothing at all."""
    chance = random.Random(seed)
    moods = [{"status": 503}, {"status": 429, "retry_after": 1},
             {"delay": 1}, {"close": True}]
    return [chance.choice(moods) if chance.random() < 0.2 else {}
            for _ in range(5000)]


def group_of(labels_or_group):
    return labels_or_group.get("ServiceKey") or labels_or_group["RequestKey"]


def facts(body):
    """What a message tells of each of its alerts."""
    return frozenset((alert["fingerprint"], alert["episode"], alert["status"])
                     for alert in body["alerts"])


def told(receiver):
    """(rule, group, episode) -> the states of it that were accepted."""
    found = defaultdict(set)
    for alert in receiver.alerts():
        labels = alert["labels"]
        if labels["alertname"].startswith("Tocsin"):
            continue
        key = (labels["alertname"], group_of(labels), alert["episode"])
        found[key].add(alert["status"])
    return found


def assert_topic(pipeline, expected):
    """One cause for each state of each episode, and a burst for each."""
    causes = defaultdict(set)
    at = {}
    for t in transitions(pipeline):
        if t["rule"].startswith("Tocsin"):
            continue
        key = (t["rule"], group_of(t["group"]), t["episode"])
        causes[key, t["state"]].add(t["cause"])
        if t["state"] == "firing":
            at[key] = instant(t["at"])
    assert set(at) == set(expected), set(at) ^ set(expected)
    assert set(causes) == {(key, state) for key in expected
                           for state in ("firing", "resolved")}
    doubled = {k: v for k, v in causes.items() if len(v) > 1}
    assert not doubled, doubled
    # One that another overtook is told after it: by time, not by number.
    fired, spans = defaultdict(list), defaultdict(list)
    for key, span in expected.items():
        fired[key[:2]].append(at[key])
        spans[key[:2]].append(span)
    outside = [(key, when, span) for key in fired for when, span
               in zip(sorted(fired[key]), sorted(spans[key]))
               if not span[0] <= when <= span[1]]
    assert not outside, outside
    overtaken = sum(a > b for found in fired.values()
                    for a, b in itertools.pairwise(found))
    print(f"\n{overtaken} told after a later one")


def assert_ids(receiver):
    """One id, one content; the number of ids and of repeated requests."""
    bodies = defaultdict(set)
    contents = defaultdict(set)
    requests = receiver.requests()
    for request in requests:
        name = request["headers"]["webhook-id"]
        contents[name].add(facts(request["body"]))
        bodies[name].add(json.dumps(request["body"], sort_keys=True))
    mixed = {name: found for name, found in contents.items() if len(found) > 1}
    assert not mixed, mixed
    changed = {n: sorted(found) for n, found in bodies.items() if len(found) > 1}
    assert not changed, list(changed.items())[:3]
    return len(contents), len(requests) - len(contents)


def test_fifty_kills_of_two_workers_in_bursts_lose_and_double_no_alert(
        pipeline):
    receivers = [pipeline.receiver(moody(seed), name=name)
                 for seed, name in enumerate(("each", "grouped"))]
    pipeline.settings["route"] = {
        "receiver": "each", "routes": [
            {"receiver": "each", "group_by": ["..."], "continue": True,
             **QUICK},
            {"receiver": "grouped", "group_by": ["alertname"], **QUICK}]}
    pipeline.write_rules(*RULES)
    pipeline.setup()
    workers = [pipeline.daemon("alert") for _ in range(2)]
    # A rule of rises has nothing to compare with until it has watched.
    time.sleep(10)
    bursts = Bursts(pipeline)
    killer = Killer(workers)
    killer.start()
    for n in itertools.count():
        bursts.write(f"S{n % SERVICES}")
        if not killer.is_alive() and n % SERVICES == SERVICES - 1:
            break
        time.sleep(APART_SECONDS / SERVICES)
    killer.join()
    assert not killer.error, killer.error

    def missing(receiver):
        found = told(receiver)
        return [key for key in bursts.expected
                if "resolved" not in found.get(key, ())]
    for receiver in receivers:
        wait_until(lambda r=receiver: not missing(r), SETTLE_SECONDS,
                   lambda r=receiver: f"all told: {missing(r)}", every=1)
    assert_topic(pipeline, bursts.expected)
    for receiver in receivers:
        assert set(told(receiver)) == set(bursts.expected)
        ids, repeats = assert_ids(receiver)
        late = sum(states == {"resolved"} for states in told(receiver).values())
        print(f"\n{receiver.out.stem}: {ids} ids, {repeats} requests more, "
              f"{late} told of firing and resolve at once")
    print(f"{killer.kills} kills ({killer.pairs} times both): {bursts.events} "
          f"events, {len(bursts.expected)} alerts fired and resolved, each "
          "once; lost 0, doubled 0")
