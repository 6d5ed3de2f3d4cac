"""The routes by which a test or the page looks at the workspace."""

from dataclasses import asdict

from sandbox.control import showing
from sandbox.control.requests import Order, route
from sandbox.model import Json

POLL_SECONDS = 25.0


async def people(order: Order) -> Json:
    """Return every account."""
    return {"people": showing.people(order.world)}


async def conversations(order: Order) -> Json:
    """`?user=`: return what the person has in the sidebar."""
    user = order.text("user")
    mine = order.world.conversations_of(user)
    return {"conversations": [showing.conversation(order.world, each, user) for each in mine]}


async def messages(order: Order) -> Json:
    """`?user=&channel=|with=`: return what the person sees in a conversation, oldest first."""
    user, channel = order.text("user"), order.given.get("channel")
    if channel is None:
        direct = order.world.conversations.existing_direct(user, order.text("with"))
        channel = direct.id if direct else None
    seen = order.world.messages_for(user, channel) if channel else []
    return {"messages": [showing.message(each) for each in seen]}


async def views(order: Order) -> Json:
    """`?user=`: return the person's open modals, the top one last."""
    return {"views": [showing.view(each) for each in order.world.views_of(order.text("user"))]}


async def home(order: Order) -> Json:
    """`?user=`: return what the app published as the person's Home."""
    return {"view": showing.view(order.world.home_of(order.text("user")))}


async def completions(order: Order) -> Json:
    """`?user=&text=`: return suggestions for the composer."""
    found = order.world.completions(order.text("user"), str(order.given.get("text", "")))
    return {"completions": [asdict(each) for each in found]}


async def calls(order: Order) -> Json:
    """`?method=`: return the log of the app's calls, oldest first."""
    return {"calls": [call.stored() for call in order.world.calls.of(order.given.get("method"))]}


async def faults(order: Order) -> Json:
    """Return how many calls met the faults that were asked for, by name, and how many faults still wait."""
    return {"met": order.world.faults.met, "waiting": len(order.world.faults.waiting)}


async def state(order: Order) -> Json:
    """Return the revision, the clock and how the app is attached."""
    world = order.world
    return {
        "revision": world.changes.revision,
        "clock": showing.clock(world.clock, world.mover),
        "sockets": len(world.link.sockets.sockets),
        "event_url": world.link.http.url,
        "rates": world.rates.enabled,
        "app": world.manifest.name,
    }


async def changes(order: Order) -> Json:
    """`?since=`: wait up to 25 s for a revision beyond the given one."""
    since = int(order.seconds("since", -1.0))
    seconds = min(order.seconds("seconds", POLL_SECONDS), POLL_SECONDS)
    return {"revision": await order.world.changes.beyond(since, seconds=seconds)}


routes = [
    route("/sandbox/people", people, method="GET"),
    route("/sandbox/conversations", conversations, method="GET"),
    route("/sandbox/messages", messages, method="GET"),
    route("/sandbox/views", views, method="GET"),
    route("/sandbox/home", home, method="GET"),
    route("/sandbox/completions", completions, method="GET"),
    route("/sandbox/calls", calls, method="GET"),
    route("/sandbox/faults", faults, method="GET"),
    route("/sandbox/state", state, method="GET"),
    route("/sandbox/changes", changes, method="GET"),
]
