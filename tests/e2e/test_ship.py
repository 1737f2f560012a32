"""tocsin ship alone: from files to the topic, whatever is killed or rotated."""

import json
import random
import shutil
import signal
import threading
import time

import pytest

from support.waiting import wait_until

READ = "tocsin_ship_read_total"
PARTS = ("tocsin_ship_delivered_total", "tocsin_ship_skipped_total",
         "tocsin_ship_in_flight")


@pytest.fixture(name="topic")
def topic_of_this_test(pipeline):
    pipeline.setup()
    return pipeline.topic("logs")


def payloads(records):
    return [json.loads(record["payload"]) for record in records]


def sources_by_number(records):
    """{Seq: {tocsin-source, ...}}"""
    found = {}
    for record, event in zip(records, payloads(records)):
        found.setdefault(event["Seq"], set()).add(
            record["headers"]["tocsin-source"])
    return found


def assert_each_line_has_its_source(records, expected):
    """Nothing is missing, and a line is the same line however often it came."""
    found = sources_by_number(records)
    missing = sorted(set(expected) - set(found))
    assert not missing, f"{len(missing)} missing: {missing[:10]}"
    assert set(found) == set(expected)
    unstable = {seq: found[seq] for seq in found if len(found[seq]) != 1}
    assert not unstable, f"{len(unstable)} with several sources: {unstable}"
    sources = [source for each in found.values() for source in each]
    assert len(sources) == len(set(sources)), "two lines share a source"


def assert_accounts(daemon):
    metrics = {name: value for (name, _), value in daemon.metrics().items()}
    assert metrics[READ] == sum(metrics[part] for part in PARTS), metrics


def wait_delivered(daemon, count, timeout=60):
    wait_until(lambda: daemon.metric(PARTS[0]) >= count, timeout,
               lambda: f"{count} delivered: {daemon.metric(PARTS[0])}")
    assert_accounts(daemon)


def wait_read_to_the_end(daemon, files, timeout=60):
    """Every byte of every file is delivered."""
    def done():
        status = daemon.status()
        return (status["connected"] and status["in_flight"] == 0 and
                len([f for f in status["files"] if not f["rotated"]]) == files
                and all(f["lag"] == 0 for f in status["files"]))
    wait_until(done, timeout, lambda: f"all delivered: {daemon.status()}")


