"""The doors of goals: which command, button and form triggers what, and the answers to `/goal`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot import goal_changes, goals
from bot.goal_coaching import remark_on
from bot.goal_drafts import NewGoal
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.delivery import Prepare
from handlers import goal_clicks, goal_exports, goal_forms, goal_proposals
from handlers.goal_places import today_of
from handlers.grammars import goals as grammar
from handlers.views import goal_answers as answers
from handlers.views import goal_exports as words
from handlers.views import goal_forms as forms
from handlers.views import goals as views
from handlers.views.elements import Message, Payload, View
from models.members import Member

PREPARE: Mapping[str, Prepare] = goal_proposals.PREPARE
"""What decides and renders the messages about goals at the moment of sending."""


def register(app: App) -> None:
    """Say what triggers what."""
    app.command("/goal")(answer)
    goal_clicks.register(app)
    goal_forms.register(app)
    goal_proposals.register(app)
    goal_exports.register(app)


@dataclass(frozen=True)
class Asked:
    """Who asks, at which moment, on which day of theirs, and where the answer is kept."""

    actor: Actor
    sessions: Sessions
    now: datetime
    today: date


def answer(
    ack: Ack,
    command: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    clock: Clock,
    actor: Actor,
    member: Member,
) -> None:
    """Carry out what was typed after `/goal`, in the acknowledgement itself; a form opens after it."""
    asked = Asked(actor, sessions, clock.people_now(), today_of(member, clock))
    said = grammar.parse(command.get("text") or "", today=asked.today)
    if isinstance(said, grammar.Export):
        ack(**words.announced().payload(), response_type="ephemeral")
        goal_exports.send(client, actor, sessions, otherwise=lambda sorry: respond(**sorry.payload()))
        return
    shown = _ANSWERS[type(said)](said, asked)
    if isinstance(shown, Message):
        ack(**shown.payload(), response_type="ephemeral")
        return
    ack()
    client.views_open(trigger_id=command["trigger_id"], view=shown)


def _list_mine(_: grammar.ListMine, asked: Asked) -> Message:
    with asked.sessions.read() as session:
        page = goals.page(session, asked.actor)
    return views.goal_list(page, today=asked.today)


def _help(_: grammar.Help, __: Asked) -> Message:
    return views.help_page((usage.form, usage.does) for usage in grammar.USAGES)


def _add(said: grammar.Add, asked: Asked) -> Message:
    draft = NewGoal(said.title, due_on=said.due_on)
    with asked.sessions.begin() as session:
        goal = goals.log(session, asked.actor, draft, now=asked.now, today=asked.today)
    remark = remark_on(goal.title, measure=goal.measure, due_on=goal.due_on, today=asked.today)
    return answers.logged(goal, remark)


def _add_form(_: grammar.AddForm, __: Asked) -> View:
    return forms.log_form()


def _progress(said: grammar.Progress, asked: Asked) -> Message:
    with asked.sessions.begin() as session:
        goal = goal_changes.progress(
            session, asked.actor, said.number, said.percent, said.note, now=asked.now
        )
    return answers.progressed(goal, said.note)


def _done(said: grammar.Done, asked: Asked) -> Message:
    with asked.sessions.begin() as session:
        change = goal_changes.complete(session, asked.actor, said.number, said.note, now=asked.now)
    return answers.closed(change, said.note)


def _drop(said: grammar.Drop, asked: Asked) -> Message:
    with asked.sessions.begin() as session:
        change = goal_changes.drop(session, asked.actor, said.number, said.why, now=asked.now)
    return answers.closed(change, said.why)


def _edit(said: grammar.Edit, asked: Asked) -> View:
    with asked.sessions.read() as session:
        goal = goal_changes.find_open(session, asked.actor, said.number)
    return forms.edit_form(goal)


def _show(said: grammar.Show, asked: Asked) -> Message:
    with asked.sessions.read() as session:
        story = goals.story(session, asked.actor, said.number)
    return answers.story(story, today=asked.today)


def _share(said: grammar.Share, asked: Asked) -> Message:
    with asked.sessions.begin() as session:
        sharing = goal_changes.share(session, asked.actor, said.number, said.audience, now=asked.now)
    return answers.shared(sharing)


def _of(said: grammar.Of, asked: Asked) -> Message:
    if said.person == asked.actor.user_id:
        return _list_mine(grammar.ListMine(), asked)
    with asked.sessions.read() as session:
        page = goals.shared_by(session, asked.actor, said.person)
    return views.shared_list(page, today=asked.today)


def _of_form(_: grammar.OfForm, __: Asked) -> View:
    return forms.of_form()


def _choose(said: grammar.Choose, asked: Asked) -> Message | View:
    with asked.sessions.read() as session:
        pickable = goals.pickable(session, asked.actor)
    if not pickable:
        return answers.nothing_to_pick(said.verb)
    return forms.form_to_choose(said.verb, pickable)


_ANSWERS: Final[dict[type, Callable[[Any, Asked], Message | View]]] = {
    grammar.ListMine: _list_mine,
    grammar.Help: _help,
    grammar.Add: _add,
    grammar.AddForm: _add_form,
    grammar.Progress: _progress,
    grammar.Done: _done,
    grammar.Drop: _drop,
    grammar.Edit: _edit,
    grammar.Show: _show,
    grammar.Share: _share,
    grammar.Of: _of,
    grammar.OfForm: _of_form,
    grammar.Choose: _choose,
}
