"""The stage of tests about 1-on-1s and their nudges: opening what people open, reading what they were sent."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import select

from bot import members, one_on_ones, planning
from bot.permissions import Actor
from bot.question_bank import Question, default_bank
from bot.recurrence import Recurrence
from models.one_on_ones import Occurrence, OneOnOne
from models.outbox import Delivery
from models.prompts import Prompt
from sandbox.seen import Message, View
from tests.trellis import Trellis


def opened(trellis: Trellis, who: str, text: str) -> View:
    """Type a command that opens a form."""
    form = trellis.slack.command(who, text).view
    assert form is not None
    return form


def home_of(trellis: Trellis, who: str) -> View:
    """Open App Home."""
    home = trellis.slack.open_home(who)
    assert home is not None
    return home


def chosen(trellis: Trellis, who: str, label: str) -> View:
    """Choose from the menu of the first 1-on-1 on somebody's Home."""
    return pressed(trellis, who, home_of(trellis, who), "one_on_ones.menu", label)


def pressed(trellis: Trellis, who: str, where: Message | View, label: str, choice: str | None = None) -> View:
    """Press a button, or choose from a menu, that opens a dialog or changes the one it stands in."""
    before = trellis.slack.view(who)
    answer = trellis.slack.press(who, where, label, choice)
    dialogs = [view for view in answer.views if view.type == "modal"]

    def changed() -> View | None:
        view = trellis.slack.view(who)
        return view if view is not None and (before is None or view.hash != before.hash) else None

    # Home may have been drawn anew in between, on behalf of something done before.
    shown = dialogs[-1] if dialogs else trellis.slack.eventually(changed)
    assert shown is not None
    return shown


def home_shows(trellis: Trellis, who: str, words: str) -> None:
    """Wait until the Home that was published last says so."""

    def is_there() -> bool:
        home = trellis.slack.home(who)
        return home is not None and words in home.words

    trellis.slack.eventually(is_there)


def messages(trellis: Trellis, who: str, button: str) -> list[Message]:
    """Read the messages to somebody that have this button, oldest first."""
    return [message for message in trellis.slack.dms(who) if button in message.buttons]


def preps(trellis: Trellis, who: str) -> list[Message]:
    """Read the questions somebody got before meetings."""
    return messages(trellis, who, "Another question")


def closings(trellis: Trellis, who: str) -> list[Message]:
    """Read the reminders somebody got in the last minutes of meetings."""
    return messages(trellis, who, "Next time")


def question_in(text: str) -> Question:
    """Find the question a message puts, in any of its wordings."""
    found = [
        question
        for question in default_bank().questions
        if any(wording in text for wording in (question.ask, question.reflect, question.closing))
    ]
    assert len(found) == 1, text
    return found[0]


def states(trellis: Trellis, kind: str) -> list[tuple[str, str, str | None]]:
    """Read what became of all messages of a kind: receiver, state, reason, in the order of planning."""
    with trellis.sessions.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id))
        return [(row.receiver, row.state, row.reason) for row in rows]


def stored(trellis: Trellis) -> list[object]:
    """Read everything the store holds of 1-on-1s, to see that nothing was changed."""
    with trellis.sessions.read() as session:
        rows: list[object] = []
        for table in (OneOnOne, Occurrence, Prompt, Delivery):
            columns = table.__table__.columns
            rows += [tuple(row) for row in session.execute(select(*columns).order_by(columns.id))]
        return rows


def stand_with_peers(trellis: Trellis, who: str, numbers: range) -> list[str]:
    """Give somebody in New York a weekly 1-on-1 with a peer for each number, as typing them would; name the peers."""
    peers = {f"UPEER{number:04}": f"Peer {number} " + "x" * 60 for number in numbers}
    trellis.slack.command(who, "/growth")
    actor, now = Actor(trellis.workspace, who), trellis.clock.people_now()
    with trellis.sessions.begin() as session:
        profiles = [_profile(*peer) for peer in peers.items()]
        members.remember_all(session, trellis.workspace, profiles, at=now)
        for peer in peers:
            weekly = one_on_ones.NewOneOnOne(peer, Recurrence.weekly(1), time(10), 30, None, "peer")
            one_on_ones.register(session, actor, weekly, now=now)
    return list(peers)


def _profile(user_id: str, name: str) -> members.Profile:
    return members.Profile(
        user_id=user_id,
        name=name,
        zone="America/New_York",
        is_person=True,
        is_guest=False,
        is_deactivated=False,
        is_admin=False,
    )


def live_until(trellis: Trellis, end: datetime) -> None:
    """Let people's time pass from one thing that happens to the next, as the sandbox's clock does."""
    trellis.tick()
    while (following := _next_moment(trellis, trellis.clock.people_now())) and following <= end:
        trellis.tick(following)
    trellis.clock.move(end)


def _next_moment(trellis: Trellis, now: datetime) -> datetime | None:
    with trellis.sessions.read() as session:
        moments = (planning.next_planned(session), session.scalars(Delivery.next_moment(now)).one())
    return min((moment for moment in moments if moment and moment > now), default=None)
