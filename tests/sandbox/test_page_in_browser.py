"""The page in headless Chromium, with a small app attached that is built with slack-bolt and is not Trellis."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient

from sandbox.identity import BOT_TOKEN, BOT_USER
from sandbox.model import TourStep
from sandbox.testing import Running, running
from tests.chromium import (
    MARKS,
    PHONE,
    assert_it_fits,
    composer,
    faultless,
    launched,
    opened,
    without_scripts,
)
from tests.sandbox.test_page_app import (
    AMY,
    BEN,
    BUTTONS,
    EVERYTHING,
    MANIFEST,
    MARKDOWN,
    WIDE_WORD,
    Reminder,
    serve,
    small_app,
)

pytestmark = MARKS

TOUR = [TourStep("Plan lunch", "Ben plans lunch with Amy.", "/plan lunch with @amy", BEN)]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running(manifest=MANIFEST, tour=TOUR) as started:
        client = WebClient(token=BOT_TOKEN, base_url=started.api_url)
        server = serve(small_app(client))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        started.driver.event_url(f"http://127.0.0.1:{server.port}/slack/events")
        yield started
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def bot(sandbox: Running) -> WebClient:
    sandbox.driver.reset()
    return WebClient(token=BOT_TOKEN, base_url=sandbox.api_url)


@pytest.fixture(scope="module")
def window(chromium: Browser, sandbox: Running) -> Iterator[Page]:
    with opened(chromium, sandbox.url) as page:
        yield page


@pytest.fixture
def page(window: Page, bot: WebClient) -> Iterator[Page]:
    with faultless(window) as page:
        yield page


def test_a_command_is_completed_and_sent_by_keyboard_alone(page: Page) -> None:
    page.goto(f"/as/{AMY}")
    composer(page).focus()

    page.keyboard.type("/")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", selected=True)).to_contain_text("/form")
    expect(composer(page)).to_have_attribute("aria-activedescendant", "completion-1")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("/plan THING")
    page.keyboard.press("Tab")
    expect(composer(page)).to_have_value("/plan ")
    expect(page.locator("#composer-hint")).to_have_text("/plan THING · Plan things")

    page.keyboard.type("lunch with @be")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Ben Lindqvist")
    page.keyboard.press("Enter")
    expect(composer(page)).to_have_value("/plan lunch with @ben ")
    page.keyboard.press("Enter")

    answer = page.get_by_role("article").last
    expect(answer).to_contain_text("Only visible to you")
    expect(answer).to_contain_text("lunch with @Ben Lindqvist")
    expect(composer(page)).to_have_value("")


def test_escape_puts_suggestions_away_and_keeps_the_text(page: Page) -> None:
    page.goto(f"/as/{AMY}")
    composer(page).press_sequentially("Hello @a")
    expect(composer(page)).to_have_attribute("aria-expanded", "true")

    page.keyboard.press("Escape")

    expect(composer(page)).to_have_attribute("aria-expanded", "false")
    expect(composer(page)).to_have_value("Hello @a")


def test_a_pressed_button_changes_its_message_where_it_stands(page: Page, bot: WebClient) -> None:
    bot.chat_postMessage(channel=AMY, text="Lunch", blocks=[BUTTONS])
    page.goto(f"/as/{AMY}")
    page.evaluate("window.isTheSamePage = true")

    page.get_by_role("button", name="Done").click()

    expect(page.get_by_role("article")).to_have_text(re.compile("It is done."))
    assert page.evaluate("window.isTheSamePage")


def test_a_button_with_a_question_waits_for_the_answer(page: Page, bot: WebClient) -> None:
    bot.chat_postMessage(channel=AMY, text="Lunch", blocks=[BUTTONS])
    page.goto(f"/as/{AMY}")

    page.get_by_role("button", name="Drop it").click()
    question = page.get_by_role("dialog", name="Sure?")
    expect(question).to_contain_text("Gone is gone.")
    question.get_by_role("link", name="Keep").click()
    expect(question).to_have_count(0)
    expect(page.get_by_role("article")).not_to_contain_text("It is gone.")

    page.get_by_role("button", name="Drop it").click()
    question.get_by_role("button", name="Drop").click()
    expect(page.get_by_role("article")).to_contain_text("It is gone.")


def test_a_choice_in_a_menu_is_told_to_the_app_at_once(page: Page, bot: WebClient) -> None:
    for _ in range(2):
        bot.chat_postMessage(channel=AMY, text="Lunch", blocks=[BUTTONS])
    page.goto(f"/as/{AMY}")

    page.get_by_role("combobox", name="When").first.select_option("Later")
    expect(page.get_by_role("article").first).to_contain_text("Chosen: later.")

    page.get_by_role("article").last.locator("details.menu summary").first.click()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("article").last).to_contain_text("Chosen: archive.")


def test_a_form_shows_its_error_beside_the_field_and_is_taken_when_mended(
    page: Page, sandbox: Running
) -> None:
    page.goto(f"/as/{AMY}")
    composer(page).fill("/form")
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Plan")
    what = form.get_by_label("What")
    expect(what).to_be_focused()

    what.fill("nothing")
    form.get_by_label("Why").fill("because")
    form.get_by_text("Ben Lindqvist").click()
    what.press("Enter")
    expect(form.get_by_text("That is too little.")).to_be_visible()
    expect(what).to_have_attribute("aria-invalid", "true")
    expect(what).to_have_accessible_description("That is too little.")
    expect(form.get_by_label("Why")).to_have_value("because")

    what.fill("lunch")
    what.press("Enter")
    expect(form).to_have_count(0)
    expect(page.get_by_role("article").last).to_contain_text("lunch on 2027-03-02")
    expect(composer(page)).to_be_focused()
    assert sandbox.driver.last_dm(BEN).text == "lunch on 2027-03-02"


def test_a_form_keeps_the_focus_inside_and_escape_closes_it(page: Page, sandbox: Running) -> None:
    page.goto(f"/as/{AMY}")
    composer(page).fill("/form")
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Plan")
    expect(form.get_by_label("What")).to_be_focused()

    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")

    expect(form).to_have_count(0)
    assert sandbox.driver.views(AMY) == []


def test_a_form_half_filled_outlives_news_from_the_workspace(page: Page, bot: WebClient) -> None:
    page.goto(f"/as/{AMY}")
    composer(page).fill("/form")
    page.keyboard.press("Enter")
    what = page.get_by_role("dialog", name="Plan").get_by_label("What")
    what.fill("half a tho")

    bot.chat_postMessage(channel=AMY, text="News")

    expect(page.locator("#messages")).to_contain_text("News")
    expect(what).to_have_value("half a tho")
    expect(what).to_be_focused()


def test_a_draft_outlives_news_and_a_visit_elsewhere(page: Page, bot: WebClient) -> None:
    page.goto(f"/as/{AMY}")
    composer(page).fill("to be cont")
    bot.chat_postMessage(channel=AMY, text="News")
    expect(page.locator("#messages")).to_contain_text("News")
    expect(composer(page)).to_have_value("to be cont")

    page.get_by_role("link", name="general").click()
    expect(composer(page)).to_have_value("")
    page.go_back()
    expect(composer(page)).to_have_value("to be cont")


def test_news_for_somebody_else_is_seen_and_one_can_become_them(page: Page, bot: WebClient) -> None:
    page.goto(f"/as/{AMY}")

    bot.chat_postMessage(channel=BEN, text="For Ben's eyes")
    page.get_by_role("link", name="Ben 1 unread").wait_for()
    page.locator("#switcher summary").click()
    page.get_by_role("link", name=re.compile("Ben Lindqvist.*1 unread")).click()

    expect(page.locator("#messages")).to_contain_text("For Ben's eyes")
    expect(page.locator("#switcher summary")).to_contain_text("Ben Lindqvist")
    expect(page.get_by_role("link", name=re.compile("unread"))).to_have_count(0)


def test_the_clock_moves_to_the_next_thing_and_what_happened_is_there(
    page: Page, sandbox: Running, bot: WebClient
) -> None:
    due = sandbox.driver.now() + timedelta(hours=30)
    with Reminder(sandbox, bot, due):
        page.goto(f"/as/{AMY}")

        page.get_by_role("button", name="To the next thing that happens").click()

        expect(page.locator("#messages")).to_contain_text("Lunch is now.")
        assert due <= sandbox.driver.now() < due + timedelta(minutes=1)
        expect(page.get_by_role("button", name="To the next thing that happens")).to_be_focused()


def test_the_clock_moves_to_a_moment_of_ones_choice(page: Page, sandbox: Running) -> None:
    page.goto(f"/as/{AMY}")
    page.locator("#clock-set summary").click()

    page.get_by_label(re.compile("Date and time")).fill("2061-07-04T09:30")
    page.get_by_role("button", name="Move the clock").click()

    expect(page.locator("#now")).to_contain_text("Jul 4")
    expect(page.locator("#now")).to_contain_text("9:30")
    assert sandbox.driver.now().isoformat().startswith("2061-07-04T13:3")


def test_the_tour_puts_a_command_into_the_composer_of_the_right_person(page: Page) -> None:
    page.goto(f"/as/{AMY}")

    page.get_by_role("link", name="Put it into the composer as Ben").click()

    expect(page.locator("#switcher summary")).to_contain_text("Ben Lindqvist")
    expect(composer(page)).to_have_value("/plan lunch with @amy")
    expect(composer(page)).to_be_focused()
    page.get_by_role("button", name="Hide the tour").click()
    expect(page.get_by_role("heading", name="What to try")).to_have_count(0)


def test_a_shortcut_is_run_from_the_menu_of_a_message(page: Page, bot: WebClient) -> None:
    bot.chat_postMessage(channel=AMY, text="Worth keeping")
    page.goto(f"/as/{AMY}")

    page.get_by_label("Shortcuts for this message").click()
    page.get_by_role("button", name="Keep this").click()

    expect(page.get_by_role("article").last).to_contain_text("Kept.")


def test_nothing_is_wider_than_a_phone(page: Page, bot: WebClient) -> None:
    bot.chat_postMessage(channel=AMY, text=WIDE_WORD * 3)
    bot.chat_postMessage(channel=AMY, text="x", blocks=[*EVERYTHING, MARKDOWN])
    page.set_viewport_size(PHONE)

    page.goto(f"/as/{AMY}")
    expect(page.get_by_role("article")).to_have_count(2)
    assert_it_fits(page)
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Plans"))).to_be_visible()
    assert_it_fits(page)
    page.get_by_role("link", name="Tour").click()
    assert_it_fits(page)
    page.get_by_role("link", name="Hide the tour").click()

    page.get_by_role("link", name="Conversations and people").click()
    expect(page.get_by_role("link", name="general")).to_be_visible()
    assert_it_fits(page)
    page.get_by_role("link", name="general").click()
    expect(page.get_by_role("link", name="general")).to_be_hidden()
    composer(page).fill("/form")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Plan")).to_be_visible()
    assert_it_fits(page)


def test_without_scripts_the_page_works_with_plain_forms(page: Page, sandbox: Running) -> None:
    with without_scripts(page):
        page.goto(f"/as/{AMY}")
        composer(page).fill("/form")
        page.get_by_role("button", name="Send").click()
        sandbox.driver.eventually(lambda: sandbox.driver.view(AMY))
        page.reload()
        page.get_by_role("textbox", name="What").fill("nothing")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("That is too little.")).to_be_visible()
        page.get_by_role("textbox", name="What").fill("supper")
        page.get_by_role("button", name="Save").click()
        sandbox.driver.eventually(lambda: sandbox.driver.dms(AMY))
        page.reload()

        expect(page.get_by_role("article").last).to_contain_text("supper on 2027-03-02")
        assert sandbox.driver.last_dm(AMY).user == BOT_USER
