"""The validator met with anything at all: it refuses or accepts, and never breaks."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.block_kit.blocks import BLOCKS
from sandbox.block_kit.elements import ELEMENTS
from sandbox.block_kit.elements_in import with_ids
from sandbox.block_kit.filling import initial_state
from sandbox.block_kit.rich_text import INLINE, PARTS
from sandbox.block_kit.surfaces import check_message, check_view

TYPES = [*BLOCKS, *ELEMENTS, *PARTS, *INLINE, "plain_text", "mrkdwn", "modal", "home"]
KEYS = (
    *("type", "text", "fields", "elements", "element", "accessory", "label", "options", "option_groups"),
    *(
        "initial_option",
        "initial_options",
        "value",
        "block_id",
        "action_id",
        "title",
        "blocks",
        "submit",
        "close",
    ),
    *("style", "confirm", "filter", "rows", "image_url", "alt_text", "placeholder", "url", "initial_date"),
    *("initial_time", "dispatch_action_config", "private_metadata"),
)

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.sampled_from(TYPES)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)
something = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)}, optional=dict.fromkeys(KEYS[1:8], anything)
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(something, max_size=3) | anything)
def test_any_message_is_accepted_or_refused_with_a_reason(blocks: Any) -> None:
    problems = check_message(blocks)

    if problems is None:
        assert all("block_id" in block for block in with_ids(blocks))
        assert initial_state(with_ids(blocks)) is not None
    else:
        assert problems.messages


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    anything | something | st.builds(lambda blocks: {"type": "home", "blocks": blocks}, st.lists(something))
)
def test_any_view_is_accepted_or_refused_with_a_reason(view: Any) -> None:
    problems = check_view(view)

    assert problems is None or problems.messages
