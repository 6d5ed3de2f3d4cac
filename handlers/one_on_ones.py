"""Doors for standing 1-on-1s: the command, its forms, and the buttons under what was registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import one_on_ones
from bot.members import known
from bot.occurrences import Meeting
from bot.one_on_ones import REGISTERED, NewOneOnOne, News, Role
from bot.outbox import Later, Never
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.delivery import Cancel, Decision, Defer, Send
from handlers import doors
from handlers.acquaintance import acquaint
from handlers.doors import Visit
from handlers.grammars import one_on_ones as grammar
from handlers.views import growth as help_views
from handlers.views import nudges as nudge_views
from handlers.views import one_on_one_forms as forms
from handlers.views import one_on_ones as views
from handlers.views.elements import Message, Payload, View, dialog
from handlers.views.one_on_ones import Standing
from models.outbox import Delivery


def register(app: App) -> None:
    """Say what triggers what."""
    app.command("/1on1")(command)
    app.action(views.ADD)(open_add_form)
    app.action(views.ASK)(open_ask_form)
    app.action(views.MENU)(choose_from_menu)
    app.view(forms.ADD)(add)
    app.view(forms.CORRECT)(correct)
    app.view(forms.MOVE)(move)
    app.view(forms.SKIP)(skip)
    app.view(forms.END)(end)
    app.view(forms.ASK)(ask)
    for role, action in views.ROLES.items():
        app.action(action)(_taker_of(role))
    app.action(views.CONFIRM)(confirm)
    app.action(views.CORRECT)(open_correction)
    app.action(views.DECLINE)(decline)


def command(
    ack: Ack, command: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock
) -> None:
    """Carry out `/1on1 …`, or open the form it lacks words for."""
    said = grammar.parse(command["text"], today=visit.today)
    form = _form_for(said, visit, sessions)
    if form is not None:
        ack()
        client.views_open(trigger_id=command["trigger_id"], view=form)
        return
    person = getattr(said, "person", None)
    if person:
        acquaint(client, sessions, clock, visit.actor, person)
    ack(**_answer(said, visit, sessions).payload(), response_type="ephemeral")


def _answer(said: grammar.OneOnOneCommand, visit: Visit, sessions: Sessions) -> Message:
    match said:
        case grammar.Help():
            return help_views.help_page("1-on-1s", grammar.USAGES)
        case grammar.ListAll():
            return views.listing(_standing(visit, sessions))
    with sessions.begin() as session:
        return _carry_out(session, said, visit)


def _carry_out(session: Session, said: grammar.OneOnOneCommand, visit: Visit) -> Message:
    match said:
        case grammar.Add(person, recurrence, at, minutes, first_on, role):
            new = NewOneOnOne(person, recurrence, at, minutes, first_on, role)
            return _register(session, new, visit)
        case grammar.Move(person, on, at):
            standing = one_on_ones.with_person(session, visit.actor, person)
            meeting = one_on_ones.move(
                session, visit.actor, standing, on=on, at=at, zone=visit.zone, now=visit.now
            )
            return views.moved(_look(meeting, visit))
        case grammar.Skip(person):
            return _skip(session, one_on_ones.with_person(session, visit.actor, person).id, visit)
        case grammar.End(person):
            return _end(session, one_on_ones.with_person(session, visit.actor, person).id, visit)
        case grammar.Ask(person):
            put = one_on_ones.ask(session, visit.actor, person, now=visit.now)
            return nudge_views.asked_for(put, today=visit.today)
    raise AssertionError(f"no answer to {type(said).__name__}")


def _register(session: Session, new: NewOneOnOne, visit: Visit) -> Message:
    meeting = one_on_ones.register(session, visit.actor, new, now=visit.now)
    return views.registered(_look(meeting, visit))


def _skip(session: Session, one_on_one_id: int, visit: Visit) -> Message:
    one_on_one = one_on_ones.by_id(session, visit.actor, one_on_one_id)
    skipped, following = one_on_ones.skip(session, visit.actor, one_on_one, now=visit.now)
    other = one_on_one.other(visit.actor.user_id)
    return views.skipped(other, skipped.starts_at, following.starts_at, visit.zone)


def _end(session: Session, one_on_one_id: int, visit: Visit) -> Message:
    one_on_one = one_on_ones.by_id(session, visit.actor, one_on_one_id)
    one_on_ones.end(session, visit.actor, one_on_one, now=visit.now)
    return views.ended(one_on_one.other(visit.actor.user_id))


def _look(meeting: Meeting, visit: Visit) -> Standing:
    return views.standing(meeting, visit.actor.user_id, visit.zone)


def _standing(visit: Visit, sessions: Sessions) -> list[Standing]:
    with sessions.read() as session:
        return [_look(each, visit) for each in one_on_ones.mine(session, visit.actor, now=visit.now)]


def _names(standing: Sequence[Standing], visit: Visit, sessions: Sessions) -> dict[str, str]:
    """Name the others for a select, which shows no mentions."""
    with sessions.read() as session:
        others = known(session, visit.actor.workspace_id, [seen.other for seen in standing])
    return {user_id: member.name for user_id, member in others.items()}


def _form_for(said: grammar.OneOnOneCommand, visit: Visit, sessions: Sessions) -> View | None:
    """Choose the form for a verb that came without its arguments; None if nothing is missing."""
    match said:
        case grammar.AddForm(person):
            return forms.add_form(person=person, first_on=visit.today + timedelta(days=1))
        case grammar.AskForm():
            return forms.ask_form()
        case grammar.MoveForm(person):
            return _which_form("move", visit, sessions, person=person)
        case grammar.SkipForm():
            return _which_form("skip", visit, sessions)
        case grammar.EndForm():
            return _which_form("end", visit, sessions)
    return None


def _which_form(
    verb: str, visit: Visit, sessions: Sessions, *, person: str | None = None, chosen: int | None = None
) -> View:
    """Ask which 1-on-1 is meant; raises NoneYet if there is none to pick."""
    standing = _standing(visit, sessions)
    if not standing:
        raise one_on_ones.NoneYet
    names = _names(standing, visit, sessions)
    picked = chosen or next((seen.id for seen in standing if seen.other == person), standing[0].id)
    if verb == "move":
        return forms.move_form(standing, names, picked, visit.today + timedelta(days=1))
    return forms.which_form(verb, standing, names, picked)


def open_add_form(ack: Ack, body: Payload, client: WebClient, visit: Visit) -> None:
    """Open the form that registers a 1-on-1."""
    ack()
    form = forms.add_form(person=None, first_on=visit.today + timedelta(days=1))
    client.views_open(trigger_id=body["trigger_id"], view=form)


def open_ask_form(ack: Ack, body: Payload, client: WebClient) -> None:
    """Ask for whom a question is wanted."""
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=forms.ask_form())


def choose_from_menu(
    ack: Ack, action: Payload, body: Payload, client: WebClient, visit: Visit, sessions: Sessions
) -> None:
    """Open the form that the "…" menu of a 1-on-1 leads to."""
    ack()
    verb, one_on_one_id = views.read_menu(action)
    client.views_open(trigger_id=body["trigger_id"], view=_menu_view(verb, one_on_one_id, visit, sessions))


def _menu_view(verb: str, one_on_one_id: int, visit: Visit, sessions: Sessions) -> View:
    if verb == "correct":
        return _correction(one_on_one_id, visit, sessions)
    if verb == "ask":
        with sessions.begin() as session:
            other = one_on_ones.by_id(session, visit.actor, one_on_one_id).other(visit.actor.user_id)
            put = one_on_ones.ask(session, visit.actor, other, now=visit.now)
        return dialog(nudge_views.asked_for(put, today=visit.today), "A question now")
    with sessions.read() as session:
        one_on_ones.by_id(session, visit.actor, one_on_one_id)
    return _which_form(verb, visit, sessions, chosen=one_on_one_id)


def add(ack: Ack, view: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock) -> None:
    """Register what the form says."""
    person, draft = forms.read_add_form(view)
    acquaint(client, sessions, clock, visit.actor, person)
    new = NewOneOnOne(person, draft.recurrence, draft.at, draft.minutes, draft.first_on, draft.role)
    _submit(ack, view, visit, sessions, clock, lambda session: _register(session, new, visit))


def correct(ack: Ack, view: Payload, visit: Visit, sessions: Sessions, clock: Clock) -> None:
    """Change a 1-on-1 as the form says."""
    draft, one_on_one_id = forms.read_rhythm(view), doors.number_carried(view)

    def carry_out(session: Session) -> Message:
        meeting = one_on_ones.correct(
            session,
            visit.actor,
            one_on_one_id,
            recurrence=draft.recurrence,
            at=draft.at,
            minutes=draft.minutes,
            first_on=draft.first_on,
            role=draft.role,
            now=visit.now,
        )
        return views.corrected(_look(meeting, visit))

    _submit(ack, view, visit, sessions, clock, carry_out)


def move(ack: Ack, view: Payload, visit: Visit, sessions: Sessions, clock: Clock) -> None:
    """Move the occurrence the form names."""
    one_on_one_id, on, at = forms.read_move_form(view)

    def carry_out(session: Session) -> Message:
        one_on_one = one_on_ones.by_id(session, visit.actor, one_on_one_id)
        meeting = one_on_ones.move(
            session, visit.actor, one_on_one, on=on, at=at, zone=visit.zone, now=visit.now
        )
        return views.moved(_look(meeting, visit))

    _submit(ack, view, visit, sessions, clock, carry_out)


def skip(ack: Ack, view: Payload, visit: Visit, sessions: Sessions, clock: Clock) -> None:
    """Leave out the next occurrence of the 1-on-1 that was picked."""
    _submit(ack, view, visit, sessions, clock, lambda session: _skip(session, forms.read_which(view), visit))


def end(ack: Ack, view: Payload, visit: Visit, sessions: Sessions, clock: Clock) -> None:
    """End the 1-on-1 that was picked."""
    _submit(ack, view, visit, sessions, clock, lambda session: _end(session, forms.read_which(view), visit))


def ask(ack: Ack, view: Payload, client: WebClient, visit: Visit, sessions: Sessions, clock: Clock) -> None:
    """Give a question for the person that was picked."""
    person = forms.read_ask_form(view)
    acquaint(client, sessions, clock, visit.actor, person)

    def carry_out(session: Session) -> Message:
        put = one_on_ones.ask(session, visit.actor, person, now=visit.now)
        return nudge_views.asked_for(put, today=visit.today)

    _submit(ack, view, visit, sessions, clock, carry_out)


def _submit(
    ack: Ack,
    view: Payload,
    visit: Visit,
    sessions: Sessions,
    clock: Clock,
    carry_out: Callable[[Session], Message],
) -> None:
    """Let a form take effect once and show what came of it in its place."""
    with sessions.begin() as session:
        doors.once(session, visit.actor, f"view:{view['id']}", clock=clock)
        message = carry_out(session)
    ack(response_action="update", view=dialog(message, view["title"]["text"]))


def _taker_of(role: Role) -> Callable[..., None]:
    """Make the listener of one role's button."""

    def take_role(
        ack: Ack,
        action: Payload,
        body: Payload,
        client: WebClient,
        respond: Respond,
        visit: Visit,
        sessions: Sessions,
    ) -> None:
        ack()
        with sessions.begin() as session:
            one_on_one = one_on_ones.standing_by_id(session, visit.actor, doors.number_in(action))
            one_on_ones.take_role(session, visit.actor, one_on_one, role, now=visit.now)
            seen = _look(one_on_ones.next_of(session, one_on_one, now=visit.now), visit)
        doors.redraw(body, client, respond, views.role_taken(seen))

    return take_role


