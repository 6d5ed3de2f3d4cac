"""Procrastinate doing what Trellis does: a job a message, two workers with as many jobs at once as Trellis has threads.

`python -m benchmarks.procrastinate_sender STORE SLACK fill COUNT` defers the jobs in batches; `… work NAME` joins a
crew. The client is the SDK's, as everywhere here: Procrastinate runs such tasks in threads.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from slack_sdk import WebClient

from benchmarks.gate import await_end, await_go
from benchmarks.posting import client_of, post

CONCURRENCY = 16
CHUNK = 1_000


@cache
def _client(api_url: str) -> WebClient:
    return client_of(api_url, "TPROCRASTINATE")


def post_note(api_url: str, receiver: str, delivery: str) -> None:
    """Post one message."""
    post(_client(api_url), receiver, delivery)


def main(arguments: Sequence[str]) -> None:
    """Fill the queue or work it off."""
    store, api_url, what, detail = arguments
    address = store.replace("postgresql+psycopg", "postgresql")
    if what == "fill":
        _fill(address, api_url, int(detail))
    else:
        _work(address, detail)


def _fill(address: str, api_url: str, count: int) -> None:
    app = App(connector=SyncPsycopgConnector(conninfo=address))
    task = app.task(name="post_note")(post_note)
    rows = [
        {"api_url": api_url, "receiver": f"U{number:06d}", "delivery": str(number)} for number in range(count)
    ]
    with app.open():
        app.schema_manager.apply_schema()
        for first in range(0, count, CHUNK):
            task.batch_defer(*rows[first : first + CHUNK])


def _work(address: str, name: str) -> None:
    app = App(connector=PsycopgConnector(conninfo=address, min_size=4, max_size=CONCURRENCY + 4))
    app.task(name="post_note")(post_note)
    await_go()
    app.run_worker(name=name, concurrency=CONCURRENCY, wait=False, install_signal_handlers=False)
    await_end()


if __name__ == "__main__":
    main(sys.argv[1:])
