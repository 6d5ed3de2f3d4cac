"""The settings in the forms of buddy programmes: their fields, filled with what stands, and what is read from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import time
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
)
from bot.zones import named
from handlers.views import elements
from handlers.views.buddies_words import COUNTS, TERMS
from handlers.views.elements import Block, Payload
from models.programmes import ACROSS, ANY, ASKED, EVERYONE, LESS, MENTORING, MORE, OFF, WITHIN

MIXING, REQUIRED, GROUP_SIZE, EVERY, WEEKDAY, AT, ZONE = (
    f"buddies.{name}"
    for name in ("mixing", "is_mixing_required", "group_size", "every_weeks", "weekday", "at", "zone")
)
ENROLMENT, WINDOW, SHARED, EXTRAS, PACT, WEIGHTS = (
    f"buddies.{name}"
    for name in ("enrolment", "repeat_window", "shared_minutes", "extras", "pact_weeks", "weights")
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
_NONE: Final = "0"
_LEVELS: Final = {MORE: "More", LESS: "Less", OFF: "Ignore"}
LONGEST_ZONE: Final = 60


def setting_fields(settings: Settings) -> list[Block]:
    """Ask for every setting, filled with what stands."""
    extras = [
        name for name, holds in ((_ANNOUNCE, settings.announces), (_GUESTS, settings.takes_guests)) if holds
    ]
    strict = [_YES] if settings.is_mixing_required else []
    return [
        elements.field(EVERY, "A round", menu(_weeks(), str(settings.every_weeks))),
        elements.field(WEEKDAY, "On", menu(dict(enumerate(_WEEKDAYS)), str(settings.weekday))),
        elements.field(AT, "At", {"type": "timepicker", "initial_time": f"{settings.at:%H:%M}"}),
        elements.field(
            ZONE,
            "Time zone",
            elements.text_box(settings.zone, limit=LONGEST_ZONE),
            hint="For example Europe/Berlin",
        ),
        elements.field(
            GROUP_SIZE, "In groups of", menu({n: str(n) for n in GROUP_SIZES}, str(settings.group_size))
        ),
        elements.field(MIXING, "Who meets whom", menu(_MIXINGS, settings.mixing)),
        elements.field(
            REQUIRED,
            "Keep to that strictly",
            elements.choices([elements.option("Even if somebody stays alone", _YES)], strict),
            is_optional=True,
        ),
        elements.field(ENROLMENT, "Who takes part", menu(_ENROLMENTS, settings.enrolment)),
        elements.field(
            WINDOW, "The same two do not meet again for", menu(_windows(), str(settings.repeat_window))
        ),
        elements.field(SHARED, "They share at least", menu(_hours(), str(settings.shared_minutes))),
        elements.field(
            EXTRAS,
            "Also",
            elements.choices([elements.option(words, name) for name, words in _EXTRAS.items()], extras),
            is_optional=True,
        ),
        elements.field(
            PACT, "After they met, two may agree on", menu(_pacts(), str(settings.pact_weeks or _NONE))
        ),
        elements.field(
            WEIGHTS,
            "What counts otherwise than usual",
            _counts(settings.weights),
            is_optional=True,
            hint="Usually skills count most, then departments, then shared hours. Nothing picked is fine.",
        ),
    ]


def _counts(weights: Mapping[str, str]) -> Block:
    """Offer each term with each level; what counts as usual is not picked."""
    offered = {
        level: [
            elements.option(f"{_LEVELS[level]}: {words}", f"{level}:{term}") for term, words in TERMS.items()
        ]
        for level in COUNTS
    }
    groups = [
        {"label": elements.plain(COUNTS[level]), "options": options} for level, options in offered.items()
    ]
    picked = {f"{level}:{term}" for term, level in weights.items()}
    chosen = [each for options in offered.values() for each in options if each["value"] in picked]
    several: Block = {"type": "multi_static_select", "option_groups": groups}
    return several | ({"initial_options": chosen} if chosen else {})


def menu(options: dict[Any, str], initial: str) -> Block:
    """Take one of several, by its words."""
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
        weights=_read_counts(values[WEIGHTS].get("selected_options") or []),
    )


def _read_counts(picked: Sequence[Payload]) -> dict[str, str]:
    """Read what counts how much; raises CountsTwice, and what nobody offers is for `check` to refuse."""
    said = [str(each["value"]).partition(":") for each in picked]
    weights = {term: level for level, _, term in said}
    if len(weights) < len(said):
        raise CountsTwice(field=WEIGHTS)
    return weights


class CountsTwice(ImpossibleSetting):
    """One thing is picked twice. Let it count more, less or not at all."""


class UnknownZoneName(ImpossibleSetting):
    """I do not know that time zone. Names look like Europe/Berlin or America/New_York."""


def choice_in(values: Payload, field: str) -> str:
    """Read what was taken of several; "None" if nothing was."""
    return str((values[field].get("selected_option") or {}).get("value"))


def _one_of(known: Collection[str], values: Payload, field: str) -> str:
    chosen = choice_in(values, field)
    if chosen not in known:
        raise ImpossibleSetting(field=field)
    return chosen


def _number(values: Payload, field: str) -> int:
    chosen = choice_in(values, field)
    if not elements.is_number(chosen):
        raise ImpossibleSetting(field=field)
    return int(chosen)
