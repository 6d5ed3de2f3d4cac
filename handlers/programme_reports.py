"""The door through which the owner of a programme sees how it goes, has a round computed again, and takes files along.

What is added up, drawn or computed again may take longer than Slack waits, so all of it happens on another thread:
a dialog opens at once and is filled when the figures are there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from slack_bolt import App
from slack_sdk.errors import SlackApiError

from bot import programme_replays, programme_reports
from bot.errors import Refusal
from bot.permissions import Actor
from bot.runtime.database import Sessions
from bot.ties import Ties
from handlers import doors, tie_picture
from handlers.acquaintance import error_of
from handlers.doors import OldButton, Visit
from handlers.screens import Screen
from handlers.views import elements, programme_report_files, programme_ties
from handlers.views import programme_reports as views
from handlers.views.elements import Payload, View

log = logging.getLogger(__name__)

CLOSED: Final = "not_found"
"""What Slack says of a dialog that is not open any more."""

_alone = threading.Lock()
"""Held by whoever draws, exports or computes a round again: one a process, as each takes a core and its memory."""


class BusyNow(Refusal):
    """I am computing something of this kind already. Try again in a minute."""


def register(app: App) -> None:
    """Say what triggers what."""
    for action_id in (views.OPEN, views.BACK, views.OLDER, views.NEWER):
        app.action(action_id)(show)
    for action_id in (views.LOOK, views.EARLIER_GROUPS, views.LATER_GROUPS):
        app.action(action_id)(show_round)
    for action_id in (views.PARTICIPANTS, views.EARLIER_PEOPLE, views.LATER_PEOPLE):
        app.action(action_id)(show_participants)
    app.action(views.REPLAY)(replay)
    app.action(views.PICTURE)(draw)
    app.action(views.EXPORT)(export)


def show(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show an owner how their programme goes."""
    programme_id, skip = _place_in(action)
    with sessions.read() as session:
        programme_reports.owned(session, visit.actor, programme_id)
    screen.later(lambda: _fill(screen, lambda: _overview(sessions, visit.actor, programme_id, skip)))


def _overview(sessions: Sessions, actor: Actor, programme_id: int, skip: int) -> View:
    with sessions.read() as session:
        return views.overview(programme_reports.overview(session, actor, programme_id, skip=skip))


