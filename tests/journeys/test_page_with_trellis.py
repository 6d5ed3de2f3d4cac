"""What a newcomer sees: the page in headless Chromium, with Trellis attached."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.runtime.config import ROOT
from sandbox.model import TourStep
from tests.chromium import MARKS, PHONE, assert_it_fits, composer, faultless, launched, opened
from tests.journeys.program import Program, running_program
from tests.people import AMY, BEN

pytestmark = MARKS

NOTE = "The demo, because people asked questions"
PATIENCE_MS = 15_000
TOUR = tomllib.loads((ROOT / "handlers" / "views" / "tour.toml").read_text())["steps"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give the bot and its workspace early on a Monday."""
    steps = [TourStep(**step) for step in TOUR]
    with running_program(tmp_path_factory.mktemp("page"), tour=steps) as started:
        started.to_next_monday()
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def window(chromium: Browser, program: Program) -> Iterator[Page]:
    expect.set_options(timeout=PATIENCE_MS)
    with opened(chromium, program.workspace.url, patience_ms=PATIENCE_MS) as page:
        yield page
    expect.set_options(timeout=None)


@pytest.fixture
def page(window: Page) -> Iterator[Page]:
    with faultless(window) as page:
        yield page


def test_the_tour_leads_from_the_first_command_to_a_note_in_app_home(page: Page) -> None:
    page.goto(f"/as/{AMY}")
    type_the_first_command(page)
    answer = page.get_by_role("article").last
    expect(answer).to_contain_text("Only visible to you")
    expect(answer).to_contain_text("Ben Lindqvist")

    to_the_next_thing(page)
    page.get_by_role("link", name="Ben 1 unread").wait_for()
    to_the_next_thing(page)
    question = page.get_by_role("article").filter(has_text="Why this one")
    expect(question).to_contain_text("For your last 15 minutes")
    question.get_by_role("button", name="Another question").click()
    expect(question).to_contain_text("you wanted another")

    page.goto(f"/as/{BEN}")
    note_an_answer(page)
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name="Answers")).to_be_visible()
    expect(page.get_by_text(NOTE)).to_be_visible()
    expect(page.get_by_role("button", name="Share")).to_be_visible()


def type_the_first_command(page: Page) -> None:
    """Type the tour's first command as one does, letting the page complete command and name."""
    assert TOUR[0]["command"] == "/1on1 add @ben every tuesday 10:00 as manager"
    composer(page).focus()
    page.keyboard.type("/1")
    expect(page.get_by_role("option", selected=True)).to_contain_text("/1on1")
    page.keyboard.press("Tab")
    expect(composer(page)).to_have_value("/1on1 ")
    page.keyboard.type("add @be")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Ben Lindqvist")
    page.keyboard.press("Enter")
    expect(composer(page)).to_have_value("/1on1 add @ben ")
    page.keyboard.type("every tuesday 10:00 as manager")
    page.keyboard.press("Enter")


def to_the_next_thing(page: Page) -> None:
    before = page.locator("#now").text_content()
    page.get_by_role("button", name="To the next thing that happens").click()
    expect(page.locator("#now")).not_to_have_text(str(before))
    expect(page.get_by_role("button", name="To the next thing that happens")).to_be_visible()


def note_an_answer(page: Page) -> None:
    question = page.get_by_role("article").filter(has_text="Why this one")
    expect(question).to_contain_text("Something to bring")
    question.get_by_role("button", name="Note an answer").click()
    form = page.get_by_role("dialog", name="Note an answer")
    form.get_by_label("Your note").fill(NOTE)
    form.get_by_role("button", name="Keep it").click()
    expect(form).to_contain_text("Kept.")
    form.get_by_role("button", name=re.compile("Close|Done")).first.click()
    expect(form).to_have_count(0)


def test_nothing_of_trellis_is_wider_than_a_phone(page: Page, program: Program) -> None:
    program.slack.command(BEN, "/growth help")
    program.slack.command(BEN, "/goal add Improve my communication")
    page.set_viewport_size(PHONE)

    page.goto(f"/as/{BEN}")
    expect(page.get_by_role("button", name="Sharpen")).to_be_visible()
    assert_it_fits(page)
    page.get_by_role("button", name="Sharpen").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_it_fits(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name="Goals")).to_be_visible()
    assert_it_fits(page)
