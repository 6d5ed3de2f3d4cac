"""A worker of Trellis for the figures: its delivery loop on a store, posting to the local Slack.

`python -m benchmarks.sender STORE SLACK` joins a crew. It logs as in production; nobody reads it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from benchmarks.gate import await_end, await_go
from benchmarks.posting import BLOCK, TEXT, client_of
from bot.runtime import logs
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions, connect
from bot.runtime.decisions import Decision, Prepare, Send
from bot.runtime.delivery import DeliveryLoop
from bot.runtime.rates import UNLIMITED, Pace, Rate
from bot.runtime.slack import (
    Doubt,
    Group,
    Look,
    NotOpened,
    Opened,
    Outcome,
    Outgoing,
    Unseen,
    open_group,
    post,
)
from models.outbox import Delivery

KIND = "bench.note"
PRODUCTION = Pace()

Claim = tuple[float, list[tuple[str, float]]]
"""When (`time.monotonic`) a claim was made, and each row's workspace and deadline (seconds since 1970)."""


def note(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Prepare the one message of the figures."""
    return {row.id: Send(TEXT, [BLOCK]) for row in rows}


def pace_of(times: float) -> Pace:
    """Give the production's pace, so many times as fast; 0 is no limit."""
    if not times:
        return replace(PRODUCTION, workspace=UNLIMITED, conversation=UNLIMITED, openings=UNLIMITED)
    return replace(
        PRODUCTION,
        workspace=_faster(PRODUCTION.workspace, times),
        conversation=_faster(PRODUCTION.conversation, times),
        openings=_faster(PRODUCTION.openings, times),
    )


def _faster(rate: Rate, times: float) -> Rate:
    return Rate(timedelta(seconds=rate.interval.total_seconds() / times), rate.burst)


def posting_to(api_url: str) -> Callable[[Outgoing], Outcome]:
    """Post with the client of the message's workspace."""
    client: Callable[[str], WebClient] = cache(partial(client_of, api_url))
    return lambda message: post(client(message.workspace_id), message)


def opening_at(api_url: str) -> Callable[[Group], Opened | NotOpened]:
    """Open with the client of the group's workspace."""
    client: Callable[[str], WebClient] = cache(partial(client_of, api_url))
    return lambda group: open_group(client(group.workspace_id), group)


def _unseen(doubt: Doubt) -> Look:
    """See nothing: the local Slack has no history, and nothing is ever in doubt there."""
    return Unseen("the local Slack keeps no history")


def _noting(claims: list[Claim]) -> Prepare:
    """Prepare, and note what each claim took."""

    def prepare(session: Session, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
        claims.append((time.monotonic(), [(row.workspace_id, row.expire_at.timestamp()) for row in rows]))
        return note(session, rows, now)

    return prepare


def main(arguments: Sequence[str]) -> None:
    """Deliver until told to end; then say which claims were made, if that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sender")
    parser.add_argument("store", help="its DATABASE_URL")
    parser.add_argument("api_url")
    parser.add_argument("--times", type=float, default=1.0, help="the pace, as a multiple of production's")
    parser.add_argument("--claims", action="store_true", help="say which claims were made")
    asked = parser.parse_args(arguments)
    logs.set_up("INFO")
    engine, claims = connect(asked.store), list[Claim]()
    loop = DeliveryLoop(
        Sessions(engine),
        SystemClock(),
        prepare={KIND: _noting(claims) if asked.claims else note},
        post=posting_to(asked.api_url),
        look=_unseen,
        chance=random.Random(7),
        pace=pace_of(asked.times),
        open_group=opening_at(asked.api_url),
    )
    engine.connect().close()
    await_go()
    loop.start()
    await_end()
    loop.stop()
    engine.dispose()
    if asked.claims:
        print(json.dumps(claims))


if __name__ == "__main__":
    main(sys.argv[1:])
