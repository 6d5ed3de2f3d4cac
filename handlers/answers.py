"""Doors for answers: noting one about a question, sharing it, taking it back."""

from __future__ import annotations

import re

from slack_bolt import App

from bot import answers, prompts
from bot.permissions import Actor
from bot.runtime.database import Sessions
from handlers import doors
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import answers as views
from handlers.views import elements
from handlers.views import nudges as nudge_views
from handlers.views.elements import Payload, View

_LISTED = re.compile(rf"({re.escape(views.SHARE_LISTED)}|{re.escape(views.UNSHARE_LISTED)})\.\d+")


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(nudge_views.ANSWER)(open_form)
    app.view(views.FORM)(keep)
    for action in (views.SHARE, views.UNSHARE):
        app.action(action)(share)
    app.action(_LISTED)(share_listed)
    for action in (views.LIST, views.PAGE_BACK, views.PAGE_ON):
        app.action(action)(show_page)


def open_form(action: Payload, actor: Actor, sessions: Sessions, screen: Screen) -> None:
    """Open the form, with what was noted before."""
    prompt_id = doors.number_in(action)
    with sessions.read() as session:
        noted = answers.noted_about(session, actor, prompt_id)
        put = prompts.read(prompts.of_actor(session, actor, prompt_id), actor.user_id)
    screen.open(views.answer_form(put.question, prompt_id, noted))


def keep(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Keep the note."""
    prompt_id, text = doors.number_carried(view), views.read_answer_form(view)
    with doors.effect_of(view, visit, sessions) as session:
        noted = answers.note(session, visit.actor, prompt_id, text, now=visit.now)
    screen.turn_to(views.kept(noted))
    screen.refresh_home()


def share(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Let the other of the pair read the note, or keep it to oneself again."""
    _share(action, visit, sessions)
    screen.refresh_home()


def share_listed(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Do so in the dialog that lists all, and show it anew."""
    _share(action, visit, sessions)
    page = action["action_id"].rpartition(".")[2]
    screen.open(_page(int(page) if elements.is_number(page) else 0, visit, sessions))
    screen.refresh_home()


def _share(action: Payload, visit: Visit, sessions: Sessions) -> None:
    shared = action["action_id"].startswith(views.SHARE)
    with sessions.begin() as session:
        answers.share(session, visit.actor, doors.number_in(action), shared=shared, now=visit.now)


def show_page(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show all answers in a dialog, a page at a time."""
    screen.open(_page(doors.number_in(action), visit, sessions))


def _page(skipping: int, visit: Visit, sessions: Sessions) -> View:
    with sessions.read() as session:
        page = answers.readable(session, visit.actor, limit=views.PAGE, skipping=skipping)
    return views.answer_page(page, visit.actor.user_id)
