"""App Home: all of a person's on one page, however much it is, at the same cost."""

from __future__ import annotations

import pytest

from bot import enrolments, goals, programmes
from bot.goal_drafts import NewGoal
from bot.permissions import Actor
from bot.programme_settings import Settings
from bot.programmes import Channel
from handlers import home
from sandbox.block_kit.surfaces import check_view
from tests.handlers.one_on_ones_stage import home_of, pressed, stand_with_peers
from tests.people import AMY, BEN
from tests.statements import counted
from tests.trellis import Trellis

LONG = "Present the plan for <all> & everybody " * 20


def fill(trellis: Trellis, numbers: range) -> None:
    """Give Amy a 1-on-1, a goal with a long text and a buddy programme for each number, as typing them would."""
    stand_with_peers(trellis, AMY, numbers)
    actor, now = Actor(trellis.workspace, AMY), trellis.clock.people_now()
    with trellis.sessions.begin() as session:
        for index in numbers:
            goals.log(session, actor, NewGoal(f"{index} {LONG[:200]}"), now=now, today=now.date())
            channel = Channel(f"C{index:04}")
            programme = programmes.start(session, actor, channel, Settings("Europe/Berlin"), now=now)
            enrolments.join(session, actor, programme, now=now)


def statements_of_home(trellis: Trellis) -> int:
    with counted() as statements, trellis.sessions.read() as session:
        assert home.read(session, Actor(trellis.workspace, AMY), now=trellis.clock.people_now())
    return len(statements)


def test_an_empty_home_offers_everything_to_begin_with(trellis: Trellis) -> None:
    offered = {"Add a 1-on-1", "A question now", "Add a goal", "Change settings", "Pause"}
    assert offered | {"Join a programme", "Start a programme", "Keep me apart from"} <= set(
        home_of(trellis, AMY).buttons
    )


def test_home_costs_the_same_with_two_and_with_sixty(trellis: Trellis) -> None:
    fill(trellis, range(2))
    with_two = statements_of_home(trellis)
    fill(trellis, range(2, 60))

    assert statements_of_home(trellis) == with_two
    assert with_two <= 8

    shown = home_of(trellis, AMY)
    view = {"type": "home", "blocks": shown.blocks}
    assert check_view(view) is None
    assert len(shown.blocks) <= 100
    assert "Change settings" in shown.buttons
    listed = pressed(trellis, AMY, shown, "Show all")
    later = pressed(trellis, AMY, listed, "Later")
    assert all(f"<@UPEER{index:04}>" in listed.words + later.words for index in range(60))
    assert "All my goals" in shown.buttons


@pytest.mark.parametrize(
    "label", ["Add a 1-on-1", "A question now", "Add a goal", "Change settings", "Start a programme"]
)
def test_every_button_opens_its_form(trellis: Trellis, label: str) -> None:
    assert trellis.slack.press(AMY, home_of(trellis, AMY), label).view is not None


@pytest.mark.parametrize(
    "label", ["A question now", "Move the next one", "Skip the next one", "Change it", "End it"]
)
def test_every_choice_of_the_menu_leads_somewhere(trellis: Trellis, label: str) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00")

    answer = trellis.slack.press(AMY, home_of(trellis, AMY), "one_on_ones.menu", label)

    assert answer.view is not None
    assert answer.view.type == "modal"


def test_the_dialog_with_all_leads_to_the_same_forms(trellis: Trellis) -> None:
    fill(trellis, range(11))
    listed = pressed(trellis, AMY, home_of(trellis, AMY), "Show all")

    answer = trellis.slack.press(AMY, listed, "one_on_ones.menu", "End it")
    ended = trellis.slack.submit(AMY, view=answer.view)

    assert ended.view is not None
    assert "Ended." in ended.view.words


def test_a_menu_of_a_1on1_that_has_ended_since_says_so(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00")
    shown = home_of(trellis, AMY)
    trellis.slack.command(BEN, "/1on1 end @amy")

    answer = trellis.slack.press(AMY, shown, "one_on_ones.menu", "Move the next one")

    assert answer.view is not None
    assert "no standing 1-on-1 with" in answer.view.words
