"""Block Kit's composition objects as rules: texts, options, confirmation dialogs.

Sizes: https://docs.slack.dev/reference/block-kit/composition-objects
"""

from collections.abc import Iterator

from sandbox.block_kit.specs import (
    Spec,
    as_record,
    at_least_one,
    boolean,
    exactly_one,
    items,
    one_of,
    problem,
    record,
    string,
    typed,
)

TEXT_MAX = 3000
ID_MAX = 255
URL_MAX = 3000
ALT_TEXT_MAX = 2000
OPTION_TEXT_MAX = 75
OPTION_VALUE_MAX = 150
OPTIONS_MAX = 100


def plain(maximum: int) -> Spec:
    """Require a plain_text object of at most so many characters."""
    return typed({"plain_text": _plain(maximum)})


def text(maximum: int) -> Spec:
    """Require a plain_text or mrkdwn object of at most so many characters."""
    return typed({"plain_text": _plain(maximum), "mrkdwn": _mrkdwn(maximum)})


def _plain(maximum: int) -> Spec:
    return record({"type": one_of("plain_text"), "text": string(maximum)}, {"emoji": boolean})


def _mrkdwn(maximum: int) -> Spec:
    return record({"type": one_of("mrkdwn"), "text": string(maximum)}, {"verbatim": boolean})


identifier: Spec = string(ID_MAX)
url: Spec = string(URL_MAX, pattern=r"(?s)[a-z][a-z0-9+.-]*:.+")
web_address: Spec = string(URL_MAX, pattern=r"https?://\S+")

confirm: Spec = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)

slack_file: Spec = record({}, {"id": string(ID_MAX), "url": web_address}, exactly_one("id", "url"))

dispatch_config: Spec = record(
    {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), maximum=2)}
)

conversation_filter: Spec = record(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), maximum=4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    at_least_one("include", "exclude_external_shared_channels", "exclude_bot_users"),
)


def option(label: Spec, *, with_url: bool = False) -> Spec:
    """Require an option; only those of an overflow menu may carry a link."""
    optional = {"description": text(OPTION_TEXT_MAX)} | ({"url": url} if with_url else {})
    return record({"text": label, "value": string(OPTION_VALUE_MAX)}, optional)


menu_option: Spec = option(plain(OPTION_TEXT_MAX))
box_option: Spec = option(text(OPTION_TEXT_MAX))
option_group: Spec = record({"label": plain(75), "options": items(menu_option, maximum=OPTIONS_MAX)})


def distinct_values(value: object, pointer: str) -> Iterator[str]:
    """Require that no two options of an element have the same value: an app could not tell them apart."""
    seen: set[object] = set()
    options = as_record(value).get("options")
    for index, each in enumerate(options if isinstance(options, list) else []):
        held = as_record(each).get("value")
        if isinstance(held, str) and held in seen:
            yield problem("duplicate option value", f"{pointer}/options/{index}/value")
        seen.add(held if isinstance(held, str) else index)


def initial_among_options(*names: str) -> Spec:
    """Require that what is chosen at first is, letter by letter, among the options."""

    def check(value: object, pointer: str) -> Iterator[str]:
        element = as_record(value)
        offered = _offered(element)
        for name in names:
            initial = element.get(name, [])
            for each in initial if isinstance(initial, list) else [initial]:
                if each not in offered:
                    yield problem(f"{name} does not match any of the options", f"{pointer}/{name}")

    return check


def _offered(element: dict[str, object]) -> list[object]:
    options = element.get("options")
    offered: list[object] = list(options) if isinstance(options, list) else []
    groups = element.get("option_groups")
    for group in groups if isinstance(groups, list) else []:
        offered += as_record(group).get("options") or []
    return offered
