"""Taking what an app wants to be shown: checked, refused in Slack's words, and with all its ids filled in."""

from sandbox.block_kit.elements_in import with_ids
from sandbox.block_kit.surfaces import Problems, check_message, check_view
from sandbox.errors import SlackError, invalid_arguments
from sandbox.model import Json


def accepted_blocks(blocks: list[Json]) -> list[Json]:
    """Return the blocks of a message, or refuse them."""
    if problems := check_message(blocks):
        raise _refusal(problems)
    return with_ids(blocks)


def accepted_view(view: Json) -> Json:
    """Return a modal or Home, or refuse it."""
    if problems := check_view(view):
        raise _refusal(problems)
    return view | {"blocks": with_ids(view["blocks"])}


def _refusal(problems: Problems) -> SlackError:
    return invalid_arguments(*problems.messages, code=problems.code)
