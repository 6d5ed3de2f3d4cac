"""Forms of buddy programmes: its settings and its owner's page, joining, pausing, handing over, excluding."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from bot.programme_settings import (
    ENROLMENTS,
    GROUP_SIZES,
    MIXINGS,
    PACT_WEEKS,
    REPEAT_WINDOWS,
    SHARED_MINUTES,
    WEEKS,
    ImpossibleSetting,
    Settings,
    settings_of,
)
from bot.zones import named
from handlers.views import elements, programme_reports
from handlers.views.buddies import LISTED, MATCH_NOW, PREVIEW, VERBS
from handlers.views.buddies_words import HELD, in_words
from handlers.views.elements import Block, Payload, View
from models.programmes import ACROSS, ANY, ASKED, EVERYONE, MENTEE, MENTOR, MENTORING, WITHIN, Programme

START_FORM, CHANGE_FORM, JOIN_FORM, PAUSE_FORM, HAND_OVER_FORM, EXCLUDE_FORM = (
    f"buddies.{name}_form" for name in ("start", "change", "join", "pause", "hand_over", "exclude")
)
OPEN_CHANGE, OPEN_HAND_OVER, END = "buddies.open_change", "buddies.open_hand_over", "buddies.end"
CHANNEL, PERSON, UNTIL, ROLE, CAPACITY = (
    f"buddies.{name}" for name in ("channel", "person", "until", "role", "capacity")
)
MIXING, REQUIRED, GROUP_SIZE, EVERY, WEEKDAY, AT, ZONE = (
    f"buddies.{name}"
    for name in ("mixing", "is_mixing_required", "group_size", "every_weeks", "weekday", "at", "zone")
)
ENROLMENT, WINDOW, SHARED, EXTRAS, PACT = (
    f"buddies.{name}" for name in ("enrolment", "repeat_window", "shared_minutes", "extras", "pact_weeks")
)

_MIXINGS: Final = {
    ANY: "Anyone with anyone",
    ACROSS: "Across departments",
    WITHIN: "Within departments",
    MENTORING: "Mentors with mentees",
}
_ENROLMENTS: Final = {ASKED: "Whoever joins", EVERYONE: "Everyone in the channel, who may leave"}
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ANNOUNCE, _GUESTS, _YES = "announces", "takes_guests", "yes"
_EXTRAS: Final = {_ANNOUNCE: "The channel reads who is with whom", _GUESTS: "Guests may take part"}
_ROLES: Final = {MENTOR: "I am a mentor", MENTEE: "I look for a mentor"}
_NONE: Final = "0"
LONGEST_ZONE: Final = 60


@dataclass(frozen=True)
class Joining:
    """What the form of joining says."""

    channel: str
    role: str | None
    capacity: int | None


def start_form(settings: Settings, channel: str | None = None) -> View:
    """Ask for all that makes a programme; what is offered will do."""
    picker = _channel_picker(channel)
    fields = [elements.field(CHANNEL, "In which channel", picker), *_setting_fields(settings)]
    return elements.modal(START_FORM, "Start a programme", fields, submit="Start it")


def change_form(programme: Programme) -> View:
    """Ask what is to be changed, filled with what stands."""
    fields = [
        elements.context("It holds from the next round on. A round that is announced keeps its day."),
        *_setting_fields(settings_of(programme)),
    ]
    return elements.modal(
        CHANGE_FORM, "Change the programme", fields, submit="Change it", carries=str(programme.id)
    )


def _channel_picker(channel: str | None) -> Block:
    filters = {"include": ["public", "private"], "exclude_bot_users": True}
    picker: Block = {"type": "conversations_select", "filter": filters}
    return picker | ({"initial_conversation": channel} if channel else {})


def _setting_fields(settings: Settings) -> list[Block]:
    extras = [
        name for name, holds in ((_ANNOUNCE, settings.announces), (_GUESTS, settings.takes_guests)) if holds
    ]
    strict = [_YES] if settings.is_mixing_required else []
    return [
        elements.field(EVERY, "A round", _select(_weeks(), str(settings.every_weeks))),
        elements.field(WEEKDAY, "On", _select(dict(enumerate(_WEEKDAYS)), str(settings.weekday))),
        elements.field(AT, "At", {"type": "timepicker", "initial_time": f"{settings.at:%H:%M}"}),
        elements.field(
            ZONE,
            "Time zone",
            elements.text_box(settings.zone, limit=LONGEST_ZONE),
            hint="For example Europe/Berlin",
        ),
        elements.field(
            GROUP_SIZE, "In groups of", _select({n: str(n) for n in GROUP_SIZES}, str(settings.group_size))
        ),
        elements.field(MIXING, "Who meets whom", _select(_MIXINGS, settings.mixing)),
        elements.field(
            REQUIRED,
            "Keep to that strictly",
            elements.choices([elements.option("Even if somebody stays alone", _YES)], strict),
            is_optional=True,
        ),
        elements.field(ENROLMENT, "Who takes part", _select(_ENROLMENTS, settings.enrolment)),
        elements.field(
            WINDOW, "The same two do not meet again for", _select(_windows(), str(settings.repeat_window))
        ),
        elements.field(SHARED, "They share at least", _select(_hours(), str(settings.shared_minutes))),
        elements.field(
            EXTRAS,
            "Also",
            elements.choices([elements.option(words, name) for name, words in _EXTRAS.items()], extras),
            is_optional=True,
        ),
        elements.field(
            PACT, "After they met, two may agree on", _select(_pacts(), str(settings.pact_weeks or _NONE))
        ),
    ]


def _select(options: dict[Any, str], initial: str) -> Block:
    offered = [elements.option(words, str(value)) for value, words in options.items()]
    return elements.choice("static_select", offered, initial)


def _weeks() -> dict[int, str]:
    return {weeks: "every week" if weeks == 1 else f"every {weeks} weeks" for weeks in WEEKS}


def _windows() -> dict[int, str]:
    return {rounds: "1 round" if rounds == 1 else f"{rounds} rounds" for rounds in REPEAT_WINDOWS}


def _hours() -> dict[int, str]:
    return {each: f"{each // 60} working hour{'' if each == 60 else 's'}" for each in SHARED_MINUTES}


def _pacts() -> dict[str, str]:
    return {_NONE: "nothing more", **{str(weeks): f"{weeks} weeks together" for weeks in PACT_WEEKS}}


def read_channel(view: Payload) -> str:
    """Read the channel that was picked; who picked it is still to be found in it."""
    return str(view["state"]["values"][CHANNEL][CHANNEL]["selected_conversation"])


def read_settings(view: Payload) -> Settings:
    """Read what the form says; raises ImpossibleSetting for what no form of ours offers."""
    values = {name: state[name] for name, state in view["state"]["values"].items()}
    extras = {chosen["value"] for chosen in values[EXTRAS].get("selected_options") or []}
    zone = named((values[ZONE]["value"] or "").strip())
    if zone is None:
        raise UnknownZoneName(field=ZONE)
    return Settings(
        zone=zone,
        mixing=_one_of(MIXINGS, values, MIXING),
        is_mixing_required=bool(values[REQUIRED].get("selected_options")),
        group_size=_number(values, GROUP_SIZE),
        every_weeks=_number(values, EVERY),
        weekday=_number(values, WEEKDAY),
        at=time.fromisoformat(values[AT]["selected_time"]),
        enrolment=_one_of(ENROLMENTS, values, ENROLMENT),
        repeat_window=_number(values, WINDOW),
        shared_minutes=_number(values, SHARED),
        announces=_ANNOUNCE in extras,
        takes_guests=_GUESTS in extras,
        pact_weeks=_number(values, PACT) or None,
    )


class UnknownZoneName(ImpossibleSetting):
    """I do not know that time zone. Names look like Europe/Berlin or America/New_York."""


def _chosen(values: Payload, field: str) -> str:
    return str((values[field].get("selected_option") or {}).get("value"))


def _one_of(known: Collection[str], values: Payload, field: str) -> str:
    chosen = _chosen(values, field)
    if chosen not in known:
        raise ImpossibleSetting(field=field)
    return chosen


def _number(values: Payload, field: str) -> int:
    chosen = _chosen(values, field)
    if not elements.is_number(chosen):
        raise ImpossibleSetting(field=field)
    return int(chosen)


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
                _select(_ROLES, ""),
                is_optional=True,
                hint="Other programmes need nothing here.",
            ),
            elements.field(CAPACITY, "A mentor takes", _select(capacities, ""), is_optional=True),
        ],
        submit="Take part",
    )


def read_join_form(view: Payload) -> Joining:
    """Read which channel, and as what."""
    values = {name: state[name] for name, state in view["state"]["values"].items()}
    role, capacity = _chosen(values, ROLE), _chosen(values, CAPACITY)
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
        "People I do not want",
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
