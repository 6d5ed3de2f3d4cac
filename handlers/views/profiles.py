"""The form with what is known of a person for matching: everything in it is theirs to change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from bot.attributes import (
    DEPARTMENT,
    FIELDS,
    LANGUAGES,
    LISTS,
    LOCATION,
    MANAGER,
    SKILLS_OFFERED,
    SKILLS_WANTED,
    STARTS_ON,
    TEXT_LENGTH,
    Value,
    read_list,
    read_text,
)
from bot.errors import Refusal
from bot.profiles import Own
from bot.rosters.days import read_day
from handlers.views import elements
from handlers.views.elements import Block, Message, Payload, View

OPEN, FORM = "profiles.open", "profiles.form"
TITLE: Final = "Your profile"
LABELS: Final = {
    DEPARTMENT: "Department",
    MANAGER: "Manager",
    LOCATION: "Location",
    STARTS_ON: "Start date",
    SKILLS_OFFERED: "Skills I can offer",
    SKILLS_WANTED: "Skills I want to learn",
    LANGUAGES: "Languages",
}
_FROM: Final = {
    "self": "You set this yourself.",
    "csv": "From a roster that an admin brought in.",
    "slack": "From your Slack profile.",
}
_SEVERAL: Final = "Separate them by commas or lines."
_LISTS_LENGTH: Final = 3000
_MARK_LENGTH: Final = 12


def open_button() -> Block:
    """Offer to look at one's profile."""
    return elements.button(TITLE, OPEN)


def form(own: Own) -> View:
    """Show all that is known of a person, and who said it; what they leave as it is stays whoever's it was."""
    values: dict[str, Value] = {field: getattr(own.attributes, field) for field in FIELDS}
    blocks = [
        elements.context(
            "I match career buddies by this. Your buddies and the programme's owner read what of it fits, "
            "also a skill you want to learn; never who your manager is. "
            "What you set or empty here stays so, whatever a roster or your Slack profile says."
        ),
        *(_field(name, value, own.sources.get(name)) for name, value in values.items()),
    ]
    shown = " ".join(_mark(values[field]) for field in FIELDS)
    return elements.modal(FORM, TITLE, blocks, submit="Save", carries=shown)


def _field(name: str, value: Value, source: str | None) -> Block:
    hints = [_FROM[source]] if source in _FROM else []
    if name in LISTS:
        hints.append(_SEVERAL)
    hint = " ".join(hints) or None
    return elements.field(name, LABELS[name], _box(name, value), hint=hint, is_optional=True)


def _box(name: str, value: Value) -> Block:
    if name == MANAGER:
        return {"type": "users_select", **({"initial_user": value} if value else {})}
    if name == STARTS_ON:
        return {"type": "datepicker", **({"initial_date": _plain(value)} if value else {})}
    if name in LISTS:
        return elements.text_box(_plain(value), limit=_LISTS_LENGTH, is_long=True)
    return elements.text_box(_plain(value), limit=TEXT_LENGTH)


def read_form(view: Payload) -> Mapping[str, Value]:
    """Read what the person changed, by field; raises a Refusal that names the field it is about."""
    shown = dict(zip(FIELDS, view["private_metadata"].split(" "), strict=False))
    values = {field: _read(view, field) for field in FIELDS}
    return {field: value for field, value in values.items() if _mark(value) != shown.get(field)}


def _read(view: Payload, field: str) -> Value:
    state: dict[str, Any] = view["state"]["values"].get(field, {}).get(field, {})
    try:
        if field == MANAGER:
            return state.get("selected_user") or None
        if field == STARTS_ON:
            return read_day(state["selected_date"]) if state.get("selected_date") else None
        read = read_list if field in LISTS else read_text
        return read(state.get("value") or "")
    except Refusal as refusal:
        refusal.field = field
        raise


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return value.isoformat() if isinstance(value, date) else value or ""


def _mark(value: Value) -> str:
    """Recognise a value without carrying it: it may be longer than what a form can carry."""
    return hashlib.sha256(_plain(value).encode()).hexdigest()[:_MARK_LENGTH]


def saved(own: Own) -> Message:
    """Say what holds from now on."""
    empty = [LABELS[field] for field in FIELDS if not getattr(own.attributes, field)]
    rest = f" Still empty: {', '.join(empty)}." if empty else ""
    return Message(f"Saved. What you set yourself stays until you change it.{rest}")