def confirm(ack: Ack, action: Payload, respond: Respond, visit: Visit, sessions: Sessions) -> None:
    """Take the other's word that all is right."""
    ack()
    with sessions.begin() as session:
        one_on_one = one_on_ones.confirm(session, visit.actor, doors.number_in(action))
        seen = _look(one_on_ones.next_of(session, one_on_one, now=visit.now), visit)
    respond(**views.confirmed(seen).payload(), replace_original=True)


def decline(ack: Ack, action: Payload, respond: Respond, visit: Visit, sessions: Sessions) -> None:
    """End what somebody else registered."""
    ack()
    with sessions.begin() as session:
        one_on_one = one_on_ones.decline(session, visit.actor, doors.number_in(action), now=visit.now)
    respond(**views.declined(one_on_one.other(visit.actor.user_id)).payload(), replace_original=True)


def open_correction(
    ack: Ack, action: Payload, body: Payload, client: WebClient, visit: Visit, sessions: Sessions
) -> None:
    """Open the form that corrects a 1-on-1."""
    ack()
    view = _correction(doors.number_in(action), visit, sessions)
    client.views_open(trigger_id=body["trigger_id"], view=view)


def _correction(one_on_one_id: int, visit: Visit, sessions: Sessions) -> View:
    with sessions.read() as session:
        one_on_one = one_on_ones.standing_by_id(session, visit.actor, one_on_one_id)
        meeting = one_on_ones.next_of(session, one_on_one, now=visit.now)
    return forms.correct_form(one_on_one_id, forms.draft_of(meeting, visit.actor.user_id, visit.zone))


def prepare(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render the news of a registration with today's data."""
    judged = one_on_ones.judge_news(session, deliveries, now=now)
    return {key: _decision(verdict) for key, verdict in judged.items()}


def _decision(verdict: News | Later | Never) -> Decision:
    match verdict:
        case Later(until, reason):
            return Defer(until, reason)
        case Never(reason):
            return Cancel(reason)
        case news:
            seen = views.standing(news.meeting, news.receiver, news.zone)
            return Send(**views.told(seen).payload())


PREPARE = {REGISTERED: prepare}
