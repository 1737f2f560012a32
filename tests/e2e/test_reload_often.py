"""SIGHUP again while the workers still join their groups."""

from support.waiting import wait_until

from test_alert import event, produce, wait_for

GO = {"name": "go", "type": "any", "query": "Title:GO",
      "group_by": ["ServiceKey"], "keep_firing_for": "1h"}
READ = 'msg="rules read"'


def hup_twice(workers):
    """The second before the first has its partitions back."""
    for worker in workers:
        worker.hup()
    before = [worker.log().count(READ) for worker in workers]
    wait_until(lambda: any(worker.log().count(READ) > count
                           for worker, count in zip(workers, before)),
               30, "rules read", every=0.05)
    for worker in workers:
        worker.hup()


def test_who_has_no_partitions_yet_leaves_his_group_at_a_reload(pipeline):
    pipeline.write_rules(GO)
    pipeline.setup()
    workers = [pipeline.daemon("alert") for _ in range(2)]
    for number in range(3):
        hup_twice(workers)
        # Less than a session: nobody waits for a member that is no more.
        produce(pipeline, [event(f"SHOP_{number}", title="GO")])
        wait_for(pipeline, "go", "firing", f"SHOP_{number}", timeout=45)
    for worker in workers:
        worker.wait_ready()
        worker.term()
