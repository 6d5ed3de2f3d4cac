"""Views that list standing 1-on-1s: the answer to the command, App Home's part, and the dialog with all of them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import Refusal
from handlers.views import elements
from handlers.views.elements import Block, Message, Payload, View
from handlers.views.one_on_ones import Standing

ADD, ASK = "one_on_ones.open_add", "one_on_ones.open_ask"
MENU = "one_on_ones.menu"
LIST, PAGE_BACK, PAGE_ON = "one_on_ones.list", "one_on_ones.page_back", "one_on_ones.page_on"
LISTED = 20
"""Slack takes 50 blocks and some 13,000 characters a message."""
SPOKEN = 8
"""1-on-1s in the text that notifications show and screen readers read."""
PAGE = 40
"""1-on-1s a dialog shows at once."""

_MENU = {
    "ask": "A question now",
    "move": "Move the next one",
    "skip": "Skip the next one",
    "correct": "Change it",
}


class OldMenu(Refusal):
    """That menu is from another time. `/1on1` shows what is current."""


def listing(all_standing: Sequence[Standing]) -> Message:
    """List the 1-on-1s with all that can be done to each; the text, read aloud, keeps to the next few."""
    if not all_standing:
        line = (
            "You have no standing 1-on-1 here yet. Add one and I bring a question to both of you before each."
        )
        return Message(line, [elements.section(line), elements.actions(add_button())])
    words = [row_words(seen) for seen in all_standing[:SPOKEN]]
    if len(all_standing) > SPOKEN:
        words.append(f"And {len(all_standing) - SPOKEN} more.")
    return Message("\n".join(["Your 1-on-1s", *words]), _listed(all_standing))


def _listed(all_standing: Sequence[Standing]) -> list[Block]:
    blocks = [elements.section("*Your 1-on-1s*"), *[row(seen) for seen in all_standing[:LISTED]]]
    return [*blocks, elements.actions(add_button(), *_rest(len(all_standing), LISTED))]


def _rest(number: int, shown: int) -> list[Block]:
    """Offer the list that has them all, where there are more than stand here."""
    return [elements.button("Show all", LIST, 0)] if number > shown else []


def page(all_standing: Sequence[Standing], skipping: int) -> View:
    """Show a page of all 1-on-1s in a dialog; a place beyond the end shows the last page."""
    first = min(skipping, (max(len(all_standing), 1) - 1) // PAGE * PAGE)
    rows = [row(seen) for seen in all_standing[first : first + PAGE]]
    turns = [
        *([elements.button("Earlier", PAGE_BACK, first - PAGE)] if first else []),
        *([elements.button("Later", PAGE_ON, first + PAGE)] if first + PAGE < len(all_standing) else []),
    ]
    nothing = [elements.section("You have no standing 1-on-1 here yet.")]
    return elements.modal(
        "elements.notice", "Your 1-on-1s", [*(rows or nothing), elements.actions(add_button(), *turns)]
    )


def add_button() -> Block:
    """Offer to register one."""
    return elements.button("Add a 1-on-1", ADD)


def row(seen: Standing) -> Block:
    """Show one standing 1-on-1 with its menu."""
    options = [elements.option(label, f"{verb}:{seen.id}") for verb, label in _MENU.items()]
    return elements.section(
        row_words(seen), elements.overflow(MENU, [*options, elements.option("End it", f"end:{seen.id}")])
    )


def row_words(seen: Standing) -> str:
    """Say whom, when next, and how often."""
    role = {"manager": "you are the manager", "report": "your manager", "peer": "peers"}[seen.role]
    other = elements.mention(seen.other)
    return f"*{other}* {elements.when(seen.next_at, seen.zone)}\n{seen.rhythm} · {role}"


def home_blocks(all_standing: Sequence[Standing], *, limit: int = 10) -> list[Block]:
    """Show the next 1-on-1s in App Home."""
    blocks: list[Block] = [elements.header("Next 1-on-1s")]
    if not all_standing:
        blocks.append(elements.section("None yet. Add one, and I bring you both a question before each."))
    blocks += [row(seen) for seen in all_standing[:limit]]
    if len(all_standing) > limit:
        blocks.append(elements.context(f"And {len(all_standing) - limit} more, later than these."))
    buttons = [add_button(), elements.button("A question now", ASK), *_rest(len(all_standing), limit)]
    return [*blocks, elements.actions(*buttons)]


def read_menu(action: Payload) -> tuple[str, int]:
    """Read what was chosen for which 1-on-1; raises OldMenu for what no menu of ours says."""
    verb, _, number = action["selected_option"]["value"].partition(":")
    if verb not in (*_MENU, "end") or not elements.is_number(number):
        raise OldMenu
    return verb, int(number)
