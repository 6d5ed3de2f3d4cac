"""Forms of standing 1-on-1s: adding, correcting, moving, and picking which one is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from bot.occurrences import Meeting
from bot.one_on_ones import Role
from bot.recurrence import LAST, MAX_WEEKS_BETWEEN, Recurrence
from bot.zones import zone
from handlers.views import elements
from handlers.views.elements import Block, Payload, View
from handlers.views.one_on_one_lists import OldMenu
from handlers.views.one_on_ones import Standing

ADD, CORRECT, MOVE, SKIP, END, ASK = (
    f"one_on_ones.{verb}_form" for verb in ("add", "correct", "move", "skip", "end", "ask")
)
PERSON, FIRST_ON, AT, EVERY, MINUTES, ROLE = (
    f"one_on_ones.{name}" for name in ("person", "first_on", "at", "every", "minutes", "role")
)
WHICH, ON = "one_on_ones.which", "one_on_ones.on"

_EVERY = {
    "1": "Every week",
    "2": "Every 2 weeks",
    "3": "Every 3 weeks",
    "4": "Every 4 weeks",
    "month": "Every month, on the same weekday",
    "last": "Every month, on the last such weekday",
}
_MINUTES = (15, 20, 25, 30, 45, 50, 60, 90, 120)
LONGEST_MINUTES = 480
_ROLES: dict[Role, str] = {
    "manager": "I am their manager",
    "report": "They are my manager",
    "peer": "We are peers",
}
SELECTABLE = 100
"""Slack's limit of options in a select."""


@dataclass(frozen=True)
class Draft:
    """What a form of adding or correcting says."""

    recurrence: Recurrence
    at: time
    minutes: int
    first_on: date
    role: Role


def add_form(*, person: str | None, first_on: date) -> View:
    """Ask for all that makes a standing 1-on-1; the first date says the weekday."""
    picker: Block = {"type": "users_select"}
    if person:
        picker["initial_user"] = person
    fields = _rhythm_fields(Draft(Recurrence.weekly(first_on.weekday()), time(10), 30, first_on, "peer"))
    return elements.modal(
        ADD, "Add a 1-on-1", [elements.field(PERSON, "With whom", picker), *fields], submit="Add it"
    )


def correct_form(one_on_one_id: int, draft: Draft) -> View:
    """Ask what is to be changed, filled with what stands."""
    return elements.modal(
        CORRECT, "Change the 1-on-1", _rhythm_fields(draft), submit="Change it", carries=str(one_on_one_id)
    )


def _rhythm_fields(draft: Draft) -> list[Block]:
    how_often = _how_often(draft.recurrence)
    every = {**({} if how_often in _EVERY else {how_often: f"Every {how_often} weeks"}), **_EVERY}
    minutes = sorted({*_MINUTES, draft.minutes})
    return [
        elements.field(
            FIRST_ON,
            "Next on",
            {"type": "datepicker", "initial_date": draft.first_on.isoformat()},
            hint="The weekday is taken from this date.",
        ),
        elements.field(AT, "At (your time)", {"type": "timepicker", "initial_time": f"{draft.at:%H:%M}"}),
        elements.field(EVERY, "How often", _select(every, how_often)),
        elements.field(
            MINUTES, "How long", _select({str(m): f"{m} min" for m in minutes}, str(draft.minutes))
        ),
        elements.field(
            ROLE,
            "Who is who",
            elements.choice(
                "radio_buttons", [elements.option(words, role) for role, words in _ROLES.items()], draft.role
            ),
        ),
    ]


def _how_often(recurrence: Recurrence) -> str:
    """Name the choice that stands for a rhythm: a number of weeks, `month`, or `last`."""
    if recurrence.weeks_between:
        return str(recurrence.weeks_between)
    return "last" if f"BYDAY={LAST}" in recurrence.rule else "month"


def _select(options: dict[str, str], initial: str) -> Block:
    return elements.choice(
        "static_select", [elements.option(words, value) for value, words in options.items()], initial
    )


def read_add_form(view: Payload) -> tuple[str, Draft]:
    """Read with whom, and the rest."""
    return view["state"]["values"][PERSON][PERSON]["selected_user"], read_rhythm(view)


def read_rhythm(view: Payload) -> Draft:
    """Read what an adding or correcting form says of rhythm and role."""
    values = view["state"]["values"]
    first_on = date.fromisoformat(values[FIRST_ON][FIRST_ON]["selected_date"])
    return Draft(
        recurrence=_recurrence(values[EVERY][EVERY]["selected_option"]["value"], first_on),
        at=time.fromisoformat(values[AT][AT]["selected_time"]),
        minutes=_minutes(values[MINUTES][MINUTES]["selected_option"]["value"]),
        first_on=first_on,
        role=_role(values[ROLE][ROLE]["selected_option"]["value"]),
    )