def show_round(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show an owner how a round of their programme went."""
    round_id, skip = _place_in(action)
    with sessions.read() as session:
        programme_reports.owned_round(session, visit.actor, round_id)

    def one() -> View:
        with sessions.read() as session:
            report = programme_reports.round_report(session, visit.actor, round_id, skip=skip)
        return views.round_report(report)

    screen.later(lambda: _fill(screen, one))


def show_participants(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show an owner who takes part in their programme."""
    programme_id, skip = _place_in(action)
    with sessions.read() as session:
        programme_reports.owned(session, visit.actor, programme_id)

    def some() -> View:
        with sessions.read() as session:
            facts = programme_reports.participants(session, visit.actor, programme_id, skip=skip)
        return views.participants(facts)

    screen.later(lambda: _fill(screen, some))


def replay(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Compute a round again, and say whether it comes out the same."""
    round_id = doors.number_in(action)
    with sessions.read() as session:
        programme, _ = programme_reports.owned_round(session, visit.actor, round_id)

    def again() -> View:
        with by_itself():
            with sessions.read() as session:
                kept = programme_replays.kept(session, visit.actor, round_id)
            return views.replayed(programme_replays.replay(kept), programme.id)

    screen.later(lambda: _fill(screen, again, "Computing the round again. A large one takes minutes…"))


def draw(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Send the picture of ties between departments."""
    programme_id = doors.number_in(action)
    with sessions.read() as session:
        programme_reports.owned(session, visit.actor, programme_id)

    def drawn() -> View:
        with sessions.read() as session:
            facts = programme_reports.overview(session, visit.actor, programme_id)
        if not programme_ties.can_be_shown(facts.ties):
            words = programme_ties.in_sentences(facts.ties, facts.latest)
            return views.nothing_to_draw(words, programme_id)
        with by_itself():
            picture = tie_picture.drawn(facts.ties, facts.latest)
            keys = tie_picture.keys(facts.ties)
        upload = _picture(picture, facts.ties, facts.latest)
        comment = programme_ties.comment(facts.channel, keys)
        return _sent(screen, visit.actor, programme_id, "The picture is", comment, [upload])

    screen.later(lambda: _fill(screen, drawn, "Drawing…"))


def _picture(picture: bytes, ties: Ties, latest: int) -> Payload:
    return {
        "filename": "departments.png",
        "title": "Which departments have met",
        "content": picture,
        "alt_txt": programme_ties.described(ties, latest),
    }


def export(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Send the figures as files."""
    programme_id = doors.number_in(action)
    with sessions.read() as session:
        programme_reports.owned(session, visit.actor, programme_id)

    def exported() -> View:
        with by_itself():
            with sessions.read() as session:
                facts = programme_reports.exported(session, visit.actor, programme_id)
            files = programme_report_files.files(facts)
        uploads: list[Payload] = [
            {"filename": name, "title": name, "content": content} for name, content in files.items()
        ]
        comment = programme_report_files.comment(facts.channel)
        return _sent(screen, visit.actor, programme_id, "Four files are", comment, uploads)

    screen.later(lambda: _fill(screen, exported, "Writing the files…"))


def _sent(
    screen: Screen, actor: Actor, programme_id: int, what: str, comment: str, uploads: list[Payload]
) -> View:
    """Put files into the owner's messages, and say so; or say that Slack did not take them."""
    try:
        channel = screen.client.conversations_open(users=[actor.user_id])["channel"]["id"]
        screen.client.files_upload_v2(channel=channel, initial_comment=comment, file_uploads=uploads)
    # The SDK takes files to Slack by urllib, whose errors are the system's.
    except doors.UNHEARD as error:
        log.warning("report_not_uploaded", extra={"error": type(error).__name__})
        return views.not_sent(programme_id)
    return views.sent(what, programme_id)


@contextmanager
def by_itself() -> Iterator[None]:
    """Let nobody else compute meanwhile; raises BusyNow if somebody does."""
    if not _alone.acquire(blocking=False):
        raise BusyNow
    try:
        yield
    finally:
        _alone.release()


def _fill(screen: Screen, compute: Callable[[], View], meanwhile: str = views.ADDING_UP) -> None:
    """Show a dialog at once, for what a click may open it with ends after three seconds; fill it when there is more.

    Whoever closes it meanwhile does not want it any more.
    """
    try:
        put = partial(screen.client.views_update, view_id=_dialog(screen, views.waiting(meanwhile)))
        put(view=_computed(compute))
    except SlackApiError as error:
        if error_of(error) != CLOSED:
            raise


def _computed(compute: Callable[[], View]) -> View:
    try:
        return compute()
    except Refusal as refusal:
        return elements.notice(elements.refusal_words(refusal), views.TITLE)


def _dialog(screen: Screen, view: View) -> str:
    """Put a dialog before the one who clicked, in the place of the one they clicked in, and give its id."""
    open_one = screen.body.get("view") or {}
    if open_one.get("type") == "modal":
        screen.client.views_update(view_id=open_one["id"], view=view)
        return str(open_one["id"])
    return str(screen.client.views_open(trigger_id=screen.body["trigger_id"], view=view)["view"]["id"])


def _place_in(action: Payload) -> tuple[int, int]:
    """Read which row, and how much before it is left out, from a value anybody could have written; raises OldButton."""
    row, _, skip = str(action.get("value")).partition(":")
    if not elements.is_number(row) or not elements.is_number(skip or "0"):
        raise OldButton
    return int(row), int(skip or "0")
