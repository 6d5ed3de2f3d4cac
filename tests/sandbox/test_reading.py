"""What people find in front of them: conversations, unread messages, suggestions, forms."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.changes import Changes
from sandbox.driver import Driver, Refused
from sandbox.errors import SlackError
from sandbox.model import View
from sandbox.seen import Missing
from sandbox.testing import Grounds
from sandbox.views import Views
from tests.sandbox.tiny_app import BUTTONS, FORM, MANIFEST

AMY, BEN, RAY = "UAMY0001", "UBEN0001", "URAY0001"
GENERAL, MANAGERS = "CGENERAL1", "CPRIVAT01"


@pytest.fixture
def composer(grounds: Grounds) -> Iterator[Driver]:
    """A workspace whose app has commands to suggest."""
    with grounds.workspace(manifest=MANIFEST) as sandbox:
        yield sandbox.driver


def suggestions(driver: Driver, text: str) -> list[str]:
    return [each["insert"] for each in driver.completions(AMY, text)]


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("/s", ["/say"]),
        ("/F", ["/form"]),
        ("/nothing", []),
        ("/say @be", ["@ben"]),
        ("/say @lindq", ["@ben"]),
        ("/say @osk", []),
        ("ask @ben in #gen", ["#general"]),
        ("#man", []),
        ("just words", []),
        ("", []),
    ],
)
def test_the_composer_suggests_how_the_word_may_end(
    composer: Driver, typed: str, suggested: list[str]
) -> None:
    assert suggestions(composer, typed) == suggested


def test_a_command_is_suggested_with_its_usage_and_what_it_does(composer: Driver) -> None:
    (suggestion,) = composer.completions(AMY, "/say")

    assert suggestion == {
        "kind": "command",
        "insert": "/say",
        "label": "/say [words]",
        "detail": "Say it back",
    }


def test_a_private_channel_is_suggested_to_its_members(composer: Driver) -> None:
    assert [each["insert"] for each in composer.completions(BEN, "#man")] == ["#managers"]


def test_everybody_has_their_own_channels_and_messages(driver: Driver) -> None:
    driver.write(AMY, "hello", to=BEN)

    titles = {user: [each["title"] for each in driver.conversations(user)] for user in (AMY, BEN, RAY)}

    assert titles[AMY] == ["#career-growth", "#general", "#random", "Ben Lindqvist"]
    assert "Amy Okafor" in titles[BEN]
    assert "#managers" in titles[BEN]
    assert "Amy Okafor" not in titles[RAY]


def test_unread_messages_are_counted_for_each_reader(driver: Driver, client: WebClient) -> None:
    client.chat_postMessage(channel=AMY, text="one")
    client.chat_postMessage(channel=AMY, text="two")
    driver.write(AMY, "three")

    def unread(user: str) -> dict[str, int]:
        return {each["title"]: each["unread"] for each in driver.conversations(user)}

    assert unread(AMY)["app"] == 0
    client.chat_postMessage(channel=AMY, text="four")
    assert unread(AMY)["app"] == 1
    assert "app" not in unread(BEN)


@pytest.mark.parametrize("channel", [MANAGERS, "CNOWHERE"])
def test_nobody_reads_what_is_not_theirs(driver: Driver, channel: str) -> None:
    with pytest.raises(Refused, match="channel_not_found"):
        driver.messages(AMY, channel)


def test_nobody_writes_where_they_are_not_a_member(driver: Driver) -> None:
    with pytest.raises(Refused, match="not a member"):
        driver.write(AMY, "hello", channel="CENGINE01")


def test_waiting_for_a_change_ends_with_it(driver: Driver) -> None:
    before = driver.state()["revision"]

    driver.write(AMY, "hello")

    assert driver.eventually(lambda: driver.state()["revision"] > before)


def test_elements_are_found_by_label_action_or_block(driver: Driver, client: WebClient) -> None:
    client.chat_postMessage(channel=AMY, text="Buttons", blocks=BUTTONS)
    message = driver.last_dm(AMY)

    assert message.buttons == ["Go", "Flood"]
    assert message.button("Go").value == "7"
    assert message.element("pick").options == ["Red", "Blue"]
    with pytest.raises(Missing, match="'Stop' is not among"):
        message.button("Stop")


def views_with_form() -> tuple[Views, View]:
    views = Views(Changes())
    return views, views.open(AMY, FORM)


def test_what_was_typed_stays_in_fields_that_are_still_there() -> None:
    views, view = views_with_form()
    typed: dict[str, dict[str, dict[str, Any]]] = {
        "title": {"text": {"value": "Rust"}},
        "kind": {"kind": {"value": None}},
    }
    view = views.remember(view, typed)

    updated = views.update(view, FORM | {"blocks": FORM["blocks"][:1]})

    assert updated.values == {"title": {"text": {"value": "Rust"}}}
    assert updated.hash != view.hash


def test_an_app_gives_each_view_an_id_of_its_own_only_once() -> None:
    views, _ = views_with_form()
    views.open(AMY, FORM | {"external_id": "mine"})

    with pytest.raises(SlackError, match="duplicate_external_id"):
        views.open(BEN, FORM | {"external_id": "mine"})
    assert views.find_external("mine").user == AMY


def test_closing_a_form_closes_those_above_it_too() -> None:
    views, bottom = views_with_form()
    middle = views.push(AMY, FORM)
    top = views.push(AMY, FORM)

    assert views.close(middle) == [top, middle]
    assert views.top(AMY) == bottom
    assert (top.previous_id, top.root_id) == (middle.id, bottom.id)
