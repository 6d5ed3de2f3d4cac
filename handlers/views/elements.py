"""The few builders every view shares, and the one place that escapes what people wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.errors import Name, Refusal, Room
from bot.zones import zone

Block = dict[str, Any]
View = dict[str, Any]
Payload = dict[str, Any]

NOTHING = re.compile(r"elements\.")
"""Ids of what is only looked at."""

SECTION_TEXT = 3000
BUTTON_TEXT = 75
OPTION_TEXT = 75
QUOTE_TEXT = 2000
NOTIFICATION_TEXT = 3000
"""Slack advises 4,000 characters for `text`; escaping may have lengthened ours."""
TITLE_TEXT = 24
MODAL_BLOCKS = 100
MESSAGE_BLOCKS = 50


@dataclass(frozen=True)
class Message:
    """A message as it goes to Slack: the text says it all, for notifications and read aloud; blocks show it."""

    text: str
    blocks: Sequence[Block] = ()

    def payload(self) -> Payload:
        """Give the arguments for `ack`, `respond` or `chat.postMessage`; text alone becomes one section."""
        return {
            "text": clip_markup(self.text, NOTIFICATION_TEXT),
            "blocks": list(self.blocks) or [section(self.text)],
        }


def escape(text: str) -> str:
    """Defuse user text for mrkdwn: `<!channel>` typed into a form would otherwise ping everyone."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_number(text: object) -> bool:
    """Whether a value that anybody could have written is a row's number, of at most 64 bits."""
    return isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 18


def clip(text: str, limit: int) -> str:
    """Cut text to a limit of Slack's, saying so with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clip_markup(text: str, limit: int) -> str:
    """Cut mrkdwn to a limit of Slack's, leaving out a mention, a date or an escaped sign that would be cut in two."""
    if len(text) <= limit:
        return text
    return re.sub(r"(&[a-z]{0,4}|<[^>]*)$", "", text[: limit - 1]) + "…"


def one_line(text: str, limit: int = 300) -> str:
    """Escape and fold a person's text so that it cannot break the line it stands in."""
    return escape(clip(" ".join(text.split()), limit))


def quoted(text: str) -> str:
    """Escape a longer text of a person's and set it off as a quote, line by line."""
    lines = escape(clip(text, QUOTE_TEXT)).splitlines() or [""]
    return "\n".join(f"> {line}" for line in lines)


def mention(user_id: str) -> str:
    """Name a member so that Slack shows the name they chose."""
    return f"<@{user_id}>"


def channel(channel_id: str) -> str:
    """Name a channel so that Slack shows its name to whoever may see it."""
    return f"<#{channel_id}>"


def when(moment: datetime, zone_name: str = "UTC") -> str:
    """Say a moment in each reader's own zone; the named zone serves readers whose client cannot."""
    local = moment.astimezone(zone(zone_name))
    plain = f"{local:%a} {local.day} {local:%b %Y, %H:%M} {zone_name}"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{plain}>"


def date_of(moment: datetime, zone_name: str) -> str:
    """Say the day of a moment in each reader's own zone, as "tomorrow" where that is true."""
    plain = day(moment.astimezone(zone(zone_name)).date())
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}}|{plain}>"


def day(on: date) -> str:
    """Say a calendar day, which is the same day everywhere."""
    return f"{on:%a} {on.day} {on:%b %Y}"


def section(text: str, accessory: Block | None = None, block_id: str | None = None) -> Block:
    """Show a paragraph of mrkdwn."""
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": clip_markup(text, SECTION_TEXT)}}
    if accessory:
        block["accessory"] = accessory
    if block_id:
        block["block_id"] = block_id
    return block


def header(text: str) -> Block:
    """Show a heading, 150 characters at most."""
    return {"type": "header", "text": plain(clip(text, 150))}


