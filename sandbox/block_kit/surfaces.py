"""Messages, modals and Homes as rules: what holds for all their blocks together.

`check_message` and `check_view` return everything Slack would refuse and the error code it would use; or None.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.block_kit.blocks import MARKDOWN_MAX, MODAL_FIELDS, Surface, blocks_of
from sandbox.block_kit.elements_in import elements_of, interactive_elements
from sandbox.block_kit.objects import plain
from sandbox.block_kit.specs import anything, boolean, items, one_of, problem, record, string, typed
from sandbox.model import Json

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_CHARACTERS = 13_000
"""A message with about so many characters in its blocks has been refused; Slack publishes no number."""
VIEW_BYTES = 250_000
METADATA_MAX = 3000
TITLE_MAX = 24


@dataclass(frozen=True)
class Problems:
    """Why something is refused: Slack's error code and its messages."""

    code: str
    messages: list[str]


def check_message(blocks: object) -> Problems | None:
    """Check the blocks of a message."""
    if not isinstance(blocks, list):
        return Problems("invalid_blocks_format", [problem("must provide an array", "/blocks")])
    if problems := list(_check_blocks(blocks, "message", "/blocks")):
        return Problems("invalid_blocks", problems)
    if _characters(blocks) > MESSAGE_CHARACTERS:
        return Problems("msg_blocks_too_long", [problem("the blocks are too long", "/blocks")])
    return None


def check_view(view: object) -> Problems | None:
    """Check a modal or a Home."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return Problems("invalid_arguments", [problem("must be a valid enum value", "/view/type")])
    surface: Surface = view["type"]
    if problems := list(_check_view_fields(view, surface)):
        return Problems("invalid_arguments", problems)
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
        return Problems("view_too_large", [problem("the view is too large", "/view")])
    return None


def _check_view_fields(view: Json, surface: Surface) -> Iterator[str]:
    shared = {
        "private_metadata": string(METADATA_MAX, minimum=0),
        "callback_id": string(255, minimum=0),
        "external_id": string(255, minimum=0),
    }
    if surface == "home":
        # A Home's title, close and submit are ignored by Slack rather than refused, as it sends them back itself.
        ignored = dict.fromkeys(("title", "close", "submit", "clear_on_close", "notify_on_close"), anything)
        yield from record({"type": one_of("home"), "blocks": anything}, shared | ignored)(view, "/view")
    else:
        heads = {"close": plain(TITLE_MAX), "submit": plain(TITLE_MAX)}
        flags = dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), boolean)
        required = {"type": one_of("modal"), "title": plain(TITLE_MAX), "blocks": anything}
        yield from record(required, shared | heads | flags)(view, "/view")
    if isinstance(view.get("blocks"), list):
        yield from _check_blocks(view["blocks"], surface, "/view/blocks")
        yield from _submit_where_needed(view, surface)
    elif "blocks" in view:
        yield problem("must provide an array", "/view/blocks")


def _submit_where_needed(view: Json, surface: Surface) -> Iterator[str]:
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in view["blocks"])
    if surface == "modal" and has_input and "submit" not in view:
        yield problem("missing required field: submit", "/view")


def _check_blocks(blocks: list[object], surface: Surface, pointer: str) -> Iterator[str]:
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    found = list(items(typed(blocks_of(surface)), maximum=most, minimum=0)(blocks, pointer))
    yield from found
    if not found:
        # The shapes are right from here on.
        sound: list[Json] = [block for block in blocks if isinstance(block, dict)]
        yield from _repeated_block_ids(sound, pointer)
        yield from _repeated_action_ids(sound, pointer)
        yield from _one_focus(sound, pointer)
        yield from _fields_of_modals(sound, surface, pointer)
        yield from _one_of_a_message(sound, pointer)


def _repeated_block_ids(blocks: list[Json], pointer: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            yield problem(f"`block_id` {block_id} already exists", f"{pointer}/{index}/block_id")
        if block_id:
            seen.add(block_id)


def _repeated_action_ids(blocks: list[Json], pointer: str) -> Iterator[str]:
    for index, block in enumerate(blocks):
        seen: set[str] = set()
        for _, element in interactive_elements([block]):
            if element["action_id"] in seen:
                yield problem(f"`action_id` {element['action_id']} already exists", f"{pointer}/{index}")
            seen.add(element["action_id"])


def _one_focus(blocks: list[Json], pointer: str) -> Iterator[str]:
    focused = [element for _, element in elements_of(blocks) if element.get("focus_on_load")]
    if len(focused) > 1:
        yield problem("only one element can have `focus_on_load` set to `true`", pointer)


def _fields_of_modals(blocks: list[Json], surface: Surface, pointer: str) -> Iterator[str]:
    for index, block in enumerate(blocks):
        kind = block.get("element", {}).get("type")
        if surface != "modal" and kind in MODAL_FIELDS:
            yield problem(f"unsupported type: {kind}", f"{pointer}/{index}/element/type")


def _one_of_a_message(blocks: list[Json], pointer: str) -> Iterator[str]:
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield problem("only one table is allowed", pointer)
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN_MAX:
        yield problem(f"markdown blocks must be less than {MARKDOWN_MAX + 1} characters together", pointer)


def _characters(value: object) -> int:
    """Count the characters a reader sees: everything under a key `text`."""
    if isinstance(value, list):
        return sum(map(_characters, value))
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(map(_characters, value.values()))
