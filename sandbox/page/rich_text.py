"""The rich_text block turned into HTML, element by element."""

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from sandbox.page.emoji import EMOJI
from sandbox.page.mrkdwn import broadcast_mention, channel_mention, date_token, link, person_mention, plain
from sandbox.page.reader import Reader

Element = Mapping[str, Any]

STYLE_TAGS = {"code": "code", "bold": "strong", "italic": "em", "strike": "s", "underline": "u"}


def rich_text(block: Element, reader: Reader) -> Markup:
    """Render a whole rich_text block; parts of an unknown kind are left out."""
    parts = (PARTS[part["type"]](part, reader) for part in block["elements"] if part["type"] in PARTS)
    return Markup("").join(parts)


def _phrase(part: Element, reader: Reader) -> Markup:
    return Markup("").join(_element(element, reader) for element in part["elements"])


def _element(element: Element, reader: Reader) -> Markup:
    render = ELEMENTS.get(element["type"])
    rendered = render(element, reader) if render else escape(element.get("text", ""))
    for style, tag in STYLE_TAGS.items():
        if element.get("style", {}).get(style):
            rendered = Markup("<{0}>{1}</{0}>").format(Markup(tag), rendered)  # noqa: S704 - a constant
    return rendered


def _section(part: Element, reader: Reader) -> Markup:
    return Markup("<p>{}</p>").format(_phrase(part, reader))


def _list(part: Element, reader: Reader) -> Markup:
    tag = "ol" if part.get("style") == "ordered" else "ul"
    first = int(part.get("offset", 0)) + 1
    start = Markup(' start="{}"').format(first) if tag == "ol" and first > 1 else Markup("")
    items = Markup("").join(Markup("<li>{}</li>").format(_phrase(item, reader)) for item in part["elements"])
    depth = min(int(part.get("indent", 0)), 8)
    return Markup('<{0} class="indent-{1}"{2}>{3}</{0}>').format(Markup(tag), depth, start, items)  # noqa: S704


def _preformatted(part: Element, reader: Reader) -> Markup:
    return Markup("<pre><code>{}</code></pre>").format(_phrase(part, reader))


def _quote(part: Element, reader: Reader) -> Markup:
    return Markup("<blockquote>{}</blockquote>").format(_phrase(part, reader))


def _date(element: Element, reader: Reader) -> Markup:
    fallback = element.get("fallback", "")
    return date_token(str(element["timestamp"]), element["format"], element.get("url", ""), fallback, reader)


def _emoji(element: Element, _reader: Reader) -> Markup:
    return escape(EMOJI.get(element["name"], f":{element['name']}:"))


PARTS: dict[str, Callable[[Element, Reader], Markup]] = {
    "rich_text_section": _section,
    "rich_text_list": _list,
    "rich_text_preformatted": _preformatted,
    "rich_text_quote": _quote,
}
ELEMENTS: dict[str, Callable[[Element, Reader], Markup]] = {
    "text": lambda element, _reader: plain(element["text"]),
    "link": lambda element, _reader: link(element["url"], element.get("text") or element["url"]),
    "user": lambda element, reader: person_mention(element["user_id"], reader),
    "channel": lambda element, reader: channel_mention(element["channel_id"], reader),
    "broadcast": lambda element, _reader: broadcast_mention(element["range"]),
    "color": lambda element, _reader: Markup("<code>{}</code>").format(element["value"]),
    "date": _date,
    "emoji": _emoji,
}
