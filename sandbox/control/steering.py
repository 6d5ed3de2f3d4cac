"""The routes that change the workspace behind everybody's back: people, faults, rates, age, transport."""

from dataclasses import fields
from datetime import datetime
from typing import get_args

from sandbox.calls import Fault, FaultKind
from sandbox.control.requests import BAD_REQUEST, Order, route
from sandbox.errors import NotPossible
from sandbox.model import Json, Person

PERSON_FIELDS = frozenset(field.name for field in fields(Person)) - {"id", "updated"}
FAULT_FIELDS = frozenset(field.name for field in fields(Fault))


async def add_person(order: Order) -> Json:
    """`{id, name, real_name, tz, …}`: let somebody join."""
    _check_fields(order.given, PERSON_FIELDS | {"id"})
    for name in ("id", "name", "real_name"):
        order.text(name)
    order.world.add_person(Person(**order.given))
    return {}


async def change_person(order: Order) -> Json:
    """`{deleted?, tz?, status_text?, …}`: change an account."""
    _check_fields(order.given, PERSON_FIELDS)
    order.world.change_person(order.path["user"], **order.given)
    return {}


async def pause_notifications(order: Order) -> Json:
    """`{until?, since?}`: let somebody be undisturbed between two moments with an offset, from now on, or no more."""
    since, until = (_moment(order, name) for name in ("since", "until"))
    order.world.pause_notifications(order.path["user"], until, since=since)
    return {}


def _moment(order: Order, name: str) -> datetime | None:
    return datetime.fromisoformat(order.text(name)) if order.given.get(name) else None


async def archive(order: Order) -> Json:
    """`{channel, archived?}`: archive a channel, or bring it back."""
    order.world.archive(order.text("channel"), archived=bool(order.given.get("archived", True)))
    return {}


async def rename(order: Order) -> Json:
    """`{channel, name}`: give a channel another name."""
    order.world.rename(order.text("channel"), order.text("name"))
    return {}


async def delete_channel(order: Order) -> Json:
    """Delete a channel."""
    order.world.delete_channel(order.path["channel"])
    return {}


async def bring_in(order: Order) -> Json:
    """`{channel, user}`: make somebody, or the app's bot, a member of a channel."""
    order.world.bring_in(order.text("channel"), order.text("user"))
    return {}


async def put_out(order: Order) -> Json:
    """`{channel, user}`: let somebody, or the app's bot, leave a channel."""
    order.world.put_out(order.text("channel"), order.text("user"))
    return {}


async def reset(order: Order) -> Json:
    """`{rates?}`: go back to the seed, and enforce Slack's rate limits, or not, if that is said."""
    order.world.start_over()
    order.world.rates.enabled = bool(order.given.get("rates", order.world.rates.enabled))
    return {}


async def add_fault(order: Order) -> Json:
    """`{method, kind, times?, status?, error?, retry_after?, seconds?, after?, name?}`: let the next calls fail."""
    _check_fields(order.given, FAULT_FIELDS)
    if order.text("method") and order.text("kind") not in get_args(FaultKind):
        raise NotPossible(f"`kind` is one of {', '.join(get_args(FaultKind))}.", status=BAD_REQUEST)
    order.world.faults.waiting.append(Fault(**order.given))
    return {}


async def clear_faults(order: Order) -> Json:
    """Forget the faults that no call has met yet; those that were met stay counted."""
    order.world.faults.waiting.clear()
    return {}


async def set_rates(order: Order) -> Json:
    """`{enabled}`: enforce Slack's rate limits, or not."""
    order.world.rates.enabled = bool(order.given.get("enabled"))
    return {}


async def clear_calls(order: Order) -> Json:
    """Empty the log of calls."""
    order.world.calls.entries.clear()
    return {}


async def age(order: Order) -> Json:
    """`{kind: triggers | response_urls, seconds}`: make what was given out older."""
    kind = order.text("kind")
    if kind not in ("triggers", "response_urls"):
        raise NotPossible("`kind` is triggers or response_urls.", status=BAD_REQUEST)
    order.world.handles.age(kind, order.seconds("seconds"))  # type: ignore[arg-type]
    return {}


async def redeliver(order: Order) -> Json:
    """`{times}`: deliver the last event again, as after lost acknowledgements."""
    await order.world.events.redeliver(int(order.seconds("times", 1)))
    return {}


async def refresh_sockets(order: Order) -> Json:
    """Ask the app to renew its connections, as Slack does every few hours."""
    return {"asked": await order.world.link.sockets.refresh()}


async def set_event_url(order: Order) -> Json:
    """`{url}`: where the app takes events over HTTP, checked with a challenge if `verify` is set."""
    order.world.link.http.point_to(order.given.get("url"))
    verified = await order.world.link.http.verify() if order.given.get("verify") else None
    return {"verified": verified}


def _check_fields(given: Json, known: frozenset[str]) -> None:
    if unknown := given.keys() - known:
        raise NotPossible(f"There is no field {', '.join(sorted(unknown))}.", status=BAD_REQUEST)


routes = [
    route("/sandbox/people", add_person),
    route("/sandbox/people/{user}", change_person, method="PATCH"),
    route("/sandbox/people/{user}/undisturbed", pause_notifications),
    route("/sandbox/archive", archive),
    route("/sandbox/rename", rename),
    route("/sandbox/channels/{channel}", delete_channel, method="DELETE"),
    route("/sandbox/members", bring_in),
    route("/sandbox/members", put_out, method="DELETE"),
    route("/sandbox/reset", reset),
    route("/sandbox/faults", add_fault),
    route("/sandbox/faults", clear_faults, method="DELETE"),
    route("/sandbox/rates", set_rates),
    route("/sandbox/calls", clear_calls, method="DELETE"),
    route("/sandbox/age", age),
    route("/sandbox/events/redeliver", redeliver),
    route("/sandbox/sockets/refresh", refresh_sockets),
    route("/sandbox/event-url", set_event_url),
]
