"""What a rotation takes away while tocsin ship is stopped is named by file."""

import os

from support.waiting import wait_until

from test_ship import assert_each_line_has_its_source, wait_delivered

GONE = "tocsin_ship_gone_files_total"
LOST = "tocsin_ship_lost_bytes_total"


def wait_gone(ship, count):
    wait_until(lambda: ship.metric(GONE) == count, 30,
               lambda: f"{count} files are missed: {ship.log()}")


def test_a_file_taken_away_unread_is_named_once(pipeline, stack):
    writer = pipeline.writer(files=3)
    pipeline.setup()
    ship = pipeline.daemon("ship")
    writer.write(300)
    wait_delivered(ship, 300)
    stack.stop_kafka()
    unread = writer.paths[0].stat().st_size
    writer.write(3)
    unread = writer.paths[0].stat().st_size - unread
    state = pipeline.folder / "ship" / "registry"
    size = str(writer.paths[0].stat().st_size)
    wait_until(lambda: f" {size} 1 " in state.read_text(), 30,
               "what was seen is kept")
    ship.kill9()
    stack.start_kafka()
    kept = [number for number in writer.numbers
            if number <= 300 or number % 3 != 0]
    for file in (0, 1):
        writer.rotate(file)
    os.unlink(f"{writer.paths[0]}.1")
    ship.start()
    wait_gone(ship, 1)
    assert ship.metric(LOST) == unread
    line = [line for line in ship.log().splitlines() if "file went" in line]
    assert len(line) == 1
    assert f"target={writer.paths[0]} " in line[0]
    assert f"bytes_at_least={unread}" in line[0]
    wait_delivered(ship, 2)
    assert_each_line_has_its_source(pipeline.kafka.records(pipeline.topic("logs")),
                                   kept)
    ship.term()
    ship.start()
    writer.write(3)
    wait_delivered(ship, 3)
    assert ship.metric(GONE) == 0
