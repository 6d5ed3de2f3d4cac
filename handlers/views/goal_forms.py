"""The forms about goals: each writer beside its reader, with the ids they share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from bot.goal_drafts import (
    BUDDY,
    EVERYONE,
    KINDS,
    MANAGER,
    MEASURE_LENGTH,
    NOTE_LENGTH,
    TITLE_LENGTH,
    WHY_LENGTH,
    NewGoal,
)
from handlers.views import elements
from handlers.views.elements import Block, Payload, View
from models.goals import Goal

LOG_FORM: Final = "goals.log_form"
EDIT_FORM: Final = "goals.edit_form"
PROGRESS_FORM: Final = "goals.progress_form"
DONE_FORM: Final = "goals.done_form"
DROP_FORM: Final = "goals.drop_form"
SHARE_FORM: Final = "goals.share_form"
EDIT_PICKER: Final = "goals.edit_picker"
SHOW_PICKER: Final = "goals.show_picker"
OF_FORM: Final = "goals.of_form"

# Block ids are the fields' names in a draft, so that a refusal is shown beside the field it is about.
TITLE, MEASURE, WHY, KIND, DUE, AUDIENCE = "title", "measure", "why", "kind", "due_on", "audience"
GOAL, PERCENT, NOTE, PERSON = "goal", "percent", "note", "person"

_AUDIENCES: Final = (
    elements.option("My manager", MANAGER, "The one you confirmed as your manager in a 1-on-1"),
    elements.option("My buddy", BUDDY),
    elements.option("Everyone in this workspace", EVERYONE),
)


def whole_number(text: object) -> int:
    """Read a number or id that went through Slack and back; 0, which nothing is called, if it is none."""
    return int(str(text)) if elements.is_number(text) else 0


# Writing a goal


def log_form() -> View:
    """Ask for a new goal."""
    return elements.modal(LOG_FORM, "New goal", goal_fields(NewGoal("")), submit="Log it")


def edit_form(goal: Goal) -> View:
    """Offer a goal's own words to change."""
    draft = NewGoal(goal.title, goal.measure, goal.why, goal.kind, goal.due_on, goal.audience)
    carried = str(goal.number)
    return elements.modal(
        EDIT_FORM, f"Goal {goal.number}", goal_fields(draft), submit="Save", carries=carried
    )


def goal_fields(draft: NewGoal) -> list[Block]:
    """Show all that can be written about a goal, filled with the draft."""
    kinds = elements.choice("static_select", [elements.option(kind, kind) for kind in KINDS], draft.kind)
    audience = elements.choices(_AUDIENCES, sorted(draft.audience))
    why = elements.text_box(draft.why, limit=WHY_LENGTH, is_long=True)
    return [
        *short_fields(draft),
        elements.field(WHY, "Why does it matter to you?", why, is_optional=True),
        elements.field(KIND, "What kind of goal is it?", kinds, is_optional=True),
        elements.field(AUDIENCE, "Who else may see it?", audience, is_optional=True, hint=_AUDIENCE_HINT),
    ]


def short_fields(draft: NewGoal) -> list[Block]:
    """Show what a goal needs to be noticed when it is reached: its title, its measure and its day."""
    title = elements.text_box(draft.title, limit=TITLE_LENGTH)
    measure = elements.text_box(draft.measure, limit=MEASURE_LENGTH)
    return [
        elements.field(TITLE, "What would you like to reach?", title),
        elements.field(
            MEASURE, "How will you notice that it worked?", measure, is_optional=True, hint=_MEASURE_HINT
        ),
        elements.field(DUE, "By when?", _date_picker(draft.due_on), is_optional=True),
    ]


def read_goal_form(view: Payload) -> NewGoal:
    """Read what was written about a goal; a field that is not in the form counts as empty."""
    kind = _given(view, KIND)
    return NewGoal(
        title=_given(view, TITLE).get("value") or "",
        measure=_given(view, MEASURE).get("value"),
        why=_given(view, WHY).get("value"),
        kind=(kind.get("selected_option") or {}).get("value"),
        due_on=_read_date(view),
        audience=read_audience(view),
    )


# Saying something about one goal


def progress_form(goal: Goal | None, pickable: Sequence[Goal] = ()) -> View:
    """Ask how far a goal is; of which one too, if none is given."""
    percent: Block = {
        "type": "number_input",
        "is_decimal_allowed": False,
        "min_value": "0",
        "max_value": "100",
    }
    if goal:
        percent["initial_value"] = str(goal.percent)
    blocks = [
        elements.field(PERCENT, "How far is it, in percent?", percent),
        _note_field("What happened?"),
    ]
    return _about(PROGRESS_FORM, "Progress", goal, pickable, blocks, submit="Note it")


