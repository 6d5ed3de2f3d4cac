"""The interactive elements of given blocks: finding them, and giving names to those without."""

import secrets
from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple

from sandbox.model import Json

NOT_INTERACTIVE = frozenset({"image", "plain_text", "mrkdwn"})


class Placed(NamedTuple):
    """An interactive element and the block it stands in."""

    block: Json
    element: Json

    @property
    def is_input(self) -> bool:
        """Say whether it is a field of a form (an input block's element)."""
        return bool(self.block["type"] == "input")


def elements_of(blocks: list[Json]) -> Iterator[Placed]:
    """Yield every element of the blocks, in the order in which it is shown."""
    for block in blocks:
        for element in [block.get("accessory"), block.get("element"), *block.get("elements", [])]:
            if isinstance(element, dict):
                yield Placed(block, element)


def interactive_elements(blocks: list[Json]) -> Iterator[Placed]:
    """Yield every element with an action id, in the order in which it is shown."""
    return (placed for placed in elements_of(blocks) if "action_id" in placed.element)


def find_element(blocks: list[Json], block_id: str, action_id: str) -> Placed | None:
    """Find an element by its two ids."""
    for placed in interactive_elements(blocks):
        if (placed.block["block_id"], placed.element["action_id"]) == (block_id, action_id):
            return placed
    return None


def with_ids(blocks: list[Json]) -> list[Json]:
    """Return a copy in which every block has a `block_id` and every interactive element an `action_id`, as Slack's."""
    named = deepcopy(blocks)
    for block in named:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        for element in [block.get("accessory"), block.get("element"), *_plain_elements(block)]:
            if isinstance(element, dict) and element.get("type") not in NOT_INTERACTIVE:
                element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return named


def _plain_elements(block: Json) -> list[Json]:
    return block.get("elements", []) if block["type"] in ("actions", "context_actions") else []
