"""DBOS doing what Trellis does: a workflow a message, with the post as its step, on a queue two processes work off.

`python -m benchmarks.dbos_sender STORE SLACK fill COUNT` enqueues; `… work NAME` joins a crew. Every process has an
executor id of its own, as DBOS asks (https://docs.dbos.dev/python/reference/queues).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dbos import DBOS, DBOSConfig

from benchmarks.gate import await_end, await_go
from benchmarks.posting import client_of, post

QUEUE, NOBODYS = "notes", "nobody's"
CONCURRENCY = 16
POLLING_SECONDS = 0.05
"""By default it asks once a second for as many as have room then, which is 16 messages a second and worker."""

api_url = ""


@DBOS.step()
def post_note(receiver: str, delivery: str) -> None:
    """Post one message."""
    post(client_of(api_url, "TDBOS"), receiver, delivery)


@DBOS.workflow()
def send_note(receiver: str, delivery: str) -> None:
    """Send one message, durably."""
    post_note(receiver, delivery)


def main(arguments: Sequence[str]) -> None:
    """Fill the queue or work it off."""
    global api_url
    store, api_url, what, detail = arguments
    address = store.replace("postgresql+psycopg", "postgresql")
    config = DBOSConfig(
        name="notes", system_database_url=address, executor_id=detail, log_level="WARNING", enable_otlp=False
    )
    DBOS(config=config)
    if what == "fill":
        _fill(int(detail))
    else:
        _work()
    DBOS.destroy()


def _fill(count: int) -> None:
    DBOS.listen_queues([NOBODYS])
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=CONCURRENCY, polling_interval_sec=POLLING_SECONDS)
    for number in range(count):
        DBOS.enqueue_workflow(QUEUE, send_note, f"U{number:06d}", str(number))


def _work() -> None:
    await_go()
    DBOS.launch()
    await_end()


if __name__ == "__main__":
    main(sys.argv[1:])