def done_form(pickable: Sequence[Goal]) -> View:
    """Ask which goal was reached."""
    blocks = [_note_field("Anything to remember about it?")]
    return _about(DONE_FORM, "Reached a goal", None, pickable, blocks, submit="Mark as done")


def drop_form(goal: Goal | None, pickable: Sequence[Goal] = ()) -> View:
    """Ask why a goal is let go; which one too, if none is given."""
    blocks = [_note_field("Why?")]
    return _about(DROP_FORM, "Drop a goal", goal, pickable, blocks, submit="Drop it")


def share_form(goal: Goal | None, pickable: Sequence[Goal] = ()) -> View:
    """Ask who else may see a goal; which one too, if none is given."""
    now = sorted(goal.audience) if goal else [MANAGER]
    audience = elements.choices(_AUDIENCES, now)
    field = elements.field(AUDIENCE, "Who else may see it?", audience, is_optional=True, hint=_AUDIENCE_HINT)
    return _about(SHARE_FORM, "Share a goal", goal, pickable, [field], submit="Share")


def picker(callback_id: str, pickable: Sequence[Goal]) -> View:
    """Ask which goal to edit or to show; the answer takes the place of the question."""
    return _about(callback_id, "Pick a goal", None, pickable, [], submit="Open")


def form_to_choose(verb: str, pickable: Sequence[Goal]) -> View:
    """Ask what a verb of `/goal` lacks: which goal, and what to say about it."""
    if verb == "progress":
        return progress_form(None, pickable)
    if verb == "done":
        return done_form(pickable)
    if verb == "drop":
        return drop_form(None, pickable)
    if verb == "share":
        return share_form(None, pickable)
    return picker(EDIT_PICKER if verb == "edit" else SHOW_PICKER, pickable)


def read_chosen(view: Payload) -> int:
    """Read which goal a form is about: the picked one, or the one it was opened for; 0 if that is no number."""
    picked = _given(view, GOAL).get("selected_option")
    return whole_number(picked["value"] if picked else view["private_metadata"])


def read_audience(view: Payload) -> frozenset[str]:
    """Read who else may see a goal; nobody ticked is nobody else."""
    return frozenset(one["value"] for one in _given(view, AUDIENCE).get("selected_options") or [])


BEYOND: Final = 1000
"""No percentage: stands for what is no whole number."""


def read_percent(view: Payload) -> int:
    """Read how far a goal is; BEYOND if it is no whole number."""
    said = _given(view, PERCENT).get("value") or ""
    return int(said) if elements.is_number(said) else BEYOND


def read_note(view: Payload) -> str | None:
    """Read the note, if one was written."""
    note: str | None = _given(view, NOTE).get("value")
    return note


# Asking for somebody's goals


def of_form() -> View:
    """Ask whose goals to show."""
    person: Block = {"type": "users_select", "placeholder": elements.plain("Pick a person")}
    blocks = [elements.field(PERSON, "Whose goals?", person, hint="You see what they share with you.")]
    return elements.modal(OF_FORM, "Somebody's goals", blocks, submit="Show")


def read_of_form(view: Payload) -> str:
    """Read whose goals to show."""
    return str(_given(view, PERSON).get("selected_user") or "")


_MEASURE_HINT: Final = "A number, a change others would see, or something you can show."
_AUDIENCE_HINT: Final = "You always see it. With nothing ticked, you alone do."


def _about(
    callback_id: str,
    title: str,
    goal: Goal | None,
    pickable: Sequence[Goal],
    blocks: Sequence[Block],
    *,
    submit: str,
) -> View:
    which = _named(goal) if goal else _goal_picker(pickable)
    carried = str(goal.number) if goal else ""
    return elements.modal(callback_id, title, [which, *blocks], submit=submit, carries=carried)


def _named(goal: Goal) -> Block:
    return elements.section(f"*Goal {goal.number}*: {elements.one_line(goal.title)}")


def _goal_picker(pickable: Sequence[Goal]) -> Block:
    options = [elements.option(f"{goal.number} · {goal.title}", str(goal.number)) for goal in pickable]
    return elements.field(GOAL, "Which goal?", elements.choice("static_select", options))


def _note_field(label: str) -> Block:
    box = elements.text_box(limit=NOTE_LENGTH, is_long=True)
    return elements.field(NOTE, label, box, is_optional=True)


def _date_picker(on: date | None) -> Block:
    return {"type": "datepicker", **({"initial_date": on.isoformat()} if on else {})}


def _read_date(view: Payload) -> date | None:
    day = _given(view, DUE).get("selected_date")
    return date.fromisoformat(day) if day else None


def _given(view: Payload, block_id: str) -> dict[str, Any]:
    """Find what was given in a field; nothing, if the form has no such field."""
    fields: dict[str, Any] = view["state"]["values"].get(block_id, {})
    given: dict[str, Any] = fields.get(block_id, {})
    return given
