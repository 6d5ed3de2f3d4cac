"""Views of how much may reach somebody unasked: the button under such messages, and the fields to limit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.budgets import CHECK_INS, INTRODUCTIONS, OFFERS, OPTIONAL, WEEKLY
from bot.members import Limits
from handlers.views import elements
from handlers.views.elements import Block, Payload, View

LESS: Final = "attention.less"
LIMITS: Final = "attention.limits"
WEEKLY_FIELD, LESS_FIELD = "attention.weekly", "attention.less_of"
WORDS: Final = {CHECK_INS: "Questions how it went", OFFERS: "Half-way reminders and other offers"}
BUTTONS_A_ROW: Final = 25
TITLE: Final = "Less of this"


def with_less(blocks: Sequence[Mapping[str, Any]], topic: str) -> list[Block]:
    """Put "Less of this" below a message, beside the last buttons it has, if there are any and room for one more."""
    less, shown = elements.button("Less of this", LESS, topic), [dict(block) for block in blocks]
    rows = [place for place, block in enumerate(blocks) if block["type"] == "actions"]
    if rows and len(blocks[rows[-1]]["elements"]) < BUTTONS_A_ROW:
        row = blocks[rows[-1]]
        shown[rows[-1]] = {**row, "elements": [*row["elements"], less]}
    elif len(blocks) < elements.MESSAGE_BLOCKS:
        shown.append(elements.actions(less))
    return shown


def less_form(limits: Limits, topic: str) -> View:
    """Ask how much less somebody wants, of what they pressed it under first."""
    remark = elements.context(
        "Introductions to buddies come with taking part: `/buddy pause` and `/buddy leave` end them."
    )
    fields = limit_fields(limits, first=topic)
    blocks = [remark, *fields] if topic == INTRODUCTIONS else [*fields, remark]
    return elements.modal(LIMITS, TITLE, blocks, submit="Save")


def limit_fields(limits: Limits, first: str | None = None) -> list[Block]:
    """Ask for the number a week, and for the topics of which somebody wants none."""
    numbers = [elements.option(str(number), str(number)) for number in WEEKLY]
    topics = sorted(OPTIONAL, key=lambda topic: topic != first)
    boxes = [elements.option(WORDS[topic], topic) for topic in topics]
    return [
        elements.field(
            WEEKLY_FIELD,
            "Messages a week you did not ask for, at most",
            elements.choice("static_select", numbers, str(limits.weekly_messages)),
            hint="What belongs to your 1-on-1s does not count. Introductions count, and always come.",
        ),
        elements.field(
            LESS_FIELD,
            "I want none of these",
            elements.choices(boxes, sorted(limits.less_of)),
            is_optional=True,
        ),
    ]


def read_limits(values: Payload) -> Limits:
    """Read the two fields; what no list of ours offers becomes a limit that is refused."""
    number = (values[WEEKLY_FIELD][WEEKLY_FIELD].get("selected_option") or {}).get("value")
    chosen: Sequence[Mapping[str, Any]] = values[LESS_FIELD][LESS_FIELD].get("selected_options") or ()
    return Limits(
        weekly_messages=int(str(number)) if elements.is_number(number) else 0,
        less_of=frozenset(str(each["value"]) for each in chosen),
    )


def saved(limits: Limits) -> View:
    """Say what holds from now on."""
    return elements.notice(f"Saved. {limits_in_words(limits)}", TITLE)


def limits_in_words(limits: Limits) -> str:
    """Say how much may come, and what may not."""
    number = limits.weekly_messages
    messages = "message" if number == 1 else "messages"
    words = f"At most {number} {messages} a week that you did not ask for"
    unwanted = [WORDS[topic].lower() for topic in OPTIONAL if topic in limits.less_of]
    return f"{words}; no {' and no '.join(unwanted)}." if unwanted else f"{words}."
