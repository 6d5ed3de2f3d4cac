"""What a person sees, as values for tests: messages, forms, buttons, found by their labels."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.block_kit.elements_in import Placed, interactive_elements
from sandbox.block_kit.filling import options_of
from sandbox.model import Json


def label_of(placed: Placed) -> str:
    """Return what is written on an element: a button's text, a field's label, a menu's placeholder."""
    block, element = placed
    if block["type"] == "input":
        return str(block["label"]["text"])
    return str((element.get("text") or element.get("placeholder") or {}).get("text", ""))


@dataclass(frozen=True)
class Element:
    """An element one can press or fill; `raw` is Slack's JSON of it."""

    block_id: str
    action_id: str
    label: str
    raw: Json

    @property
    def type(self) -> str:
        """The kind of element: `button`, `static_select`, and so on."""
        return str(self.raw["type"])

    @property
    def value(self) -> str | None:
        """What a button carries."""
        return self.raw.get("value")

    @property
    def options(self) -> list[str]:
        """The texts of a menu's options."""
        return [option["text"]["text"] for option in options_of(self.raw)]


class Missing(LookupError):
    """There is no such element; the message lists those there are."""


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """Something made of blocks, in which elements are found by label, action id or block id."""

    blocks: list[Json] = field(default_factory=list)

    @property
    def elements(self) -> list[Element]:
        """Everything one can press or fill, in order."""
        return [
            Element(placed.block["block_id"], placed.element["action_id"], label_of(placed), placed.element)
            for placed in interactive_elements(self.blocks)
        ]

    @property
    def buttons(self) -> list[str]:
        """What is written on the buttons, in order."""
        return [element.label for element in self.elements if element.type == "button"]

    def element(self, name: str) -> Element:
        """Find an element by its label, action id or block id."""
        for attribute in ("label", "action_id", "block_id"):
            for element in self.elements:
                if getattr(element, attribute) == name:
                    return element
        raise Missing(
            f"{name!r} is not among {[element.label or element.action_id for element in self.elements]}"
        )

    def button(self, name: str) -> Element:
        """Find a button by what is written on it."""
        return self.element(name)

    @property
    def words(self) -> str:
        """Every text in the blocks, in order, a line each."""
        return "\n".join(_texts(self.blocks))


@dataclass(frozen=True, kw_only=True)
class Message(Blocks):
    """A message as its reader sees it; `visible_to` names the one reader of an ephemeral one."""

    ts: str
    channel: str
    user: str
    text: str
    visible_to: str = ""
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    edited_ts: str = ""
    thread_ts: str = ""

    @property
    def is_ephemeral(self) -> bool:
        """Say whether only one person sees it."""
        return bool(self.visible_to)

    @property
    def everything(self) -> str:
        """The text and every word of the blocks."""
        return f"{self.text}\n{self.words}"


@dataclass(frozen=True, kw_only=True)
class View(Blocks):
    """A modal or Home as the person sees it; `values` is Slack's `state.values`."""

    id: str
    user: str
    type: str
    title: str
    callback_id: str
    private_metadata: str
    hash: str
    submit: str | None
    values: Json

    @property
    def fields(self) -> list[str]:
        """The labels of the form's fields, in order."""
        return [str(block["label"]["text"]) for block in self.blocks if block["type"] == "input"]


@dataclass(frozen=True)
class Answer:
    """What a person saw right after doing something; `error` is Slack's word when the app did not answer."""

    messages: list[Message]
    views: list[View]
    error: str | None

    @property
    def message(self) -> Message:
        """The answer itself: the last message that this person alone sees, else the last one."""
        ephemeral = [message for message in self.messages if message.is_ephemeral]
        if not self.messages:
            raise Missing("The app answered with no message.")
        return (ephemeral or self.messages)[-1]

    @property
    def text(self) -> str:
        """The text of the answer, empty if there was none."""
        return self.message.text if self.messages else ""

    @property
    def blocks(self) -> list[Json]:
        """The blocks of the answer."""
        return self.message.blocks if self.messages else []

    @property
    def visible_to(self) -> str:
        """The one reader of the answer, empty if everybody sees it."""
        return self.message.visible_to if self.messages else ""

    @property
    def view(self) -> View | None:
        """The form that opened, if one did."""
        return self.views[-1] if self.views else None


@dataclass(frozen=True)
class SubmitResult:
    """What came of a submitted form: errors by the field's label, and the form in front now (None: all closed)."""

    errors: dict[str, str]
    view: View | None
    error: str | None


def message_from(shown: Json) -> Message:
    """Read a message of the control API."""
    names = (
        "ts",
        "channel",
        "user",
        "text",
        "blocks",
        "visible_to",
        "metadata",
        "files",
        "edited_ts",
        "thread_ts",
    )
    return Message(**{name: shown[name] for name in names})


def view_from(shown: Json | None) -> View | None:
    """Read a view of the control API."""
    if shown is None:
        return None
    return View(
        id=shown["id"],
        user=shown["user"],
        type=shown["type"],
        title=(shown["title"] or {}).get("text", ""),
        callback_id=shown["callback_id"],
        private_metadata=shown["private_metadata"],
        hash=shown["hash"],
        submit=(shown["submit"] or {}).get("text"),
        values=shown["state"]["values"],
        blocks=shown["blocks"],
    )


def answer_from(shown: Json) -> Answer:
    """Read an outcome of the control API."""
    views = [view for each in shown["views"] if (view := view_from(each))]
    return Answer([message_from(each) for each in shown["messages"]], views, shown["error"])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("text", "alt_text") and isinstance(each, str):
                yield each
            elif isinstance(each, dict | list):
                yield from _texts(each)
