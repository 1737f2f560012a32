"""What a SIGHUP does not change is named, never silently left."""

import re

from support import wait_until

DAEMONS = ("ship", "index", "alert")


def reload(pipeline, daemon, said):
    before = daemon.log().count(said)
    pipeline.write_config()
    daemon.hup()
    wait_until(lambda: daemon.log().count(said) > before, 30, said)


def named(daemon):
    return re.findall(r"needs a restart\"? setting=(\S+)", daemon.log())


def test_a_setting_that_sighup_does_not_change_is_named(pipeline):
    pipeline.setup()
    ship, index, alert = [pipeline.daemon(name) for name in DAEMONS]
    alert.wait_ready()
    settings = pipeline.settings
    settings["ship"].update(buffer_bytes="64MiB", level="ERROR",
                            host_address="10.9.8.7", join_wait="1s")
    settings["index"].update(in_flight=2, query="Level:ERROR", bulk_events=7)
    settings["alert"].update(lateness="1s")
    settings["kafka"].update(partitions=3)
    reload(pipeline, ship, "configuration read again")
    reload(pipeline, index, "configuration read again")
    reload(pipeline, alert, "rules read")
    settings["ship"]["buffer_bytes"] = "32MiB"
    settings["kafka"]["properties"] = ["linger.ms=7"]
    reload(pipeline, ship, "kafka.properties")
    reload(pipeline, index, "kafka.properties")
    reload(pipeline, alert, "old ones stay")
    # After that line follow those of the settings behind it in the table.
    wait_until(lambda: len(named(ship)) == 4, 10, lambda: named(ship))
    assert named(ship) == ["ship.host_address", "ship.buffer_bytes",
                           "kafka.properties", "ship.host_address"]
    wait_until(lambda: len(named(index)) == 3, 10, lambda: named(index))
    assert named(index) == ["index.in_flight", "kafka.properties",
                            "index.in_flight"]
    assert named(alert) == []
    assert 'another \\"kafka.properties\\" needs a restart' in alert.log()