def test_header_and_key_name_the_line(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(30)
    writer.write(1, RequestKey=None)
    writer.write(1, RequestKey="")
    wait_delivered(ship, 32)
    records = pipeline.kafka.records(topic)
    files = {r["headers"]["tocsin-source"].split(":")[0] for r in records}
    assert len(files) == 1
    digits = files.pop()
    assert len(digits) == 16 and set(digits) <= set("0123456789abcdef")
    content = writer.paths[0].read_bytes()
    for record in records:
        start = int(record["headers"]["tocsin-source"].split(":")[1])
        line = content[start:content.index(b"\n", start)]
        assert record["payload"].encode() == line
        assert record["key"] == (json.loads(line).get("RequestKey") or digits)


def test_five_kills_under_rotation_lose_nothing(pipeline, topic):
    writer = pipeline.writer(files=5)
    ship = pipeline.daemon("ship")
    errors = []

    def kill():
        try:
            for _ in range(5):
                time.sleep(random.uniform(0.3, 1.5))
                ship.kill9()
                time.sleep(random.uniform(0, 0.5))
                ship.start(ready=False)
        except Exception as error:  # pylint: disable=broad-except
            errors.append(error)
    killer = threading.Thread(target=kill)
    killer.start()
    turn = 0
    while killer.is_alive() or turn < 100:
        writer.write(500)
        turn += 1
        if turn % 5 == 0:
            writer.rotate(random.randrange(5))
        time.sleep(0.03)
    killer.join()
    assert not errors
    ship.wait_ready()
    wait_read_to_the_end(ship, files=5)
    assert_accounts(ship)
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_files_rotated_away_while_stopped_are_read(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(100)
    wait_delivered(ship, 100)
    ship.term()
    for _ in range(4):
        writer.write(50)
        writer.rotate()
    writer.write(50)
    ship.start()
    wait_delivered(ship, 250)
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    assert len(records) == 350


def test_deleted_state_costs_only_repeats(pipeline, topic):
    writer = pipeline.writer(files=2)
    ship = pipeline.daemon("ship")
    writer.write(200)
    wait_delivered(ship, 200)
    ship.term()
    shutil.rmtree(pipeline.folder / "ship")
    ship.start()
    wait_delivered(ship, 200)
    records = pipeline.kafka.records(topic)
    assert len(records) == 400
    assert_each_line_has_its_source(records, writer.numbers)


def test_corrupt_state_is_set_aside(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(100)
    wait_delivered(ship, 100)
    ship.term()
    registry = pipeline.folder / "ship" / "registry"
    registry.write_bytes(registry.read_bytes()[:-20])
    ship.start()
    wait_delivered(ship, 100)
    assert (pipeline.folder / "ship" / "registry.corrupt").exists()
    assert "corrupt registry set aside" in ship.log()
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_sigterm_under_load_leaves_nothing_to_repeat(pipeline, topic):
    writer = pipeline.writer(files=3)
    ship = pipeline.daemon("ship")
    for _ in range(3):
        writer.write(20000)
        ship.term()
        ship.start()
    wait_read_to_the_end(ship, files=3)
    ship.term()
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    assert len(records) == writer.last


def test_kafka_away_and_back(pipeline, stack, topic):
    writer = pipeline.writer(files=2)
    ship = pipeline.daemon("ship")
    writer.write(100)
    wait_delivered(ship, 100)
    stack.stop_kafka()
    writer.write(1000)
    writer.rotate()
    writer.write(1000)
    wait_until(lambda: ship.metric("tocsin_ship_blocked_seconds") > 0, 30,
               "ship says that it is blocked")
    wait_until(lambda: not ship.is_ready(), 30, "ship is not ready")
    assert_accounts(ship)
    stack.start_kafka()
    wait_read_to_the_end(ship, files=2)
    wait_until(ship.is_ready, 30, "ship is ready")
    assert ship.metric("tocsin_ship_blocked_seconds") == 0
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_a_full_queue_stops_reading_and_drops_nothing(pipeline, stack, topic):
    writer = pipeline.writer(files=2)
    ship = pipeline.daemon("ship", "ship.buffer_events=200")
    stack.pause("kafka")
    writer.write(5000)
    time.sleep(3)
    assert ship.metric("tocsin_ship_in_flight") <= 200
    assert_accounts(ship)
    stack.resume("kafka")
    wait_delivered(ship, 5000)
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_started_before_kafka_and_topic_are_there(pipeline, stack):
    pipeline.write_config()
    writer = pipeline.writer()
    writer.write(10)
    stack.stop_kafka()
    ship = pipeline.daemon("ship", start=False).start(ready=False)
    wait_until(lambda: "waiting for kafka" in ship.log(), 30, "it says so")
    stack.start_kafka()
    wait_until(lambda: "run tocsin setup" in ship.log(), 30, "it says so")
    assert not ship.is_ready()
    pipeline.setup()
    wait_delivered(ship, 10)
    assert ship.is_ready()


def test_poison_lines_are_mended_and_stop_nothing(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(1)
    writer.write_raw(b"Exception in thread main\r\n\n  \n")
    writer.write_raw(b'{"Seq": 1' + b"\n")
    writer.write_raw(b'{"Title": "a\xffb", "Level": "WARN"}\n')
    writer.write_raw(b"[" * 1000 + b"]" * 1000 + b"\n")
    writer.write_raw(b"nul \x00 here\n")
    writer.write_raw(b"y" * 9_000_000 + b"\n")
    writer.write(1, Additional="x" * 1_500_000)
    writer.write(1)
    wait_delivered(ship, 9)
    events = payloads(pipeline.kafka.records(topic))
    assert len(events) == 9
    unparsed = [e for e in events if e.get("Title") == "UNPARSED_LINE"]
    assert len(unparsed) == 5
    assert all(e["Repaired"][0] == "unparsed" for e in unparsed)
    assert {e["ServiceKey"] for e in unparsed} == {"app-0.log"}
    texts = {e["Additional"][:30] for e in unparsed}
    assert {"Exception in thread main", '{"Seq": 1',
            "nul \x00 here"} <= texts
    assert ["utf8"] == [e["Repaired"] for e in events
                        if e.get("Title") == "a\ufffdb"][0][-1:]
    cut = [e for e in events if e.get("Seq") == 2][0]
    assert cut["Repaired"] == ["cut"] and cut["Title"] == "NUMBER_WRITTEN"
    assert {e["Seq"] for e in events if "Seq" in e} == {1, 2, 3}
    assert ship.metric("tocsin_repaired_total", word="unparsed") == 5
    assert ship.metric("tocsin_ship_skipped_total") == 2


def test_a_long_file_does_not_starve_the_others(pipeline, topic):
    writer = pipeline.writer(files=2)
    line = json.dumps(writer.event(Title="BULK")).encode() + b"\n"
    writer.write_raw(line * 200_000, file=0)
    writer.write_raw(b'{"Title": "SMALL"}\n', file=1)
    ship = pipeline.daemon("ship")

    def small_is_delivered():
        return [f for f in ship.status()["files"]
                if f["path"].endswith("app-1.log.structoutv1")][0]["lag"] == 0
    wait_until(small_is_delivered, 30, "the short file is delivered")
    titles = [e["Title"] for e in payloads(pipeline.kafka.records(topic))]
    assert "SMALL" in titles
    wait_delivered(ship, 200_001, timeout=90)


def test_a_second_signal_stops_at_once(pipeline, stack, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(10)
    wait_delivered(ship, 10)
    stack.pause("kafka")
    writer.write(10)
    wait_until(lambda: ship.metric("tocsin_ship_in_flight") == 10, 10,
               "lines are under way")
    ship.process.terminate()
    time.sleep(1)
    assert ship.is_running(), "it waits for what is under way"
    ship.term(timeout=5)
    stack.resume("kafka")
    ship.start()
    wait_delivered(ship, 10)
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_a_truncated_file_begins_anew(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(50)
    wait_delivered(ship, 50)
    with open(writer.paths[0], "r+b") as file:
        file.truncate(0)
    writer.write(20)
    wait_delivered(ship, 70)
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    assert len(records) == 70


def test_copytruncate_under_load_loses_nothing(pipeline, topic):
    """Nothing is written between copy and truncation: that is lost by then."""
    writer = pipeline.writer(files=3)
    ship = pipeline.daemon("ship", "ship.buffer_events=2000")
    for turn in range(60):
        writer.write(1000)
        if turn % 5 == 4:
            writer.copytruncate(random.randrange(3))
        time.sleep(0.05)
    wait_until(lambda: ship.metric(PARTS[0]) >= writer.last, 60,
               lambda: f"{writer.last} delivered: {ship.metric(PARTS[0])}")
    wait_read_to_the_end(ship, files=3)
    assert_accounts(ship)
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    assert len(records) == writer.last
    assert "truncated file goes on in its copy" in ship.log()


def test_copytruncate_while_stopped_loses_nothing(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(100)
    wait_delivered(ship, 100)
    ship.term()
    writer.write(50)
    writer.copytruncate()
    writer.write(50)
    writer.copytruncate()
    writer.write(50)
    ship.start()
    wait_delivered(ship, 150)
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    assert len(records) == writer.last


def test_a_reused_inode_is_another_file(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship", 'ship.close_after="100ms"')
    for _ in range(15):
        writer.write(10)
        wait_until(lambda: ship.metric(PARTS[0]) >= writer.last, 30,
                   "the file is delivered")
        writer.delete()
        time.sleep(random.uniform(0, 0.4))
    ship.kill9()
    writer.write(10)
    ship.start()
    wait_read_to_the_end(ship, files=1)
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_a_file_deleted_while_it_is_read_is_read_to_its_end(pipeline, stack,
                                                            topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship", "ship.buffer_events=200")
    stack.pause("kafka")
    writer.write(5000)
    wait_until(lambda: ship.metric("tocsin_ship_in_flight") > 0, 30,
               "it is being read")
    writer.delete()
    writer.write(10)
    time.sleep(2)
    stack.resume("kafka")
    wait_delivered(ship, 5010)
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)
    assert ship.metric("tocsin_ship_lost_bytes_total") == 0


def test_a_deleted_file_is_held_for_so_long_only(pipeline, stack, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship", "ship.buffer_events=200",
                           'ship.hold_deleted="1s"')
    stack.pause("kafka")
    writer.write(5000)
    wait_until(lambda: ship.metric("tocsin_ship_in_flight") > 0, 30,
               "it is being read")
    writer.delete()
    wait_until(lambda: ship.metric("tocsin_ship_lost_bytes_total") > 0, 30,
               "the loss is counted")
    assert "deleted file given up" in ship.log()
    stack.resume("kafka")
    writer.write(10)
    wait_read_to_the_end(ship, files=1)
    found = set(sources_by_number(pipeline.kafka.records(topic)))
    assert found >= set(range(5001, 5011))


def test_links_are_followed_where_they_point_now(pipeline, topic):
    writer = pipeline.writer()
    folder = writer.paths[0].parent
    link = folder / "day.log.structoutv1"
    ship = pipeline.daemon("ship")
    written = 0

    def point_at(name):
        new = folder / "new"
        new.symlink_to(name)
        new.replace(link)

    def append(name, count):
        nonlocal written
        with open(folder / name, "a", encoding="utf-8") as file:
            for _ in range(count):
                file.write(json.dumps(writer.event()) + "\n")
        written += count
    point_at("day-0")
    wait_until(lambda: "link leads nowhere" in ship.log(), 30, "it says so")
    for day in range(5):
        point_at(f"day-{day}")
        append(f"day-{day}", 100)
        wait_until(lambda: ship.metric(PARTS[0]) >= written, 30,
                   "the day is delivered")
        append(f"day-{day}", 100)
    time.sleep(1.5)
    point_at("day-5")
    append("day-4", 10)
    ship.kill9()
    append("day-4", 10)
    point_at("day-6")
    append("day-6", 10)
    ship.start()
    wait_until(lambda: len(pipeline.kafka.records(topic)) >= written, 30,
               "all is there")
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_many_rotations_while_stopped(pipeline, topic):
    writer = pipeline.writer(files=3)
    ship = pipeline.daemon("ship")
    writer.write(300)
    wait_delivered(ship, 300)
    ship.kill9()
    for _ in range(30):
        writer.write(90)
        for file in range(3):
            writer.rotate(file)
    writer.write(90)
    ship.start()
    wait_until(lambda: len(set(sources_by_number(
        pipeline.kafka.records(topic)))) >= writer.last, 60, "all is there")
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    writer.numbers)


def test_two_thousand_files(pipeline, topic):
    writer = pipeline.writer(files=2000)
    writer.write(10_000)
    ship = pipeline.daemon("ship")
    wait_delivered(ship, 10_000, timeout=120)
    writer.write(4000)
    wait_delivered(ship, 14_000, timeout=120)
    ship.term()
    writer.write(2000)
    for file in range(0, 2000, 7):
        writer.rotate(file)
    ship.start()
    wait_delivered(ship, 2000, timeout=120)
    ship.term()
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    assert len(records) == writer.last


WRITTEN = "2026-11-23T09:00:00.123456789Z"


def docker(log, stream="stdout", written=WRITTEN):
    return json.dumps({"log": log, "stream": stream,
                       "time": written}).encode() + b"\n"


def cri(text, tag="F", stream="stdout", written=WRITTEN):
    return f"{written} {stream} {tag} {text}\n".encode()


def in_parts(text, size=100):
    return [text[i:i + size] for i in range(0, len(text), size)]


def test_lines_of_containers_are_unwrapped_and_joined(pipeline, topic):
    writer = pipeline.writer(files=2)
    ship = pipeline.daemon("ship", "ship.buffer_events=500")
    errors = []
    for number in range(200):
        parts = in_parts(json.dumps(writer.event(Additional="x" * 300)))
        error = json.dumps(writer.event(Title="ON_STDERR"))
        errors.append(error)
        for part in parts[:-1]:
            writer.write_raw(docker(part) if number % 2 else cri(part, "P"),
                             file=number % 2)
        writer.write_raw(docker(error + "\n", "stderr") if number % 2 else
                         cri(error, stream="stderr"), file=number % 2)
        writer.write_raw(docker(parts[-1] + "\n") if number % 2 else
                         cri(parts[-1]), file=number % 2)
        if number == 100:
            time.sleep(1.5)
            ship.kill9()
            ship.start(ready=False)
    ship.wait_ready()
    wait_read_to_the_end(ship, files=2)
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    assert all("Repaired" not in e for e in payloads(records))
    assert set(errors) <= {r["payload"] for r in records}
    assert_accounts(ship)


def test_a_part_without_end_is_sent_after_a_while(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship", 'ship.join_wait="200ms"')
    writer.write_raw(cri("begun", "P"))
    wait_delivered(ship, 1)
    writer.write_raw(cri("end"))
    wait_delivered(ship, 2)
    ship.term()
    writer.write_raw(cri("begun again", "P"))
    ship.start()
    wait_delivered(ship, 1)
    events = payloads(pipeline.kafka.records(topic))
    assert [e["Additional"] for e in events] == ["begun", "end",
                                                 "begun again"]
    assert {e["TimeStampUTC"] for e in events} == {WRITTEN}


def test_the_registry_stays_before_an_unfinished_line(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship", 'ship.join_wait="30s"')
    now = writer.event()["TimeStampUTC"]
    text = json.dumps(writer.event())
    writer.write_raw(cri(text[:50], "P", written=now))
    writer.write_raw(cri(json.dumps(writer.event()), stream="stderr",
                         written=now))
    time.sleep(2)
    ship.term()
    ship.start()
    writer.write_raw(cri(text[50:], written=now))
    wait_delivered(ship, 2)
    assert_each_line_has_its_source(pipeline.kafka.records(topic), [2, 3])


def test_foreign_lines_are_joined_where_it_is_wanted(pipeline, topic):
    writer = pipeline.writer()
    ship = pipeline.daemon("ship", "ship.join=true",
                           'ship.join_wait="300ms"')
    trace = "Exception: x\n\tat a.b(C.java:1)\nCaused by: y"
    writer.write_raw((trace + "\nnext\n").encode())
    writer.write(1)
    writer.write_raw(b"last\n  of it\n")
    wait_delivered(ship, 4)
    events = payloads(pipeline.kafka.records(topic))
    assert {e["Additional"] for e in events if "Additional" in e} == {
        trace, "next", "last\n  of it"}
    assert [e["Seq"] for e in events if "Seq" in e] == [1]


def test_fields_and_masks(pipeline, topic):
    pipeline.settings["ship"].update(
        fields={"ServiceKey": "SHOP", "HostAddress": "10.9.9.9",
                "zone": "eu-1"},
        mask=[{"pattern": "pw=\\K\\S+", "replacement": "***"}])
    pipeline.write_config()
    assert pipeline.tocsin("check").returncode == 0
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(1, RequestKey="a pw=secret", zone="here")
    writer.write(1, ServiceKey=None, Additional={"x": ["pw=secret b"]})
    writer.write_raw(b"foreign pw=secret\n")
    wait_delivered(ship, 3)
    records = pipeline.kafka.records(topic)
    assert "secret" not in json.dumps(records)
    by_number = {e.get("Seq"): e for e in payloads(records)}
    assert by_number[1]["zone"] == "here"
    assert "Repaired" not in by_number[1]
    assert "a pw=***" in {r["key"] for r in records}
    assert by_number[2]["zone"] == "eu-1"
    assert by_number[2]["ServiceKey"] == "SHOP"
    assert by_number[2]["Additional"] == {"x": ["pw=*** b"]}
    assert by_number[None]["Additional"] == "foreign pw=***"
    assert by_number[None]["HostAddress"] == "10.9.9.9"
    assert ship.metric("tocsin_ship_masked_total") == 3


def test_a_wrong_mask_is_refused_by_file_and_line(pipeline):
    pipeline.settings["ship"]["mask"] = [{"pattern": "a("}]
    pipeline.write_config()
    for command in ("check", "ship"):
        done = pipeline.tocsin(command)
        assert done.returncode == 78
        assert "tocsin.conf:" in done.stderr and "a(" in done.stderr


def test_sighup_reads_the_configuration_again_or_keeps_the_old(pipeline,
                                                               topic):
    writer = pipeline.writer(files=2)
    paths = pipeline.settings["ship"]["paths"]
    pipeline.settings["ship"]["paths"] = [f"{pipeline.logs}/app-0.*v1"]
    pipeline.write_config()
    ship = pipeline.daemon("ship")
    writer.write(10)
    wait_delivered(ship, 5)
    pipeline.settings["ship"].update(
        paths=paths, mask=[{"pattern": "NUMBER", "replacement": "#"}],
        fields={"zone": "eu-1"})
    pipeline.write_config()
    ship.process.send_signal(signal.SIGHUP)
    wait_delivered(ship, 10)
    pipeline.settings["ship"]["mask"] = [{"pattern": "a("}]
    pipeline.write_config()
    ship.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "configuration refused" in ship.log(), 30, "it is")
    writer.write(10)
    wait_delivered(ship, 20)
    records = pipeline.kafka.records(topic)
    assert_each_line_has_its_source(records, writer.numbers)
    before = [e for e in payloads(records) if "zone" not in e]
    assert {e["Seq"] for e in before} == {2, 4, 6, 8, 10}
    assert {e["Title"] for e in before} == {"NUMBER_WRITTEN"}
    assert {e["Title"] for e in payloads(records) if "zone" in e} == {
        "#_WRITTEN"}


def test_excluded_files_are_left_alone(pipeline, topic):
    pipeline.settings["ship"]["exclude"] = [f"{pipeline.logs}/app-1.*"]
    pipeline.write_config()
    writer = pipeline.writer(files=2)
    ship = pipeline.daemon("ship")
    writer.write(10)
    wait_read_to_the_end(ship, files=1)
    wait_delivered(ship, 5)
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    [2, 4, 6, 8, 10])


def test_from_end_leaves_out_what_was_there_before(pipeline, topic):
    writer = pipeline.writer()
    writer.write(50)
    writer.rotate()
    writer.write(50)
    writer.write_raw(b'{"Seq": 101, ')
    ship = pipeline.daemon("ship", 'ship.from="end"')
    writer.write_raw(b'"Title": "A"}\n')
    writer.last = 101
    wait_delivered(ship, 1)
    ship.kill9()
    writer.write(9)
    ship.start()
    writer.rotate()
    writer.write(10)
    wait_until(lambda: len(pipeline.kafka.records(topic)) >= 20, 30,
               "all that came later")
    wait_read_to_the_end(ship, files=1)
    assert_each_line_has_its_source(pipeline.kafka.records(topic),
                                    range(101, 121))


def test_a_port_in_use_or_a_shared_state_is_a_wrong_configuration(pipeline,
                                                                  topic):
    assert topic
    pipeline.writer()
    first = pipeline.daemon("ship")
    same_port = pipeline.tocsin(
        "ship", "-s", f'ship.http="127.0.0.1:{first.port}"',
        "-s", f'ship.state="{pipeline.folder}/other"')
    same_state = pipeline.tocsin("ship", "-s", 'ship.http=""')
    assert same_state.returncode == 78
    assert "another tocsin ship uses it" in same_state.stderr
    assert same_port.returncode != 0
