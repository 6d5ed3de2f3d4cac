"""Rich text as rules: sections, lists, quotes and code, and what stands in them.

Shapes: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Iterator

from sandbox.block_kit.objects import identifier, url
from sandbox.block_kit.specs import Spec, boolean, integer, items, one_of, record, string, typed

ELEMENTS_MAX = 1000
TEXT_MAX = 12_000

style: Spec = record(
    {}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight"), boolean)
)

INLINE: dict[str, Spec] = {
    "text": record({"type": one_of("text"), "text": string(TEXT_MAX)}, {"style": style}),
    "link": record(
        {"type": one_of("link"), "url": url}, {"text": string(TEXT_MAX), "unsafe": boolean, "style": style}
    ),
    "user": record({"type": one_of("user"), "user_id": identifier}, {"style": style}),
    "usergroup": record({"type": one_of("usergroup"), "usergroup_id": identifier}, {"style": style}),
    "channel": record({"type": one_of("channel"), "channel_id": identifier}, {"style": style}),
    "emoji": record({"type": one_of("emoji"), "name": string(100)}, {"unicode": string(100), "style": style}),
    "broadcast": record(
        {"type": one_of("broadcast"), "range": one_of("here", "channel", "everyone")}, {"style": style}
    ),
    "color": record({"type": one_of("color"), "value": string(20)}, {"style": style}),
    "date": record(
        {"type": one_of("date"), "timestamp": integer(0, 10**11), "format": string(200)},
        {"url": url, "fallback": string(TEXT_MAX), "style": style},
    ),
}

inline: Spec = items(typed(INLINE), maximum=ELEMENTS_MAX, minimum=0)
section: Spec = record({"type": one_of("rich_text_section"), "elements": inline})

PARTS: dict[str, Spec] = {
    "rich_text_section": section,
    "rich_text_list": record(
        {
            "type": one_of("rich_text_list"),
            "style": one_of("bullet", "ordered"),
            "elements": items(typed({"rich_text_section": section}), maximum=ELEMENTS_MAX),
        },
        {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
    ),
    "rich_text_quote": record(
        {"type": one_of("rich_text_quote"), "elements": inline}, {"border": integer(0, 1)}
    ),
    "rich_text_preformatted": record(
        {"type": one_of("rich_text_preformatted"), "elements": inline},
        {"border": integer(0, 1), "language": string(50)},
    ),
}

FIELDS: dict[str, Spec] = {
    "type": one_of("rich_text"),
    "elements": items(typed(PARTS), maximum=ELEMENTS_MAX),
}


def rich_text(value: object, pointer: str) -> Iterator[str]:
    """Require a rich text, as a block or as the beginning of a rich text field."""
    yield from record(FIELDS, {"block_id": identifier})(value, pointer)
