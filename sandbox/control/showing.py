"""What the control API shows of messages, views and conversations."""

from dataclasses import asdict

from sandbox.clock import PeopleClock
from sandbox.model import Conversation, Json, Message, Outcome, Submission, View
from sandbox.moving import ClockMover
from sandbox.rendering import view_json
from sandbox.world import World


def message(shown: Message) -> Json:
    """Show a message with everything it has, metadata and the one reader of an ephemeral one included."""
    return dict(vars(shown))


def view(shown: View | None) -> Json | None:
    """Show a view, as the app would get it, and whose it is."""
    return view_json(shown) | {"user": shown.user} if shown else None


def outcome(shown: Outcome) -> Json:
    """Show what came of an action."""
    return {
        "messages": [message(each) for each in shown.messages],
        "views": [view(each) for each in shown.views],
        "error": shown.error,
    }


def submission(shown: Submission) -> Json:
    """Show what came of a submitted form."""
    return {"errors": shown.errors, "view": view(shown.view), "error": shown.error}


def conversation(world: World, shown: Conversation, viewer: str) -> Json:
    """Show a conversation as its member sees it in the sidebar."""
    return {
        "id": shown.id,
        "kind": shown.kind,
        "title": world.title_of(shown, viewer),
        "members": list(shown.members),
        "unread": world.unread(viewer, shown.id),
    }


def clock(people: PeopleClock, mover: ClockMover) -> Json:
    """Show people's time, where it is being moved, and what the app that follows it reported last.

    `drained_at` is people's time at the last report, null before the first: an app started at a moment follows from
    the first report on that is not older, whoever reported before it.
    """
    return {
        "now": people.now().isoformat(),
        "offset_seconds": people.offset.total_seconds(),
        "moving_to": people.moving_to.isoformat() if people.moving_to else None,
        "generation": people.generation,
        "next_at": mover.next_at.isoformat() if mover.next_at else None,
        "drained_at": mover.report.at.isoformat() if mover.report else None,
    }


def people(world: World) -> list[Json]:
    """Show every account."""
    return [asdict(person) for person in world.people.values()]
