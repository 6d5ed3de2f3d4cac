"""Doors of `/buddy`: the command, and what programmes tell by themselves at the moment of sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import pauses, programme_news, rounds
from bot.enrolments import Stand, TakesNoPart
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.decisions import Decision, Prepare
from handlers import buddy_answers as answers
from handlers import buddy_owners as owners
from handlers import channels
from handlers.acquaintance import acquaint
from handlers.buddy_owners import Typed
from handlers.doors import Visit
from handlers.grammars import buddies as grammar
from handlers.screens import Screen
from handlers.verdicts import decision
from handlers.views import buddies as views
from handlers.views import buddies_forms as forms
from handlers.views import buddies_news as news_views
from handlers.views import growth as help_views
from handlers.views import rounds as round_views
from handlers.views.elements import Message, Payload, View
from models.outbox import Delivery
from models.programmes import PAUSED

Shown = Message | View
"""What answers a command: words, or a form or list in a dialog."""


def command(
    command: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock, screen: Screen
) -> None:
    """Carry out `/buddy …`, or open the form or the list it lacks words for."""
    said = grammar.parse(channels.picked(client, visit.actor, command["text"]), today=visit.today)
    typed = Typed(command["channel_id"], client, visit, sessions, screen)
    person = getattr(said, "person", None)
    if person:
        acquaint(client, sessions, clock, visit.actor, person)
    shown = CARRY_OUT[type(said)](said, typed)
    if isinstance(shown, Message):
        screen.answer(shown)
    else:
        screen.open(shown)


def _overview(_: grammar.Overview, typed: Typed) -> Shown:
    visit = typed.visit
    stands = answers.stands_of(visit, typed.sessions)
    return views.overview(stands, visit.zone, is_admin=visit.member.is_admin)


def _help(_: grammar.Help, typed: Typed) -> Shown:
    return help_views.help_page("career buddies", grammar.USAGES)


def _join(said: grammar.Join, typed: Typed) -> Shown:
    channel = said.channel or typed.channel_with_programme()
    if channel is None:
        return forms.join_form()
    room = typed.room(channel)
    with typed.sessions.begin() as session:
        return answers.join(session, room, typed.visit, said.role, said.capacity)


def _leave(said: grammar.Leave, typed: Typed) -> Shown:
    stands = answers.stands_of(typed.visit, typed.sessions)
    is_in = any(each.takes_part and each.programme.channel == said.channel for each in stands)
    if said.channel is None or is_in:
        return _to_one(views.LEAVE, said.channel, typed, lambda each: each.takes_part)
    room = typed.room(said.channel)  # whoever is not enrolled yet may leave before they are
    with typed.sessions.begin() as session:
        return answers.leave_channel(session, room, typed.visit)


def _skip(said: grammar.Skip, typed: Typed) -> Shown:
    return _to_one(views.SKIP, said.channel, typed, lambda each: each.takes_part)


def _resume(said: grammar.Resume, typed: Typed) -> Shown:
    return _to_one(views.RESUME, said.channel, typed, lambda each: each.state == PAUSED)


def _pause_form(said: grammar.PauseForm, typed: Typed) -> Shown:
    chosen = _meant(said.channel, typed, lambda each: each.takes_part)
    return forms.pause_form([each.programme.id for each in chosen], typed.tomorrow)


def _pause(said: grammar.Pause, typed: Typed) -> Shown:
    chosen = _meant(said.channel, typed, lambda each: each.takes_part)
    with typed.sessions.begin() as session:
        return answers.pause(session, typed.visit, [each.programme.id for each in chosen], said.until)


def _to_one(verb: str, channel: str | None, typed: Typed, is_meant: Callable[[Stand], bool]) -> Shown:
    """Do something to the one programme that can be meant, or ask which."""
    chosen = _meant(channel, typed, is_meant)
    if len(chosen) > 1:
        return views.which(verb, [each.programme for each in chosen])
    with typed.sessions.begin() as session:
        return answers.ACTS[verb](session, typed.visit, chosen[0].programme.id)


def _meant(channel: str | None, typed: Typed, is_meant: Callable[[Stand], bool]) -> list[Stand]:
    """Find the programmes that can be meant: the channel's, if one is named; raises TakesNoPart without any."""
    stands = [each for each in answers.stands_of(typed.visit, typed.sessions) if is_meant(each)]
    chosen = [each for each in stands if channel in (None, each.programme.channel)]
    if not chosen:
        raise TakesNoPart
    return chosen


def _exclude(said: grammar.Exclude, typed: Typed) -> Shown:
    with typed.sessions.begin() as session:
        return answers.exclude(session, typed.visit, said.person)


def _allow(said: grammar.Allow, typed: Typed) -> Shown:
    with typed.sessions.begin() as session:
        return answers.allow(session, typed.visit, said.person)


def _list_excluded(_: grammar.ListExcluded, typed: Typed) -> Shown:
    return views.exclusions(answers.excluded_by(typed.visit, typed.sessions))


def _name(said: grammar.Name, typed: Typed) -> Shown:
    act = answers.unname if said.is_unnamed else answers.name
    with typed.sessions.begin() as session:
        return act(session, typed.visit, 0)


def _met(_: grammar.Met, typed: Typed) -> Shown:
    with typed.sessions.begin() as session:
        return round_views.met(rounds.met(session, typed.visit.actor, typed.visit.now).others)


def _decline(said: grammar.Decline, typed: Typed) -> Shown:
    visit = typed.visit
    with typed.sessions.begin() as session:
        mentees = rounds.declinable(session, visit.actor, said.person, now=visit.now)
        if len(mentees) > 1:
            return round_views.which_to_decline(mentees)
        (pairing_id,) = mentees
        return round_views.declined(rounds.decline(session, visit.actor, pairing_id, now=visit.now)[0])


def _preview(said: grammar.Preview, typed: Typed) -> Shown:
    return owners.to_own(views.PREVIEW, said.channel, typed)


def _match_now(said: grammar.MatchNow, typed: Typed) -> Shown:
    return owners.to_own(views.MATCH_NOW, said.channel, typed)


CARRY_OUT: Final[Mapping[type, Callable[[Any, Typed], Shown]]] = {
    grammar.Overview: _overview,
    grammar.Help: _help,
    grammar.Join: _join,
    grammar.Leave: _leave,
    grammar.Skip: _skip,
    grammar.Pause: _pause,
    grammar.PauseForm: _pause_form,
    grammar.Resume: _resume,
    grammar.Exclude: _exclude,
    grammar.Allow: _allow,
    grammar.ListExcluded: _list_excluded,
    grammar.Name: _name,
    grammar.Met: _met,
    grammar.Decline: _decline,
    grammar.Set: owners.set_up,
    grammar.HandOver: owners.hand_over,
    grammar.End: owners.end,
    grammar.TakeOver: owners.take_over,
    grammar.Preview: _preview,
    grammar.MatchNow: _match_now,
}
"""How each thing that can be said is carried out."""


def prepare_news(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render what a programme tells its channel and its owner."""
    judged = programme_news.judge(session, deliveries, now=now)
    return {key: decision(verdict, news_views.message) for key, verdict in judged.items()}


def prepare_return(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render the news that a pause is over."""
    judged = pauses.judge(session, deliveries, now=now)
    return {key: decision(verdict, news_views.returned) for key, verdict in judged.items()}


PREPARE: Final[Mapping[str, Prepare]] = {
    **dict.fromkeys(programme_news.KINDS, prepare_news),
    pauses.RESUMED: prepare_return,
}
