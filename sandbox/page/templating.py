"""The templates' environment: autoescaping always, and the few functions and filters that blocks need."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from sandbox.page import forms
from sandbox.page.dates import clock_time, full_moment
from sandbox.page.emoji import with_emoji
from sandbox.page.markdown import markdown
from sandbox.page.mrkdwn import SAFE_ADDRESS, link, mrkdwn, plain
from sandbox.page.rich_text import rich_text

FOLDER = Path(__file__).parent
TEXT_TYPES = {"number_input": "number", "email_text_input": "email", "url_text_input": "url"}
MOMENT_TYPES = {"datepicker": "date", "timepicker": "time", "datetimepicker": "datetime-local"}


@cache
def environment() -> Environment:
    """Make the environment that the page is rendered in."""
    env = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    env.filters.update(
        emoji=with_emoji,
        plain=plain,
        markdown=markdown,
        mrkdwn=_mrkdwn,
        text=_text,
        rich_text=_rich_text,
        link=link,
        is_ours=_address_of_ours,
        safe_address=lambda address: address if SAFE_ADDRESS.fullmatch(address) else "",
        time=_time,
        day=_day,
        moment=_moment,
    )
    env.globals.update(
        dom_id=dom_id,
        field_name=forms.field_name,
        press_value=forms.press_value,
        filled=_filled,
        choices=_choices,
        label_of=label_of,
        text_types=TEXT_TYPES,
        moment_types=MOMENT_TYPES,
    )
    return env


def dom_id(*parts: str) -> str:
    """Give an element an id of its own on the page; ids must not hold white space."""
    return "-".join(quote(part, safe="") for part in parts)


def label_of(block: Mapping[str, Any], element: Mapping[str, Any]) -> str:
    """Say what an element without a label of its own is for: its placeholder, or the text beside it."""
    for words in (element.get("placeholder"), block.get("text")):
        if words:
            return str(words["text"])[:150]
    return "Choose"


@pass_context
def _mrkdwn(context: Context, text: str) -> Markup:
    return mrkdwn(text, context["screen"].reader)


@pass_context
def _text(context: Context, text: Mapping[str, str]) -> Markup:
    """Render a text object of either type."""
    if text["type"] == "mrkdwn":
        return mrkdwn(text["text"], context["screen"].reader)
    return plain(text["text"])


@pass_context
def _rich_text(context: Context, block: Mapping[str, Any]) -> Markup:
    return rich_text(block, context["screen"].reader)


@pass_context
def _time(context: Context, moment: Any) -> str:
    return clock_time(context["screen"].reader.local(moment))


@pass_context
def _day(context: Context, moment: Any) -> str:
    local = context["screen"].reader.local(moment)
    return f"{local:%a}, {local:%b} {local.day}"


@pass_context
def _moment(context: Context, moment: Any) -> str:
    return full_moment(context["screen"].reader.local(moment))


@pass_context
def _filled(
    context: Context, block: Mapping[str, Any], element: Mapping[str, Any], values: forms.State | None
) -> list[str]:
    state = None if values is None else values.get(block["block_id"], {}).get(element["action_id"])
    return forms.filled_values(element, state, context["screen"].reader.zone)


@pass_context
def _choices(context: Context, element: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the choices of a select as (group's name or "", [(value, label)])."""
    kind = element["type"].removeprefix("multi_").removesuffix("_select")
    if kind in context["screen"].choices:
        return [("", context["screen"].choices[kind])]
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    return [
        (
            group["label"]["text"] if "label" in group else "",
            [(option["value"], option["text"]["text"]) for option in group["options"]],
        )
        for group in groups
    ]


@pass_context
def _address_of_ours(context: Context, address: str) -> str:
    """Give the path of a picture that this server itself has; the page loads nothing from elsewhere."""
    parts = urlsplit(address)
    ours = parts.netloc in ("", context["request"].url.netloc)
    return parts.path if ours and parts.path.startswith("/") else ""
