"""What owners do by text: starting a programme, changing it, handing it over and ending it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta

from slack_sdk import WebClient

from bot import enrolments, programmes
from bot.errors import Name
from bot.permissions import NotYourProgramme, require_full_member
from bot.programme_settings import Settings, settings_of
from bot.programmes import CannotOwn, Channel
from bot.runtime.database import Sessions
from handlers import buddy_answers as answers
from handlers import channels, doors
from handlers.acquaintance import error_of
from handlers.doors import Visit
from handlers.grammars import buddies as grammar
from handlers.grammars.usages import usage_of
from handlers.screens import Screen
from handlers.views import buddies as views
from handlers.views import buddies_forms as forms
from handlers.views import buddies_owners as owner_views
from handlers.views.elements import Message, View
from models.programmes import EVERYONE, Programme

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Typed:
    """A command somebody typed, and all that is needed to carry it out."""

    typed_in: str
    """The conversation it was typed in, as Slack says."""
    client: WebClient
    visit: Visit
    sessions: Sessions
    screen: Screen

    @property
    def tomorrow(self) -> date:
        """The visitor's next day."""
        return self.visit.today + timedelta(days=1)

    def room(self, channel: str) -> Channel:
        """Make sure that the visitor is in a channel; whoever types in it is. Raises NoSuchChannel."""
        if channel == self.typed_in:
            return Channel(channel)
        return channels.enter(self.client, self.visit.actor, channel)

    def channel_with_programme(self) -> str | None:
        """Give the channel this was typed in, if it has a programme."""
        return self.typed_in if self.standing(self.typed_in) is not None else None

    def standing(self, channel: str) -> Programme | None:
        """Find a channel's programme; the visitor need not be in it."""
        with self.sessions.read() as session:
            return programmes.running_in(session, self.visit.actor.workspace_id, channel)

    def own(self, channel: str | None) -> list[Programme]:
        """List the visitor's programmes, the one of a channel if one is named."""
        stands = answers.stands_of(self.visit, self.sessions)
        return [
            each.programme for each in stands if each.is_owner and channel in (None, each.programme.channel)
        ]


def to_own(verb: str, channel: str | None, typed: Typed) -> Message | View:
    """Do something to the visitor's programme, or ask to which; raises NotYourProgramme."""
    own = _own(channel, typed)
    if len(own) > 1:
        return views.which(verb, own)
    with typed.sessions.begin() as session:
        return answers.ACTS[verb](session, typed.visit, own[0].id)


def _own(channel: str | None, typed: Typed) -> list[Programme]:
    own = typed.own(channel)
    if not own:
        raise NotYourProgramme
    return own


def _only(channel: str | None, typed: Typed) -> Programme:
    """Find the one programme of the visitor's that can be meant; raises PartMissing if there are several."""
    own = _own(channel, typed)
    if len(own) > 1:
        raise usage_of("programme", grammar.USAGES).lacks("the channel")
    return own[0]


def set_up(said: grammar.Set, typed: Typed) -> Message | View:
    """Start or change a programme as was said; with nothing said, open the form."""
    own = typed.own(said.channel)
    if said.channel is None:
        return _set_up_somewhere(said, own, typed)
    if own:
        return _change(own[0], said, typed)
    room = channels.enter(typed.client, typed.visit.actor, said.channel, seen_in=typed.typed_in)
    settings = Settings(typed.visit.zone)
    if said.said or typed.standing(room.id) is not None:
        return start(room, settings.changed(said.said), typed)
    return start_form(typed.visit, room.id)


def _set_up_somewhere(said: grammar.Set, own: list[Programme], typed: Typed) -> Message | View:
    """Take it that the only programme of the visitor's is meant, or ask."""
    if said.said:
        return _change(_only(None, typed), said, typed)
    if own:
        return views.which(views.PAGE, own)
    return start_form(typed.visit)


def start_form(visit: Visit, channel: str | None = None) -> View:
    """Ask for all that makes a programme; raises NotForGuests before anybody fills it in for nothing."""
    require_full_member(visit.member)
    return forms.start_form(Settings(visit.zone), channel)


def _change(programme: Programme, said: grammar.Set, typed: Typed) -> Message | View:
    if not said.said:
        return forms.change_form(programme)
    wanted = settings_of(programme).changed(said.said)
    with typed.sessions.begin() as session:
        changed = programmes.change(session, typed.visit.actor, programme.id, wanted, now=typed.visit.now)
        _, next_at = enrolments.next_round(session, changed)
    look_around(changed, typed.client, typed.sessions, typed.visit, typed.screen)
    return owner_views.changed(changed, next_at, typed.visit.zone)


def start(room: Channel, settings: Settings, typed: Typed) -> Message:
    """Start a programme in a channel the visitor is in."""
    with typed.sessions.begin() as session:
        programme = programmes.start(session, typed.visit.actor, room, settings, now=typed.visit.now)
    look_around(programme, typed.client, typed.sessions, typed.visit, typed.screen)
    return owner_views.started(programme, typed.visit.zone)


def look_around(
    programme: Programme, client: WebClient, sessions: Sessions, visit: Visit, screen: Screen
) -> None:
    """Enrol everybody in the channel soon, where everybody takes part; else before the next round."""
    if programme.enrolment != EVERYONE:
        return

    def survey() -> None:
        try:
            channels.survey(client, sessions, visit.now, programme)
        except doors.UNHEARD as unheard:
            log.warning("channel_unseen", extra={"programme": programme.id, "error": error_of(unheard)})

    screen.later(survey)


def hand_over(said: grammar.HandOver, typed: Typed) -> Message | View:
    """Give a programme to another member of its channel."""
    programme = _only(said.channel, typed)
    return give(programme, said.person, typed.client, typed.visit, typed.sessions)


def give(programme: Programme, person: str, client: WebClient, visit: Visit, sessions: Sessions) -> Message:
    """Hand a programme of the visitor's to another member of its channel; raises CannotOwn."""
    require_in_channel(programme, person, client, visit)
    with sessions.begin() as session:
        return answers.hand_over(session, visit, programme.id, person)


def require_in_channel(programme: Programme, person: str, client: WebClient, visit: Visit) -> None:
    """Ask Slack whether somebody is in a programme's channel; raises CannotOwn if not."""
    if not channels.is_in(client, visit.actor.workspace_id, person, programme.channel):
        raise CannotOwn(name=Name(person), field=forms.PERSON)


def end(said: grammar.End, typed: Typed) -> Message | View:
    """Ask whether a programme is to end."""
    return owner_views.sure_to_end(_only(said.channel, typed))


def take_over(said: grammar.TakeOver, typed: Typed) -> Message | View:
    """Let an admin follow an owner who has left."""
    channel = said.channel or typed.channel_with_programme()
    if channel is None:
        raise usage_of("programme", grammar.USAGES).lacks("the channel")
    room = typed.room(channel)
    with typed.sessions.begin() as session:
        return answers.take_over(session, room, typed.visit)
