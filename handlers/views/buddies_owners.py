"""What an owner reads after doing something to a buddy programme."""

from __future__ import annotations

from datetime import datetime

from bot.programme_settings import settings_of
from handlers.views import elements
from handlers.views.buddies import JOIN, VERBS
from handlers.views.buddies_forms import END, OPEN_CHANGE
from handlers.views.buddies_words import HELD, in_words, rhythm
from handlers.views.elements import Message
from models.programmes import Programme


def started(programme: Programme, zone: str) -> Message:
    """Confirm a new programme, and say what is still missing."""
    line = (
        f"{elements.channel(programme.channel)} has career buddies now, {rhythm(settings_of(programme))}. "
        f"The first round: {_first(programme, zone)}. {_told(programme)}"
    )
    buttons = elements.actions(
        elements.button(VERBS[JOIN], JOIN, programme.id),
        elements.button("Change it", OPEN_CHANGE, programme.id),
    )
    return Message(line, [elements.section(line), buttons])


def _first(programme: Programme, zone: str) -> str:
    return elements.when(settings_of(programme).rhythm.starts_at(programme.next_on), zone)


def _told(programme: Programme) -> str:
    if programme.held_because is not None:
        return f"One thing is missing: {HELD[programme.held_because]}."
    return "I tell the channel how to take part."


def changed(programme: Programme, next_at: datetime, zone: str) -> Message:
    """Confirm what holds from the next round on, at this moment; one that is announced keeps its day and hour."""
    where, first = elements.channel(programme.channel), _first(programme, zone)
    line = f"Changed, from the round of {first} on, in {where}."
    if next_at < settings_of(programme).rhythm.starts_at(programme.next_on):
        announced = elements.when(next_at, zone)
        line = (
            f"Changed in {where}: who meets whom from the round of {announced} on, which is announced; "
            f"day and hour from that of {first} on."
        )
    return Message(f"{line}\n{in_words(settings_of(programme))}")


def handed_over(programme: Programme) -> Message:
    """Confirm that somebody else owns it."""
    return Message(
        f"{elements.mention(programme.owner)} owns the programme of {elements.channel(programme.channel)} now. "
        "I tell them, and they may hand it back."
    )


def taken_over(programme: Programme) -> Message:
    """Confirm that the actor owns it."""
    return Message(
        f"The programme of {elements.channel(programme.channel)} is yours now. `/buddy` shows all you can do."
    )


def sure_to_end(programme: Programme) -> Message:
    """Ask before a programme ends."""
    line = (
        f"End the programme of {elements.channel(programme.channel)}? Rounds that are announced are called off. "
        "Who is together goes on."
    )
    return Message(
        line,
        [
            elements.section(line),
            elements.actions(elements.button("End it", END, programme.id, style="danger")),
        ],
    )


def ended(programme: Programme) -> Message:
    """Confirm the end."""
    return Message(
        f"The programme of {elements.channel(programme.channel)} has ended. Who is together hears from me until "
        "their round is over. `/buddy programme` starts another."
    )
