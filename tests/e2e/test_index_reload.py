"""`index` reads its configuration again on SIGHUP."""

from support import wait_until
from test_index import event, produce


def test_sighup_takes_a_new_query_or_keeps_the_old_one(pipeline):
    pipeline.settings["index"]["query"] = "Level:ERROR"
    pipeline.setup()
    index = pipeline.daemon("index")

    def left_out(count):
        wait_until(lambda: index.metric("tocsin_index_left_out_total") ==
                   count, 60, f"{count} events left out")

    def change(query, said):
        before = index.log().count(said)
        pipeline.settings["index"]["query"] = query
        pipeline.write_config()
        index.hup()
        wait_until(lambda: index.log().count(said) > before, 30, said)
    produce(pipeline, [event(1, Level="ERROR"), event(2, Level="INFO")])
    left_out(1)
    change("Level:(ERROR", "configuration refused, the old one stays")
    produce(pipeline, [event(3, Level="ERROR"), event(4, Level="INFO")])
    left_out(2)
    change("Level:INFO", "configuration read again")
    produce(pipeline, [event(5, Level="ERROR"), event(6, Level="INFO")])
    left_out(3)
    change("*", "configuration read again")
    produce(pipeline, [event(7, Level="DEBUG")])
    pipeline.assert_numbers([1, 3, 6, 7])
    assert index.status()["dead"] == 0
