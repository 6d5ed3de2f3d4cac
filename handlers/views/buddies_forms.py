"""Forms of buddy programmes: starting and changing one, its owner's page, joining, pausing, handing over, excluding."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.programme_settings import Settings, settings_of
from handlers.views import elements, programme_reports
from handlers.views.buddies import LISTED, MATCH_NOW, PREVIEW, VERBS
from handlers.views.buddies_settings import choice_in, menu, setting_fields
from handlers.views.buddies_words import HELD, in_words
from handlers.views.elements import Block, Payload, View
from models.programmes import MENTEE, MENTOR, Programme

START_FORM, CHANGE_FORM, JOIN_FORM, PAUSE_FORM, HAND_OVER_FORM, EXCLUDE_FORM = (
    f"buddies.{name}_form" for name in ("start", "change", "join", "pause", "hand_over", "exclude")
)
OPEN_CHANGE, OPEN_HAND_OVER, END = "buddies.open_change", "buddies.open_hand_over", "buddies.end"
CHANNEL, PERSON, UNTIL, ROLE, CAPACITY = (
    f"buddies.{name}" for name in ("channel", "person", "until", "role", "capacity")
)
_ROLES: Final = {MENTOR: "I am a mentor", MENTEE: "I look for a mentor"}


@dataclass(frozen=True)
class Joining:
    """What the form of joining says."""

    channel: str
    role: str | None
    capacity: int | None


def start_form(settings: Settings, channel: str | None = None) -> View:
    """Ask for all that makes a programme; what is offered will do."""
    picker = _channel_picker(channel)
    fields = [elements.field(CHANNEL, "In which channel", picker), *setting_fields(settings)]
    return elements.modal(START_FORM, "Start a programme", fields, submit="Start it")


def change_form(programme: Programme) -> View:
    """Ask what is to be changed, filled with what stands."""
    fields = [
        elements.context("It holds from the next round on. A round that is announced keeps its day."),
        *setting_fields(settings_of(programme)),
    ]
    return elements.modal(
        CHANGE_FORM, "Change the programme", fields, submit="Change it", carries=str(programme.id)
    )


def _channel_picker(channel: str | None) -> Block:
    filters = {"include": ["public", "private"], "exclude_bot_users": True}
    picker: Block = {"type": "conversations_select", "filter": filters}
    return picker | ({"initial_conversation": channel} if channel else {})


def read_channel(view: Payload) -> str:
    """Read the channel that was picked; who picked it is still to be found in it."""
    return str(view["state"]["values"][CHANNEL][CHANNEL]["selected_conversation"])


def page(programme: Programme, matched: tuple[int, int] | None = None) -> View:
    """Show an owner their programme with all they can do to it, and how far a matching is: done, of how much."""
    ending = elements.confirm(
        "End the programme?", "Rounds that are announced are called off. Who is together goes on.", "End it"
    )
    return elements.modal(
        "elements.notice",
        "The programme",
        [
            elements.section(f"*{elements.channel(programme.channel)}*\n{in_words(settings_of(programme))}"),
            elements.section(_next(programme)),
            *([elements.context(f"Matching: {matched[0]:,} of {matched[1]:,}")] if matched else []),
            elements.actions(
                elements.button("Change it", OPEN_CHANGE, programme.id),
                elements.button(VERBS[PREVIEW], PREVIEW, programme.id),
                elements.button(VERBS[MATCH_NOW], MATCH_NOW, programme.id, confirm=_now()),
                programme_reports.button(programme.id),
                elements.button("Hand it over", OPEN_HAND_OVER, programme.id),
                elements.button("End it", END, programme.id, style="danger", confirm=ending),
            ),
        ],
    )


def _next(programme: Programme) -> str:
    if programme.held_because is not None:
        return f"No round is held now: {HELD[programme.held_because]}."
    starts_at = settings_of(programme).rhythm.starts_at(programme.next_on)
    return f"The next round to be announced is that of {elements.when(starts_at, programme.zone)}."


def _now() -> Block:
    return elements.confirm(
        "Match now?", "The next round begins at once, for everybody who is in.", "Begin it"
    )


def join_form(channel: str | None = None) -> View:
    """Ask whose channel's programme somebody wants to take part in, and as what."""
    capacities = {each: f"{each} mentee{'s' if each > 1 else ''}" for each in range(1, 11)}
    return elements.modal(
        JOIN_FORM,
        "Join a programme",
        [
            elements.field(CHANNEL, "The one of which channel", _channel_picker(channel)),
            elements.field(
                ROLE,
                "Where mentors meet mentees",
                menu(_ROLES, ""),
                is_optional=True,
                hint="Other programmes need nothing here.",
            ),
            elements.field(CAPACITY, "A mentor takes", menu(capacities, ""), is_optional=True),
        ],
        submit="Take part",
    )


def read_join_form(view: Payload) -> Joining:
    """Read which channel, and as what."""
    values = {name: state[name] for name, state in view["state"]["values"].items()}
    role, capacity = choice_in(values, ROLE), choice_in(values, CAPACITY)
    return Joining(
        channel=read_channel(view),
        role=role if role in _ROLES else None,
        capacity=int(capacity) if elements.is_number(capacity) else None,
    )


def pause_form(programme_ids: Collection[int], tomorrow: date) -> View:
    """Ask until when somebody pauses in these programmes."""
    numbers = ",".join(str(each) for each in sorted(programme_ids)[:LISTED])
    return elements.modal(
        PAUSE_FORM,
        "Pause",
        [
            elements.field(
                UNTIL,
                "You are back on",
                {"type": "datepicker", "initial_date": tomorrow.isoformat()},
                is_optional=True,
                hint="Without a day the pause lasts until you resume. Nobody else hears of it.",
            )
        ],
        submit="Pause",
        carries=numbers,
    )


def read_pause_form(view: Payload) -> tuple[list[int], date | None]:
    """Read for which programmes, which anybody could have written, and until when."""
    until = view["state"]["values"][UNTIL][UNTIL].get("selected_date")
    numbers = [int(each) for each in view["private_metadata"].split(",") if elements.is_number(each)]
    return numbers, date.fromisoformat(until) if until else None


def hand_over_form(programme: Programme) -> View:
    """Ask who is to own a programme."""
    return elements.modal(
        HAND_OVER_FORM,
        "Hand it over",
        [
            elements.field(
                PERSON,
                "Who owns it from now on",
                {"type": "users_select"},
                hint="A member of the channel. They are told, and may hand it back.",
            )
        ],
        submit="Hand it over",
        carries=str(programme.id),
    )


def exclude_form() -> View:
    """Ask whom somebody does not want to meet."""
    return elements.modal(
        EXCLUDE_FORM,
        "Keep me apart from",
        [
            elements.field(
                PERSON,
                "Never put me together with",
                {"type": "users_select"},
                hint="Nobody else ever learns of it.",
            )
        ],
        submit="Keep us apart",
    )


def read_person(view: Payload) -> str:
    """Read who was picked."""
    return str(view["state"]["values"][PERSON][PERSON]["selected_user"])
