"""What a critical outsider broke in ship and index, each counted by identity."""

import os

import pytest

from support.daemon import run_tocsin

BANNER = b"=== SERVICE STARTED, VERSION 4.2 ===\n"


@pytest.mark.parametrize("how", ["term", "pause"])
def test_files_that_begin_with_the_same_line_are_not_taken_for_copies(
        pipeline, how):
    pipeline.setup()
    writer = pipeline.writer()
    writer.write_raw(BANNER)
    writer.write(10)
    ship = pipeline.daemon("ship")
    pipeline.daemon("index")
    pipeline.wait_documents(11)
    getattr(ship, how)()
    for _ in range(3):
        writer.write(5)
        writer.rotate()
        writer.write_raw(BANNER)
        writer.write(5)
    if how == "term":
        ship.start()
    else:
        ship.resume()
    pipeline.wait_documents(44)
    pipeline.assert_numbers(writer.numbers)


@pytest.mark.parametrize("how", ["term", "pause"])
def test_a_file_begun_anew_with_the_same_line_is_read_from_its_beginning(
        pipeline, how):
    pipeline.setup()
    writer = pipeline.writer()
    writer.write_raw(BANNER)
    writer.write(10)
    ship = pipeline.daemon("ship")
    pipeline.daemon("index")
    pipeline.wait_documents(11)
    getattr(ship, how)()
    os.truncate(writer.paths[0], 0)
    writer.write_raw(BANNER)
    writer.write(30)
    if how == "term":
        ship.start()
    else:
        ship.resume()
    pipeline.wait_documents(42)
    pipeline.assert_numbers(writer.numbers)


@pytest.mark.parametrize("text, said", [
    ('index = { prefix = "Logs"; };', "index.prefix"),
    ('index = { start = "yesterday"; };', "index.start"),
    ('index = { numbers = ["a..b"]; };', "index.numbers"),
    ("elasticsearch = { urls = []; };", "elasticsearch.urls"),
    ('elasticsearch = { urls = ["es:9200"]; };', "http://"),
    ("ship = { paths = []; };", "ship.paths"),
    ('ship = { state = ""; };', "ship.state"),
    ('max_event_bytes = "64MiB";', "ship.max_line_bytes"),
    ('ship = { mask = ( { pattern = "("; replacement = ""; } ); };', "("),
])
def test_check_names_the_line_of_what_a_daemon_would_refuse(
        tmp_path, text, said):
    config = tmp_path / "tocsin.conf"
    config.write_text(f"alert = {{ rules = []; }};\n\n{text}\n")
    done = run_tocsin("check", "-c", config)
    assert done.returncode == 78, done.stderr
    line, = [line for line in done.stderr.splitlines() if "warning" not in line]
    assert line.startswith(f"{config}:3: ") and said in line
    assert line.count(str(config)) == 1
