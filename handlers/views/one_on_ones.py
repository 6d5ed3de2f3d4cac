"""Views of standing 1-on-1s: what is said on registering and changing one, and what the other person is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.occurrences import Meeting
from bot.one_on_ones import ROLES as ROLE_NAMES
from bot.one_on_ones import Role
from bot.recurrence import Recurrence
from handlers.views import elements
from handlers.views.elements import Block, Message, Payload

ROLES: dict[Role, str] = {
    "manager": "one_on_ones.i_am_manager",
    "report": "one_on_ones.i_am_report",
    "peer": "one_on_ones.we_are_peers",
}
CONFIRM, CORRECT, DECLINE = "one_on_ones.confirm", "one_on_ones.correct", "one_on_ones.decline"

_ROLE_BUTTONS: dict[Role, str] = {
    "manager": "I am the manager",
    "report": "I report to them",
    "peer": "We are peers",
}


@dataclass(frozen=True)
class Standing:
    """A standing 1-on-1 as one of the two sees it."""

    id: int
    other: str
    rhythm: str
    """Recurrence and wall clock, in words."""
    role: str
    """The viewer's."""
    next_at: datetime
    is_shifted: bool
    zone: str
    """The viewer's."""


def standing(meeting: Meeting, viewer: str, zone: str) -> Standing:
    """Look at a meeting from one side."""
    one_on_one = meeting.one_on_one
    rhythm = Recurrence.parse(one_on_one.rule).in_words()
    clock = f"{one_on_one.at:%H:%M} ({one_on_one.zone})"
    return Standing(
        id=one_on_one.id,
        other=one_on_one.other(viewer),
        rhythm=f"{rhythm} at {clock}, {one_on_one.minutes} min",
        role=one_on_one.role_of(viewer),
        next_at=meeting.starts_at,
        is_shifted=meeting.is_shifted,
        zone=zone,
    )


def registered(seen: Standing) -> Message:
    """Confirm a registration, with buttons to correct the role."""
    other = elements.mention(seen.other)
    lines = [
        f"Registered: you and {other}, {seen.rhythm}. First one {elements.when(seen.next_at, seen.zone)}.",
        *_shift_remark(seen),
        f"I tell {other} once. {_role_sentence(seen, other)}",
    ]
    return Message("\n".join(lines), [elements.section("\n".join(lines)), _role_buttons(seen)])


def role_taken(seen: Standing) -> Message:
    """Confirm a corrected role."""
    line = f"Noted. {_role_sentence(seen, elements.mention(seen.other))}"
    return Message(line, [elements.section(line), _role_buttons(seen)])


def _shift_remark(seen: Standing) -> list[str]:
    return ["The clocks skip that time on that day, so I moved it forward."] if seen.is_shifted else []


def _role_sentence(seen: Standing, other: str) -> str:
    return {
        "manager": f"You are the manager: you get the question to ask, {other} one to think about.",
        "report": f"{other} is your manager: they get the question to ask, you one to think about.",
        "peer": "You are peers: each of you gets the question to ask.",
    }[seen.role]


def _role_buttons(seen: Standing) -> Block:
    others = {role: label for role, label in _ROLE_BUTTONS.items() if role != seen.role}
    return elements.actions(*[elements.button(label, ROLES[role], seen.id) for role, label in others.items()])


def told(seen: Standing) -> Message:
    """Tell the other person, once, what was registered with them."""
    other = elements.mention(seen.other)
    roles = {
        "manager": f"{other} says you are their manager",
        "report": f"{other} says you report to them",
        "peer": "You meet as peers",
    }
    line = (
        f"{other} registered your 1-on-1: {seen.rhythm}, next {elements.when(seen.next_at, seen.zone)}. "
        f"Before each one I send you both a question worth talking about. {roles[seen.role]}. Is that right?"
    )
    # The button says what was confirmed: the other may change the roles after this was read.
    buttons = elements.actions(
        elements.button("Looks right", CONFIRM, f"{seen.id}:{seen.role}"),
        elements.button("Correct it", CORRECT, seen.id),
        elements.button("Decline", DECLINE, seen.id, confirm=_decline_dialog()),
    )
    return Message(line, [elements.section(line), buttons])


def read_claim(action: Payload) -> tuple[int, Role] | None:
    """Read which 1-on-1 and which role of their own somebody confirms; None for what no button of ours says."""
    number, _, said = str(action.get("value")).partition(":")
    roles = [role for role in ROLE_NAMES if role == said]
    return (int(number), roles[0]) if roles and elements.is_number(number) else None


def _decline_dialog() -> Block:
    text = "You both get no questions for it, and only you can register it again."
    return elements.confirm("Decline this 1-on-1?", text, "Decline", "Not now")


def confirmed(seen: Standing) -> Message:
    """Take the other's word."""
    return Message(
        f"Thanks. You and {elements.mention(seen.other)}: {seen.rhythm}. "
        "Your question comes before the next one. `/1on1` changes anything later."
    )


def corrected(seen: Standing) -> Message:
    """Confirm a correction."""
    lines = [
        (
            f"Changed: you and {elements.mention(seen.other)}, {seen.rhythm}. "
            f"Next {elements.when(seen.next_at, seen.zone)}."
        ),
        *_shift_remark(seen),
        _role_sentence(seen, elements.mention(seen.other)),
    ]
    return Message("\n".join(lines))


def declined(other: str) -> Message:
    """Confirm that the 1-on-1 was declined."""
    return Message(
        f"Declined. No questions for a 1-on-1 with {elements.mention(other)}. "
        "If you change your mind, `/1on1 add` is yours alone to use here."
    )


def moved(seen: Standing) -> Message:
    """Confirm that an occurrence was moved."""
    lines = [
        (
            f"Moved: your next 1-on-1 with {elements.mention(seen.other)} is {elements.when(seen.next_at, seen.zone)}. "
            "The ones after it stay. I changed no calendar and told nobody."
        ),
        *_shift_remark(seen),
    ]
    return Message("\n".join(lines))


def skipped(other: str, left_out: datetime, following: datetime, zone: str) -> Message:
    """Confirm that an occurrence is left out."""
    return Message(
        f"Skipped: no questions for {elements.mention(other)} {elements.when(left_out, zone)}. "
        f"Next one {elements.when(following, zone)}. I changed no calendar and told nobody."
    )


def ended(other: str) -> Message:
    """Confirm the end."""
    return Message(
        f"Ended. You and {elements.mention(other)} get no more questions from me for this 1-on-1. "
        "What you noted stays yours in App Home."
    )
