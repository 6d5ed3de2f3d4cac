"""The doors behind the buttons of rounds: each looks its number up again as one of the actor's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from slack_bolt import App
from sqlalchemy.orm import Session

from bot import enrolments, pauses, programme_heads_ups, round_judging, round_pacts, rounds
from bot.budgets import INTRODUCTIONS
from bot.runtime.database import Sessions
from handlers import doors
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import attention as attention_views
from handlers.views import rounds as views
from handlers.views import rounds_pacts as pact_views
from handlers.views import rounds_preview as preview_views
from handlers.views.elements import Message, Payload
from models.rounds import MET, NOT_YET


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.WE_MET)(we_met)
    app.action(views.SWAP)(swap)
    app.action(views.DECLINE)(decline)
    app.action(pact_views.ACTION)(make_goal)
    for action_id, act in ALONE.items():
        app.action(action_id)(_listener(act))


def we_met(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Note that the one who pressed met the others; all of them see who said so."""
    number = doors.number_in(action)
    with sessions.begin() as session:
        rounds.say(session, visit.actor, number, MET, now=visit.now)
        shown = round_judging.shown(session, visit.actor, number, now=visit.now)
    message = views.introduction(shown)
    limitable = attention_views.with_less(message.blocks, INTRODUCTIONS)
    screen.show(Message(message.text, limitable))


def swap(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Put the one who pressed together with somebody else; the others do not read the answer."""
    with sessions.begin() as session:
        message = _swapped(session, visit, doors.number_in(action))
    screen.whisper(message)


def decline(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Let a mentor decline; the mentee does not read the answer."""
    with sessions.begin() as session:
        mentees = rounds.decline(session, visit.actor, doors.number_in(action), now=visit.now)
    screen.whisper(views.declined(mentees[0]))


Act = Callable[[Session, Visit, int], Message]
"""Carries out what a button about a row says, and words the answer."""


def _listener(act: Act) -> Callable[..., None]:
    """Make the listener of a button that one person alone sees: the answer takes its place, and Home is drawn anew."""

    def listen(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
        with sessions.begin() as session:
            message = act(session, visit, doors.number_in(action))
        screen.show(message, "Career buddies")
        if screen.body.get("view"):
            screen.refresh_home()

    return listen


def _sit_out(session: Session, visit: Visit, number: int) -> Message:
    programme, starts_at = rounds.sit_out(session, visit.actor, number)
    return views.sat_out(programme.channel, starts_at, visit.zone)


def _met(session: Session, visit: Visit, number: int) -> Message:
    return views.met(rounds.say(session, visit.actor, number, MET, now=visit.now).others)


def _not_yet(session: Session, visit: Visit, number: int) -> Message:
    said = rounds.say(session, visit.actor, number, NOT_YET, now=visit.now)
    return views.not_yet(rounds.closing_of(said))


def _swapped(session: Session, visit: Visit, number: int) -> Message:
    swapped = rounds.swap(session, visit.actor, number, now=visit.now)
    if swapped.others:
        return views.swapped(swapped.others)
    return views.nobody_to_swap(swapped.before, is_late=swapped.is_late, has_next=swapped.has_next)


def _declined(session: Session, visit: Visit, number: int) -> Message:
    return views.declined(rounds.decline(session, visit.actor, number, now=visit.now)[0])


def _go_on(session: Session, visit: Visit, number: int) -> Message:
    programme, _ = enrolments.part_of(session, visit.actor, number)
    programme_heads_ups.expect(session, programme, visit.actor.user_id, now=visit.now)
    pauses.resume(session, visit.actor, [number])
    return views.goes_on(programme.channel)


def _send(session: Session, visit: Visit, number: int) -> Message:
    return preview_views.starting(rounds.send_previewed(session, visit.actor, number, visit.now).channel)


def _anew(session: Session, visit: Visit, number: int) -> Message:
    return preview_views.computing(rounds.match_anew(session, visit.actor, number, visit.now).channel)


def _agree(session: Session, visit: Visit, number: int) -> Message:
    agreed = round_pacts.agree(session, visit.actor, number, now=visit.now)
    return pact_views.agreed(agreed.others, agreed.weeks, stands=agreed.stands)


def _extend(session: Session, visit: Visit, number: int) -> Message:
    agreed = round_pacts.extend(session, visit.actor, number, now=visit.now)
    has_next = _has_next(session, visit, number)
    return pact_views.asked_again(agreed.others, agreed.weeks, stands=agreed.stands, has_next=has_next)


def _has_next(session: Session, visit: Visit, pact_id: int) -> bool:
    """Whether another round comes for somebody after a pact."""
    _, programme = round_pacts.of_actor(session, visit.actor, pact_id)
    return rounds.has_next(session, visit.actor, programme, now=visit.now)


def _refuse(session: Session, visit: Visit, number: int) -> Message:
    round_pacts.refuse(session, visit.actor, number)
    return pact_views.refused(has_next=_has_next(session, visit, number))


def _rotate(session: Session, visit: Visit, number: int) -> Message:
    return pact_views.rotates(rounds.rotate(session, visit.actor, number).channel)


def _rematch(session: Session, visit: Visit, number: int) -> Message:
    programme, others = rounds.rematch(session, visit.actor, number, now=visit.now)
    return pact_views.rematched(others, programme.channel, has_next=_has_next(session, visit, number))


ALONE: Final[dict[str, Act]] = {
    views.SIT_OUT: _sit_out,
    views.I_MET: _met,
    views.NOT_YET: _not_yet,
    views.SWAP_ALONE: _swapped,
    views.DECLINE_ALONE: _declined,
    views.GO_ON: _go_on,
    preview_views.SEND: _send,
    preview_views.ANEW: _anew,
    pact_views.AGREE: _agree,
    pact_views.REFUSE: _refuse,
    pact_views.EXTEND: _extend,
    pact_views.ROTATE: _rotate,
    pact_views.REMATCH: _rematch,
}
"""Which button in a message to one person does what."""


def make_goal(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Open the form for the action somebody agreed on in a pact."""
    with sessions.begin() as session:
        facts = round_pacts.action_of(session, visit.actor, doors.number_in(action))
    screen.open(pact_views.action_form(facts))
