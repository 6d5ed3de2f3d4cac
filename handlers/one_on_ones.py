"""Doors for standing 1-on-1s: the command, and the news of a registration at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import one_on_ones
from bot.one_on_ones import NewOneOnOne, News
from bot.planning import REGISTERED
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.decisions import Decision
from handlers import one_on_one_answers as answers
from handlers.acquaintance import acquaint
from handlers.doors import Visit
from handlers.grammars import one_on_ones as grammar
from handlers.screens import Screen
from handlers.verdicts import decision
from handlers.views import growth as help_views
from handlers.views import one_on_one_forms as forms
from handlers.views import one_on_one_lists as lists
from handlers.views import one_on_ones as views
from handlers.views.elements import Message, Payload, View
from models.outbox import Delivery


def command(
    command: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock, screen: Screen
) -> None:
    """Carry out `/1on1 …`, or open the form it lacks words for."""
    said = grammar.parse(command["text"], today=visit.today)
    form = _form_for(said, visit, sessions)
    if form is not None:
        screen.open(form)
        return
    person = getattr(said, "person", None)
    if person:
        acquaint(client, sessions, clock, visit.actor, person)
    screen.answer(_answer(said, visit, sessions))


def _answer(said: grammar.OneOnOneCommand, visit: Visit, sessions: Sessions) -> Message:
    match said:
        case grammar.Help():
            return help_views.help_page("1-on-1s", grammar.USAGES)
        case grammar.ListAll():
            return lists.listing(answers.standing_of(visit, sessions))
    with sessions.begin() as session:
        return _carry_out(session, said, visit)


def _carry_out(session: Session, said: grammar.OneOnOneCommand, visit: Visit) -> Message:
    match said:
        case grammar.Add(person, recurrence, at, minutes, first_on, role):
            new = NewOneOnOne(person, recurrence, at, minutes, first_on, role)
            return answers.register(session, new, visit)
        case grammar.Move(person, on, at):
            return answers.move(session, _with(session, person, visit), on, at, visit)
        case grammar.Skip(person):
            one_on_one = _with(session, person, visit)
            return answers.skip(session, one_on_one, visit, also_the_one_after=False)
        case grammar.End(person):
            return answers.end(session, _with(session, person, visit), visit)
        case grammar.Ask(person):
            return answers.ask(session, person, visit)
    raise AssertionError(f"no answer to {type(said).__name__}")


def _with(session: Session, person: str, visit: Visit) -> int:
    return one_on_ones.with_person(session, visit.actor, person).id


def _form_for(said: grammar.OneOnOneCommand, visit: Visit, sessions: Sessions) -> View | None:
    """Choose the form for a verb that came without its arguments; None if nothing is missing."""
    match said:
        case grammar.AddForm(person):
            return forms.add_form(person=person, first_on=visit.today + timedelta(days=1))
        case grammar.AskForm():
            return forms.ask_form()
        case grammar.MoveForm(person):
            return answers.which_form("move", visit, sessions, picked=_picked(person, visit, sessions))
        case grammar.SkipForm():
            return answers.which_form("skip", visit, sessions)
        case grammar.EndForm():
            return answers.which_form("end", visit, sessions)
    return None


def _picked(person: str | None, visit: Visit, sessions: Sessions) -> int | None:
    """Find the 1-on-1 with the person who was named; raises NoSuchOneOnOne."""
    if person is None:
        return None
    with sessions.read() as session:
        return _with(session, person, visit)


def prepare(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render the news of a registration with today's data."""
    judged = one_on_ones.judge_news(session, deliveries, now=now)
    return {key: decision(verdict, _told) for key, verdict in judged.items()}


def _told(news: News) -> Message:
    return views.told(views.standing(news.meeting, news.receiver, news.zone))


PREPARE = {REGISTERED: prepare}
