"""The page over plain HTTP, as a browser without scripts meets it: reading, acting, refusals, telling."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from sandbox.manifest import parse_manifest
from sandbox.model import TourStep
from sandbox.moving import Move
from sandbox.page import routes
from sandbox.world import World

AMY, BEN = "UAMY0001", "UBEN0001"
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Sprout", "description": "Helps things grow."},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [{"command": "/plan", "description": "Plan things", "usage_hint": "THING by DATE"}],
        "shortcuts": [
            {"name": "Keep this", "type": "message", "callback_id": "keep", "description": "…"},
            {"name": "Plan now", "type": "global", "callback_id": "plan", "description": "…"},
        ],
    },
}
TOUR = [TourStep("Plan", "Try it as Ben.", "/plan lunch", "ben")]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


MODAL = {
    "type": "modal",
    "title": plain("Plan"),
    "submit": plain("Save"),
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": plain("What"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "why",
            "label": plain("Why"),
            "optional": True,
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
    ],
}
REALLY = {
    "title": plain("Sure?"),
    "text": {"type": "mrkdwn", "text": "*Gone* is gone."},
    "confirm": plain("Drop"),
    "deny": plain("Keep"),
}
BUTTON = {
    "type": "actions",
    "block_id": "acts",
    "elements": [{"type": "button", "action_id": "drop", "text": plain("Drop it"), "confirm": REALLY}],
}


@pytest.fixture
def world() -> World:
    return World(parse_manifest(MANIFEST), tour=TOUR, rates=False)


class Browser:
    """A browser without scripts, on the one event loop of a workspace."""

    def __init__(self, world: World) -> None:
        app = Starlette(routes=routes)
        app.state.world = world
        self._loop = asyncio.new_event_loop()
        self._memory: Callable[[], Any] = lambda: app.state.page_memory
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://127.0.0.1",
            headers={"Sec-Fetch-Site": "same-origin"},
            follow_redirects=True,
        )
        self.headers = self._http.headers

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open an address."""
        return self._loop.run_until_complete(self._http.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a form, and follow to the page that comes of it."""
        return self._loop.run_until_complete(self._http.post(path, **options))

    def meanwhile(self, act: Callable[[], object]) -> None:
        """Let something happen in the workspace, on its loop."""

        async def happen() -> None:
            act()

        self._loop.run_until_complete(happen())

    def remember_move(self, move: Coroutine[Any, Any, Move]) -> None:
        """Let a move of the clock end, as the page learns of it."""
        task = self._loop.create_task(move)
        self._loop.run_until_complete(task)
        self._memory().last_move = task

    def close(self) -> None:
        """End what is still under way."""
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(_ended(tasks))
        self._loop.run_until_complete(self._http.aclose())
        self._loop.close()


async def _ended(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    opened = Browser(world)
    yield opened
    opened.close()


def dm_of(world: World, user: str) -> str:
    return f"/as/{user}/{world.app_dm(user).id}"


def say_as_app(world: World, text: str, **fields: Any) -> str:
    return world.say_as_app(world.app_dm(AMY), text, **fields).ts


def test_the_front_door_leads_to_the_messages_of_the_app(browser: Browser, world: World) -> None:
    page = browser.get("/")

    assert page.status_code == 200
    assert str(page.url).endswith(f"/{world.players()[0].id}/{world.app_dm(world.players()[0].id).id}")
    assert "Helps things grow." in page.text


def test_the_front_door_remembers_who_one_was(browser: Browser) -> None:
    browser.get(f"/as/{BEN}")

    assert f"/as/{BEN}/" in str(browser.get("/").url)


@pytest.mark.parametrize("person", ["UNOBODY1", "USLACKBOT", "UOLD0001", "UCALBOT1"])
def test_one_cannot_be_a_bot_or_somebody_who_is_not_there(browser: Browser, person: str) -> None:
    page = browser.get(f"/as/{person}")

    assert page.status_code == 404
    assert "That is not possible" in page.text


def test_a_message_is_sent_and_shown_with_its_mentions(browser: Browser) -> None:
    page = browser.post(f"/as/{AMY}/CGENERAL1/say", data={"text": "Hello @ben & <b>all</b>"})

    assert page.status_code == 200
    assert '<span class="mention">@Ben Lindqvist</span> &amp; &lt;b&gt;all&lt;/b&gt;' in page.text


def test_a_message_that_cannot_be_sent_stays_in_the_composer(browser: Browser) -> None:
    page = browser.post(f"/as/{AMY}/CENGINE01/say", data={"text": "May I?"})

    assert page.status_code == 422
    assert 'value="May I?"' in page.text
    assert "Amy is not a member of #engineering." in page.text


def test_a_command_that_no_app_answers_says_so(browser: Browser, world: World) -> None:
    page = browser.post(f"{dm_of(world, AMY)}/say", data={"text": "/plan lunch"})

    assert "dispatch_failed" in page.text
    assert "Only visible to you" in page.text


def test_what_others_have_not_read_is_counted_beside_their_names(browser: Browser, world: World) -> None:
    world.say_as_app(world.app_dm(BEN), "Hello Ben")

    assert 'Ben <b class="badge">1' in browser.get(dm_of(world, AMY)).text
    browser.get(dm_of(world, BEN))
    assert 'Ben <b class="badge">' not in browser.get(dm_of(world, AMY)).text


def test_a_page_in_the_background_reads_nothing(browser: Browser, world: World) -> None:
    say_as_app(world, "Hello Amy")

    browser.get(dm_of(world, AMY), headers={"X-Live": "unseen"})

    assert world.unread(AMY, world.app_dm(AMY).id) == 1


def test_an_ephemeral_message_is_marked_and_shown_to_one_person_only(browser: Browser, world: World) -> None:
    general = world.conversations.find("CGENERAL1")
    world.say_as_app(general, "psst", visible_to=AMY)

    assert "Only visible to you" in browser.get(f"/as/{AMY}/CGENERAL1").text
    assert "psst" not in browser.get(f"/as/{BEN}/CGENERAL1").text


def test_a_replaced_message_shows_its_new_text_in_the_same_place(browser: Browser, world: World) -> None:
    ts = say_as_app(world, "before")
    message = world.app_dm(AMY).messages[ts]

    world.conversations.edit(message, text="after")

    page = browser.get(dm_of(world, AMY)).text
    assert f'id="m-{ts}"' in page
    assert "after" in page
    assert "before" not in page
    assert "(edited)" in page


def test_a_form_that_misses_something_says_so_beside_the_field_and_keeps_the_rest(
    browser: Browser, world: World
) -> None:
    view = world.views.open(AMY, MODAL)

    page = browser.post(
        f"{dm_of(world, AMY)}/view/{view.id}",
        data={"do": "submit", "state:what:text": "", "state:why:text": "because"},
    )

    assert page.status_code == 422
    assert f'<p class="error" id="v-{view.id}-what-error">' in page.text
    assert 'value="because"' in page.text


def test_a_form_that_the_app_does_not_take_says_so_and_stays(browser: Browser, world: World) -> None:
    view = world.views.open(AMY, MODAL)

    page = browser.post(
        f"{dm_of(world, AMY)}/view/{view.id}", data={"do": "submit", "state:what:text": "lunch"}
    )

    assert "We had some trouble connecting" in page.text
    assert 'value="lunch"' in page.text


def test_a_form_can_be_closed_and_closing_it_again_does_no_harm(browser: Browser, world: World) -> None:
    view = world.views.open(AMY, MODAL)

    for _ in range(2):
        page = browser.post(f"{dm_of(world, AMY)}/view/{view.id}", data={"do": "close"})

        assert page.status_code == 200
        assert "<dialog" not in page.text


def test_a_button_with_a_question_asks_first(browser: Browser, world: World) -> None:
    ts = say_as_app(world, "x", blocks=[BUTTON])
    address = f"{dm_of(world, AMY)}/press/{ts}"

    question = browser.post(address, data={"press": "acts:drop"}).text
    answer = browser.post(address, data={"press": "acts:drop", "confirmed": "yes"})

    assert "<strong>Gone</strong> is gone." in question
    assert 'name="press" value="acts:drop"' in question
    assert "The app did not answer (dispatch_failed)" in answer.text


def test_a_button_that_is_gone_says_so(browser: Browser, world: World) -> None:
    ts = say_as_app(world, "x", blocks=[BUTTON])

    page = browser.post(f"{dm_of(world, AMY)}/press/{ts}", data={"press": "acts:other"})

    assert "That is not there any more." in page.text


def test_the_composer_suggests_commands_people_and_usage(browser: Browser, world: World) -> None:
    def suggested(text: str) -> dict[str, Any]:
        answer: dict[str, Any] = browser.get(f"{dm_of(world, AMY)}/completions", params={"text": text}).json()
        return answer

    assert [item["insert"] for item in suggested("/pl")["items"]] == ["/plan"]
    assert [item["insert"] for item in suggested("/plan @be")["items"]] == ["@ben"]
    assert suggested("/plan ")["hint"] == "/plan THING by DATE · Plan things"
    assert suggested("hello")["items"] == []


def test_the_clock_moves_by_an_hour_and_to_a_moment_but_never_back(browser: Browser, world: World) -> None:
    before = world.clock.now()
    address = f"{dm_of(world, AMY)}/clock"

    browser.post(address, data={"step": "hour"})
    assert world.clock.now() - before >= timedelta(hours=1)

    backwards = browser.post(address, data={"step": "to", "to": "2020-01-01T10:00"})
    assert "The clock never runs backwards." in backwards.text

    nowhere = browser.post(address, data={"step": "to", "to": "soon"})
    assert "Say a date and a time to move to." in nowhere.text

    browser.post(address, data={"step": "to", "to": "2096-07-01T10:00"})
    assert world.clock.now().isoformat().startswith("2096-07-01T14:00")


def test_a_clock_that_nobody_follows_has_no_next_thing(browser: Browser, world: World) -> None:
    page = browser.post(f"{dm_of(world, AMY)}/clock", data={"step": "next"})

    assert "No app says that something will happen." in page.text


def test_a_message_shows_the_time_on_peoples_calendar_when_it_was_said(world: World) -> None:
    early = say_as_app(world, "before the move")
    world.clock.jump(world.clock.now() + timedelta(days=3))
    late = say_as_app(world, "after the move")

    apart = world.clock.at(late) - world.clock.at(early)
    assert timedelta(days=3) <= apart < timedelta(days=3, minutes=1)


def test_the_tour_leads_to_the_person_with_the_command_in_the_composer(
    browser: Browser, world: World
) -> None:
    page = browser.get(dm_of(world, AMY)).text
    assert f'href="/as/{BEN}?draft=/plan%20lunch"' in page

    there = browser.get(f"/as/{BEN}", params={"draft": "/plan lunch"})
    assert urlsplit(str(there.url)).path == dm_of(world, BEN)
    assert 'value="/plan lunch"' in there.text


def test_the_tour_stays_away_once_it_was_put_away(browser: Browser, world: World) -> None:
    assert 'class="with-tour"' in browser.get(dm_of(world, AMY)).text

    browser.post(f"{dm_of(world, AMY)}/tour", data={"shown": "no"})

    assert 'class="with-tour"' not in browser.get(dm_of(world, BEN)).text


def test_the_home_shows_what_the_app_published(browser: Browser, world: World) -> None:
    blocks = [{"type": "header", "block_id": "h", "text": plain("Your plans")}]
    world.views.publish(AMY, {"type": "home", "blocks": blocks})

    assert "Your plans" in browser.get(f"/as/{AMY}/home").text
    assert "has not put anything here yet" in browser.get(f"/as/{BEN}/home").text


def test_shortcuts_stand_in_the_menu_of_a_message_and_of_the_composer(browser: Browser, world: World) -> None:
    say_as_app(world, "keep me")

    page = browser.get(dm_of(world, AMY)).text

    assert "Keep this" in page
    assert "Plan now" in page


def test_direct_messages_between_people_are_opened_by_their_address(browser: Browser, world: World) -> None:
    page = browser.get(f"/as/{AMY}/with/{BEN}")

    assert "Ben Lindqvist" in page.text
    assert str(page.url).endswith(world.direct(AMY, [BEN]).id)


def test_a_long_conversation_shows_its_end_first(browser: Browser, world: World) -> None:
    for number in range(103):
        say_as_app(world, f"number {number}.")

    recent = browser.get(dm_of(world, AMY)).text
    everything = browser.get(f"{dm_of(world, AMY)}?earlier=yes").text

    assert "Show 3 earlier messages" in recent
    assert "number 2." not in recent
    assert "number 102." in recent
    assert "number 0." in everything


def test_an_app_that_did_not_keep_up_with_the_clock_is_mentioned_once(browser: Browser, world: World) -> None:
    async def lagging_move() -> Move:
        return Move([], "too slow")

    browser.get(dm_of(world, AMY))
    browser.remember_move(lagging_move())

    assert "did not keep up with the clock" in browser.get(dm_of(world, AMY)).text
    assert "did not keep up with the clock" not in browser.get(dm_of(world, AMY)).text


def test_a_search_that_found_nothing_to_see_is_mentioned_once(browser: Browser, world: World) -> None:
    async def quiet_move() -> Move:
        return Move([], found_nothing=True)

    browser.get(dm_of(world, AMY))
    browser.remember_move(quiet_move())

    assert "did nothing that anybody can see" in browser.get(dm_of(world, AMY)).text
    assert "did nothing that anybody can see" not in browser.get(dm_of(world, AMY)).text