def context(text: str) -> Block:
    """Show a remark in small print."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": clip_markup(text, SECTION_TEXT)}]}


def divider() -> Block:
    """Draw a line."""
    return {"type": "divider"}


def actions(*elements: Block, block_id: str | None = None) -> Block:
    """Show buttons in a row, 25 at most."""
    block: Block = {"type": "actions", "elements": list(elements)}
    if block_id:
        block["block_id"] = block_id
    return block


def plain(text: str) -> Block:
    """Wrap text in which no markup is read; emoji names are left as typed."""
    return {"type": "plain_text", "text": text, "emoji": True}


def button(
    label: str, action_id: str, value: object = "-", *, style: str | None = None, confirm: Block | None = None
) -> Block:
    """Show a button; its value is looked up and authorised again when it is pressed."""
    element: Block = {
        "type": "button",
        "text": plain(clip(label, BUTTON_TEXT)),
        "action_id": action_id,
        "value": str(value),
    }
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = confirm
    return element


def confirm(title: str, text: str, yes: str, no: str = "Keep it") -> Block:
    """Ask once more before something that cannot be taken back."""
    return {
        "title": plain(clip(title, 100)),
        "text": plain(clip(text, 300)),
        "confirm": plain(clip(yes, 30)),
        "deny": plain(clip(no, 30)),
    }


def option(label: str, value: str, description: str | None = None) -> Block:
    """Offer one choice."""
    chosen: Block = {"text": plain(clip(label, OPTION_TEXT)), "value": value}
    if description:
        chosen["description"] = plain(clip(description, OPTION_TEXT))
    return chosen


def overflow(action_id: str, options: Sequence[Block]) -> Block:
    """Show a "…" menu; Slack allows five choices."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def field(
    block_id: str, label: str, element: Block, *, hint: str | None = None, is_optional: bool = False
) -> Block:
    """Show one labelled field of a form; its element's action id is the block id."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {**element, "action_id": block_id},
        "optional": is_optional,
    }
    if hint:
        block["hint"] = plain(hint)
    return block


def text_box(
    initial: str | None = None, *, limit: int, is_long: bool = False, placeholder: str | None = None
) -> Block:
    """Take text."""
    element: Block = {"type": "plain_text_input", "multiline": is_long, "max_length": limit}
    if initial:
        element["initial_value"] = initial[:limit]
    if placeholder:
        element["placeholder"] = plain(clip(placeholder, 150))
    return element


def choice(kind: str, options: Sequence[Block], initial: str | None = None) -> Block:
    """Take one of several: `static_select` or `radio_buttons`."""
    element: Block = {"type": kind, "options": list(options)}
    chosen = [one for one in options if one["value"] == initial]
    if chosen:
        element["initial_option"] = chosen[0]
    return element


def choices(options: Sequence[Block], initial: Sequence[str] = ()) -> Block:
    """Take any number of at most ten."""
    element: Block = {"type": "checkboxes", "options": list(options)}
    chosen = [one for one in options if one["value"] in initial]
    if chosen:
        element["initial_options"] = chosen
    return element


def modal(
    callback_id: str, title: str, blocks: Sequence[Block], *, submit: str | None = None, carries: str = ""
) -> View:
    """Build a form; `carries` comes back with it, is readable by the person and authorised again."""
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(clip(title, TITLE_TEXT)),
        "close": plain("Cancel" if submit else "Close"),
        "private_metadata": carries,
        "blocks": list(blocks[:MODAL_BLOCKS]),
    }
    if submit:
        view["submit"] = plain(clip(submit, TITLE_TEXT))
    return view


def notice(text: str, title: str = "Trellis") -> View:
    """Build a modal that only says something."""
    return modal("elements.notice", title, [section(text)])


def dialog(message: Message, title: str = "Trellis") -> View:
    """Show a message in a modal, where there is no conversation to show it in."""
    return modal("elements.notice", title, message.payload()["blocks"])


def refusal_words(refusal: Refusal) -> str:
    """Word a refusal with everything escaped that the person may have written."""
    return refusal.words({name: _defused(fact) for name, fact in refusal.facts.items()})


def plain_words(refusal: Refusal, names: Mapping[str, str]) -> str:
    """Word a refusal where Slack reads no markup; `names` says what the people in it are called."""
    facts = {name: _named(fact, names) for name, fact in refusal.facts.items()}
    return refusal.words(facts).replace("`", "")


def _named(fact: object, names: Mapping[str, str]) -> object:
    if isinstance(fact, Room):
        return "that channel"
    return names.get(fact, fact) if isinstance(fact, Name) else fact


def _defused(fact: object) -> object:
    if isinstance(fact, Name):
        return mention(fact)
    if isinstance(fact, Room):
        return channel(fact)
    return escape(fact) if isinstance(fact, str) else fact
