"""What the page must never do: run what a text says, act for another site, show what is not for the person."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.manifest import parse_manifest
from sandbox.world import World
from tests.sandbox.test_page_routes import AMY, BEN, MANIFEST, MODAL, Browser, dm_of, plain, say_as_app

ATTACK = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@pytest.fixture
def world() -> World:
    return World(parse_manifest(MANIFEST), rates=False)


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    opened = Browser(world)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section", "text": {"type": "mrkdwn", "text": ATTACK}},
        {"type": "section", "fields": [plain(ATTACK)]},
        {"type": "header", "text": plain(ATTACK)},
        {
            "type": "context",
            "elements": [plain(ATTACK), {"type": "image", "image_url": ATTACK, "alt_text": ATTACK}],
        },
        {"type": "image", "image_url": "javascript:alert(1)", "alt_text": ATTACK, "title": plain(ATTACK)},
        {"type": "markdown", "text": ATTACK},
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ATTACK}]}],
        },
        {"type": ATTACK},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": ATTACK, "text": plain(ATTACK), "value": ATTACK},
                {"type": "button", "action_id": "u", "text": plain("x"), "url": "javascript:alert(1)"},
                {
                    "type": "static_select",
                    "action_id": "s",
                    "placeholder": plain(ATTACK),
                    "options": [{"text": plain(ATTACK), "value": ATTACK}],
                },
                {"type": "overflow", "action_id": "o", "options": [{"text": plain(ATTACK), "value": ATTACK}]},
                {
                    "type": "radio_buttons",
                    "action_id": "r",
                    "options": [{"text": plain(ATTACK), "value": ATTACK}],
                },
            ],
        },
    ],
)
def test_nothing_in_a_block_becomes_markup(browser: Browser, world: World, block: dict[str, Any]) -> None:
    say_as_app(world, "x", blocks=[{"block_id": ATTACK, **block}])

    page = browser.get(dm_of(world, AMY))

    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "<img src=x" not in page.text
    assert 'href="javascript:' not in page.text


def test_names_drafts_and_view_titles_are_escaped_too(browser: Browser, world: World) -> None:
    browser.meanwhile(lambda: world.change_person(BEN, real_name=ATTACK, title=ATTACK))
    world.views.open(AMY, {**MODAL, "title": plain(ATTACK), "private_metadata": ATTACK})

    page = browser.get(dm_of(world, AMY), params={"draft": ATTACK}).text

    assert "<script>" not in page
    assert "<img src=x" not in page


def test_every_answer_forbids_foreign_and_inline_scripts(browser: Browser, world: World) -> None:
    for path in (dm_of(world, AMY), "/static/page.js", "/as/UNOBODY1"):
        policy = browser.get(path).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {},
    ],
)
def test_other_sites_cannot_act_for_a_person(browser: Browser, headers: dict[str, str]) -> None:
    del browser.headers["Sec-Fetch-Site"]

    answer = browser.post(f"/as/{AMY}/CGENERAL1/say", data={"text": "from elsewhere"}, headers=headers)

    assert answer.status_code == 403
    assert "from elsewhere" not in browser.get(f"/as/{AMY}/CGENERAL1").text


def test_a_browser_that_only_names_its_origin_may_act(browser: Browser) -> None:
    del browser.headers["Sec-Fetch-Site"]

    answer = browser.post(
        f"/as/{AMY}/CGENERAL1/say", data={"text": "hello"}, headers={"Origin": "http://127.0.0.1"}
    )

    assert answer.status_code == 200


def test_a_file_goes_to_those_who_see_its_message_only(browser: Browser, world: World) -> None:
    announced = world.files.announce("größe.csv", 3)
    world.files.fill(announced.id, b"1,2")
    say_as_app(world, "here", files=[{"id": announced.id, "name": "größe.csv", "title": "Size", "size": 3}])

    mine = browser.get(f"/as/{AMY}/file/{announced.id}")

    assert mine.content == b"1,2"
    assert mine.headers["content-disposition"] == "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.csv"
    assert browser.get(f"/as/{BEN}/file/{announced.id}").status_code == 404


def test_a_private_conversation_of_others_cannot_be_opened(browser: Browser, world: World) -> None:
    assert browser.get(f"/as/{BEN}/{world.app_dm(AMY).id}").status_code == 404