def _recurrence(every: str, first_on: date) -> Recurrence:
    if every == "last":
        return Recurrence.monthly(first_on.weekday(), LAST)
    if every == "month":
        return _monthly_on(first_on)
    if elements.is_number(every) and 1 <= int(every) <= MAX_WEEKS_BETWEEN:
        return Recurrence.weekly(first_on.weekday(), int(every))
    raise OldMenu(field=EVERY)


def _monthly_on(day: date) -> Recurrence:
    """Meet monthly on the same weekday of the month; a fifth one means the last, as not every month has five."""
    week = (day.day - 1) // 7 + 1
    return Recurrence.monthly(day.weekday(), week if week <= 4 else LAST)


def _minutes(value: str) -> int:
    if elements.is_number(value) and 1 <= int(value) <= LONGEST_MINUTES:
        return int(value)
    raise OldMenu(field=MINUTES)


def _role(value: str) -> Role:
    for role in _ROLES:
        if role == value:
            return role
    raise OldMenu(field=ROLE)


def draft_of(slot: Meeting, viewer: str, zone_name: str) -> Draft:
    """Fill a correcting form with the rhythm's next meeting, on the viewer's wall clock."""
    one_on_one = slot.one_on_one
    local = slot.starts_at.astimezone(zone(zone_name))
    return Draft(
        recurrence=_recurrence(_how_often(Recurrence.parse(one_on_one.rule)), local.date()),
        at=local.time(),
        minutes=one_on_one.minutes,
        first_on=local.date(),
        role=_role(one_on_one.role_of(viewer)),
    )


def move_form(all_standing: Sequence[Standing], names: Mapping[str, str], picked: int, to_day: date) -> View:
    """Ask which one is moved, and to when."""
    return elements.modal(
        MOVE,
        "Move the next 1-on-1",
        [
            _which(all_standing, names, picked),
            elements.field(ON, "To the day", {"type": "datepicker", "initial_date": to_day.isoformat()}),
            elements.field(AT, "At (your time)", {"type": "timepicker", "initial_time": "10:00"}),
        ],
        submit="Move it",
    )


def read_move_form(view: Payload) -> tuple[int, date, time]:
    """Read which one, the day and the time."""
    values = view["state"]["values"]
    on, at = values[ON][ON]["selected_date"], values[AT][AT]["selected_time"]
    return read_which(view), date.fromisoformat(on), time.fromisoformat(at)


def which_form(verb: str, all_standing: Sequence[Standing], names: Mapping[str, str], picked: int) -> View:
    """Ask which standing 1-on-1 is meant: `skip` or `end`."""
    callback_id, title, submit, says = _WHICH[verb]
    fields = [_which(all_standing, names, picked), elements.context(says)]
    return elements.modal(callback_id, title, fields, submit=submit)


_WHICH = {
    "skip": (
        SKIP,
        "Skip the next 1-on-1",
        "Skip it",
        "Neither of you gets a question for it. No calendar is changed.",
    ),
    "end": (
        END,
        "End a 1-on-1",
        "End it",
        "Neither of you gets questions for it any more. You can add it again.",
    ),
}


def _which(all_standing: Sequence[Standing], names: Mapping[str, str], picked: int) -> Block:
    options = [
        elements.option(f"{names.get(seen.other, seen.other)}, {seen.rhythm}", str(seen.id))
        for seen in sorted(all_standing, key=lambda seen: seen.id != picked)[:SELECTABLE]
    ]
    return elements.field(WHICH, "Which 1-on-1", elements.choice("static_select", options, str(picked)))


def read_which(view: Payload) -> int:
    """Read which standing 1-on-1 was picked; who picked it is authorised later. Raises OldMenu."""
    value = view["state"]["values"][WHICH][WHICH]["selected_option"]["value"]
    if not elements.is_number(value):
        raise OldMenu
    return int(value)


def ask_form() -> View:
    """Ask for whom a question is wanted."""
    return elements.modal(
        ASK,
        "A question now",
        [elements.field(PERSON, "For whom", {"type": "users_select"})],
        submit="Give me one",
    )


def read_ask_form(view: Payload) -> str:
    """Read for whom."""
    return str(view["state"]["values"][PERSON][PERSON]["selected_user"])
