"""How the question about a post looks: plain words, few of them, and the right buttons."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.programme_news import ANNOUNCEMENT, INVITATION
from bot.programme_posts import Attempt, Unposted
from handlers.views import programme_posts as views
from sandbox.block_kit.surfaces import check_message
from tests.handlers.views.reading import MOST_WORDS, words_of

ATTEMPT, CHANNEL = Attempt(1, "round:3:12:announcement:2"), "CGROWTH01"
UNSEEN = Unposted(ATTEMPT, ANNOUNCEMENT, CHANNEL, None)
PART = Unposted(ATTEMPT, ANNOUNCEMENT, CHANNEL, None, part=2, parts=6)
INVITED = Unposted(ATTEMPT, INVITATION, CHANNEL, None)
REFUSED = Unposted(ATTEMPT, ANNOUNCEMENT, CHANNEL, "restricted_action", part=2, parts=6)
MESSAGES = {
    "unseen": views.question(UNSEEN),
    "a part unseen": views.question(PART),
    "an invitation unseen": views.question(INVITED),
    "refused": views.question(REFUSED),
    "an invitation refused": views.question(Unposted(ATTEMPT, INVITATION, CHANNEL, "restricted_action")),
    "posting": views.posting(PART),
    "left": views.left(UNSEEN),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_has_sixty_words_and_blocks_slack_takes(name: str) -> None:
    message = MESSAGES[name]

    assert len(words_of(message)) <= MOST_WORDS, message.text
    assert check_message(list(message.payload()["blocks"])) is None


def test_what_owners_read(snapshot: SnapshotAssertion) -> None:
    assert {name: message.text for name, message in MESSAGES.items()} == snapshot


def test_buttons_name_the_attempt_they_decide_about() -> None:
    (_, asked), (_, refused) = views.question(UNSEEN).blocks, views.question(REFUSED).blocks

    assert [each["text"]["text"] for each in asked["elements"]] == ["Post again", "It is there"]
    assert [each["text"]["text"] for each in refused["elements"]] == ["Post again"]
    assert {each["value"] for each in asked["elements"]} == {"1:round:3:12:announcement:2"}
    assert Attempt.read("1:round:3:12:announcement:2") == ATTEMPT


@pytest.mark.parametrize(
    "text", ["", ":", "1:", "1", "x:a", "-1:a", "1:\x00", "1:ä", "²:a", "1:" + "a" * 201]
)
def test_what_names_no_attempt_is_read_as_none(text: str) -> None:
    assert Attempt.read(text) is None
