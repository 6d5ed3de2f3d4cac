"""Doors for answers: noting one about a question, sharing it, taking it back."""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot import answers, prompts
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import doors
from handlers.views import answers as views
from handlers.views import nudges as nudge_views
from handlers.views.elements import Payload


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(nudge_views.ANSWER)(open_form)
    app.view(views.FORM)(keep)
    app.action(views.SHARE)(share)
    app.action(views.UNSHARE)(take_back)


def open_form(
    ack: Ack, action: Payload, body: Payload, actor: Actor, client: WebClient, sessions: Sessions
) -> None:
    """Open the form, with what was noted before."""
    ack()
    prompt_id = doors.number_in(action)
    with sessions.read() as session:
        noted = answers.noted_about(session, actor, prompt_id)
        put = prompts.read(prompts.of_actor(session, actor, prompt_id), actor.user_id)
    client.views_open(trigger_id=body["trigger_id"], view=views.answer_form(put.question, prompt_id, noted))


def keep(ack: Ack, view: Payload, actor: Actor, sessions: Sessions, clock: Clock) -> None:
    """Keep the note."""
    prompt_id, text = doors.number_carried(view), views.read_answer_form(view)
    with sessions.begin() as session:
        doors.once(session, actor, f"view:{view['id']}", clock=clock)
        noted = answers.note(session, actor, prompt_id, text, now=clock.people_now())
    ack(response_action="update", view=views.kept(noted))


def share(
    ack: Ack,
    action: Payload,
    actor: Actor,
    sessions: Sessions,
    clock: Clock,
    refresh_home: Callable[[], None],
) -> None:
    """Let the other of the pair read the note."""
    ack()
    with sessions.begin() as session:
        answers.share(session, actor, doors.number_in(action), shared=True, now=clock.people_now())
    refresh_home()


def take_back(
    ack: Ack,
    action: Payload,
    actor: Actor,
    sessions: Sessions,
    clock: Clock,
    refresh_home: Callable[[], None],
) -> None:
    """Keep the note to oneself again."""
    ack()
    with sessions.begin() as session:
        answers.share(session, actor, doors.number_in(action), shared=False, now=clock.people_now())
    refresh_home()
