"""The routes of people's time, which an app under test may follow."""

import asyncio
from datetime import datetime, timedelta

from sandbox.control import showing
from sandbox.control.requests import BAD_REQUEST, Order, route
from sandbox.errors import NotPossible
from sandbox.model import Json
from sandbox.moving import Drained, Move


async def show(order: Order) -> Json:
    """Return `{now, offset_seconds, moving_to, generation, next_at, drained_at}`."""
    return showing.clock(order.world.clock, order.world.mover)


async def drained(order: Order) -> Json:
    """`{at, next_at, generation}`: the app had nothing left to do at `at`, and will have at `next_at`."""
    next_at = order.given.get("next_at")
    report = Drained(
        at=_moment(order.given.get("at")),
        next_at=_moment(next_at) if next_at else None,
        generation=int(order.seconds("generation")),
    )
    order.world.mover.drained(report)
    return {}


async def move(order: Order) -> Json:
    """`{to | by_seconds | to_next, wait?}`: move people's time, waiting for the end unless `wait` is false."""
    task = _start(order)
    if order.given.get("wait", True):
        # The move goes on even if whoever asked for it goes away.
        moved = await asyncio.shield(task)
        steps = [step.isoformat() for step in moved.steps]
        told = {"steps": steps, "warning": moved.warning, "found_nothing": moved.found_nothing}
        return await show(order) | told
    return await show(order)


def _start(order: Order) -> "asyncio.Task[Move]":
    mover, given = order.world.mover, order.given
    if given.get("to_next"):
        return mover.start_to_next()
    if "by_seconds" in given:
        return mover.start(order.world.clock.now() + timedelta(seconds=order.seconds("by_seconds")))
    return mover.start(_moment(given.get("to")))


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise NotPossible(f"{value} is no ISO time.", status=BAD_REQUEST) from error
    if moment.tzinfo is None:
        raise NotPossible(f"{value} has no offset.", status=BAD_REQUEST)
    return moment


routes = [
    route("/clock", show, method="GET"),
    route("/clock/drained", drained),
    route("/clock/move", move),
]
