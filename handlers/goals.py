"""The doors of goals: which command, button and form triggers what, and the answers to `/goal`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from slack_bolt import App, Respond

from bot import goal_changes, goals
from bot.goal_coaching import remark_on
from bot.goal_drafts import NewGoal
from bot.runtime.database import Sessions
from bot.runtime.decisions import Prepare
from handlers import goal_clicks, goal_exports, goal_forms, goal_proposals
from handlers.doors import Visit
from handlers.grammars import goals as grammar
from handlers.screens import Screen
from handlers.views import goal_answers as answers
from handlers.views import goal_exports as words
from handlers.views import goal_forms as forms
from handlers.views import goals as views
from handlers.views.elements import Message, Payload, View
from handlers.views.growth import help_page

PREPARE: Mapping[str, Prepare] = goal_proposals.PREPARE
"""What decides and renders the messages about goals at the moment of sending."""


def register(app: App) -> None:
    """Say what triggers what."""
    goal_clicks.register(app)
    goal_forms.register(app)
    goal_proposals.register(app)
    goal_exports.register(app)


def answer(command: Payload, respond: Respond, sessions: Sessions, visit: Visit, screen: Screen) -> None:
    """Carry out what was typed after `/goal`."""
    said = grammar.parse(command.get("text") or "", today=visit.today)
    if isinstance(said, grammar.Export):
        screen.answer(words.announced())
        goal_exports.send(screen, visit.actor, sessions, otherwise=lambda sorry: respond(**sorry.payload()))
        return
    shown = _ANSWERS[type(said)](said, visit, sessions)
    if isinstance(shown, Message):
        screen.answer(shown)
        return
    screen.open(shown)


def _list_mine(_: grammar.ListMine, visit: Visit, sessions: Sessions) -> Message:
    with sessions.connect() as connection:
        page = goals.page(connection, visit.actor)
    return views.goal_list(page, today=visit.today)


def _help(_: grammar.Help, __: Visit, ___: Sessions) -> Message:
    return help_page("goals", grammar.USAGES)


def _add(said: grammar.Add, visit: Visit, sessions: Sessions) -> Message:
    draft = NewGoal(said.title, due_on=said.due_on)
    with sessions.begin() as session:
        goal = goals.log(session, visit.actor, draft, now=visit.now, today=visit.today)
    remark = remark_on(goal.title, measure=goal.measure, due_on=goal.due_on, today=visit.today)
    return answers.logged(goal, remark, today=visit.today)


def _add_form(_: grammar.AddForm, __: Visit, ___: Sessions) -> View:
    return forms.log_form()


def _progress(said: grammar.Progress, visit: Visit, sessions: Sessions) -> Message:
    with sessions.begin() as session:
        goal = goal_changes.progress(
            session, visit.actor, said.number, said.percent, said.note, now=visit.now
        )
    return answers.progressed(goal, said.note)


def _done(said: grammar.Done, visit: Visit, sessions: Sessions) -> Message:
    with sessions.begin() as session:
        change = goal_changes.complete(session, visit.actor, said.number, said.note, now=visit.now)
    return answers.closed(change, said.note)


def _drop(said: grammar.Drop, visit: Visit, sessions: Sessions) -> Message:
    with sessions.begin() as session:
        change = goal_changes.drop(session, visit.actor, said.number, said.why, now=visit.now)
    return answers.closed(change, said.why)


def _edit(said: grammar.Edit, visit: Visit, sessions: Sessions) -> View:
    with sessions.read() as session:
        goal = goal_changes.find_open(session, visit.actor, said.number)
    return forms.edit_form(goal)


def _show(said: grammar.Show, visit: Visit, sessions: Sessions) -> Message:
    with sessions.read() as session:
        story = goals.story(session, visit.actor, said.number)
    return answers.story(story, today=visit.today)


def _share(said: grammar.Share, visit: Visit, sessions: Sessions) -> Message:
    with sessions.begin() as session:
        sharing = goal_changes.share(session, visit.actor, said.number, said.audience, now=visit.now)
    return answers.shared(sharing)


def _of(said: grammar.Of, visit: Visit, sessions: Sessions) -> Message:
    if said.person == visit.actor.user_id:
        return _list_mine(grammar.ListMine(), visit, sessions)
    with sessions.read() as session:
        page = goals.shared_by(session, visit.actor, said.person)
    return views.shared_list(page, today=visit.today)


def _of_form(_: grammar.OfForm, __: Visit, ___: Sessions) -> View:
    return forms.of_form()


def _choose(said: grammar.Choose, visit: Visit, sessions: Sessions) -> Message | View:
    with sessions.read() as session:
        pickable = goals.pickable(session, visit.actor)
    if not pickable:
        return answers.nothing_to_pick()
    return forms.form_to_choose(said.verb, pickable)


_ANSWERS: Final[dict[type, Callable[[Any, Visit, Sessions], Message | View]]] = {
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
