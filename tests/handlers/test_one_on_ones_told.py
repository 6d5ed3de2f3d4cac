"""What the other person is told of a registration, and what they can do about it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.planning import REGISTERED
from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers.one_on_ones_stage import (
    closings,
    live_until,
    messages,
    opened,
    preps,
    pressed,
    states,
    stored,
)
from tests.people import AMY, BEN, MIA, RAY
from tests.trellis import Trellis, utc

EVERY_THURSDAY = "/1on1 add @ben every thursday 10:00"
NINE_IN_NEW_YORK = utc("2026-11-23 14:00")


def told(trellis: Trellis, who: str) -> Message:
    """Go to the next working hour and read the news."""
    trellis.tick(NINE_IN_NEW_YORK)
    return messages(trellis, who, "Decline")[0]


def test_the_other_is_told_once_in_their_working_hours(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"{EVERY_THURSDAY} as manager")
    trellis.tick()
    early = trellis.slack.dms(BEN)
    trellis.tick(NINE_IN_NEW_YORK)
    live_until(trellis, utc("2026-12-01 00:00"))

    assert early == []
    assert len(messages(trellis, BEN, "Decline")) == 1
    assert messages(trellis, AMY, "Decline") == []
    assert "says you report to them. Is that right?" in messages(trellis, BEN, "Decline")[0].text


def test_the_news_come_before_the_first_question(trellis: Trellis) -> None:
    trellis.clock.move(utc("2026-11-22 20:00"))
    trellis.slack.command(AMY, "/1on1 add @ben every monday 10:00")

    live_until(trellis, utc("2026-11-23 20:00"))

    assert trellis.slack.dms(BEN)[0].buttons == ["Looks right", "Correct it", "Decline"]
    assert len(preps(trellis, BEN)) == 1


def test_a_report_who_says_it_is_right_confirms_the_manager(trellis: Trellis) -> None:
    trellis.slack.command(BEN, "/goal add Give two demos by 2027-03-31")
    trellis.slack.command(AMY, f"{EVERY_THURSDAY} as manager")
    before = trellis.slack.command(AMY, "/goal of @ben").text

    answer = trellis.slack.press(BEN, told(trellis, BEN), "Looks right")

    assert "Give two demos" not in before
    assert answer.text.startswith("Thanks. You and")
    assert "Give two demos" in trellis.slack.command(AMY, "/goal of @ben").text


def test_what_was_right_before_the_roles_changed_confirms_no_manager(trellis: Trellis) -> None:
    trellis.slack.command(BEN, "/goal add Give two demos by 2027-03-31")
    answer = trellis.slack.command(AMY, EVERY_THURSDAY)
    news = told(trellis, BEN)
    trellis.slack.press(AMY, answer.message, "I am the manager")

    asked_again = trellis.slack.press(BEN, news, "Looks right").message

    assert "says you report to them. Is that right?" in asked_again.text
    assert "Give two demos" not in trellis.slack.command(AMY, "/goal of @ben").text
    trellis.slack.press(BEN, asked_again, "Looks right")
    assert "Give two demos" in trellis.slack.command(AMY, "/goal of @ben").text


def test_who_names_their_own_manager_has_confirmed_them(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Give two demos by 2027-03-31")
    trellis.slack.command(AMY, f"{EVERY_THURSDAY} as report")

    assert "Give two demos" in trellis.slack.command(BEN, "/goal of @amy").text


def test_a_manager_cannot_confirm_themselves(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add Give two demos by 2027-03-31")
    trellis.slack.command(AMY, EVERY_THURSDAY)
    news = told(trellis, BEN)
    forged = forging.button(news, "Looks right", "1:manager")

    trellis.slack.press(BEN, forged, "Looks right")
    opened_form = pressed(trellis, BEN, news, "Correct it")
    trellis.slack.submit(BEN, {"Who is who": "I am their manager"}, view=opened_form)

    assert "Give two demos" not in trellis.slack.command(BEN, "/goal of @amy").text


def test_the_other_can_correct_it(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    pressed(trellis, BEN, told(trellis, BEN), "Correct it")

    result = trellis.slack.submit(BEN, {"Next on": "2026-11-27", "Who is who": "They are my manager"})

    assert result.view is not None
    assert "every Friday at 10:00" in result.view.words
    assert "is your manager" in result.view.words
    assert "every Friday" in trellis.slack.command(AMY, "/1on1").text


def test_declining_ends_it_and_takes_back_what_was_not_sent(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    news = told(trellis, BEN)

    answer = trellis.slack.press(BEN, news, "Decline")
    live_until(trellis, utc("2026-12-05 00:00"))

    assert answer.text.startswith("Declined.")
    assert preps(trellis, AMY) + preps(trellis, BEN) == []
    assert "no standing 1-on-1" in trellis.slack.command(AMY, "/1on1").text


def test_only_who_declined_can_register_the_pair_again(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    trellis.slack.press(BEN, told(trellis, BEN), "Decline")

    refused = trellis.slack.command(AMY, EVERY_THURSDAY)
    taken_up = trellis.slack.command(BEN, "/1on1 add @amy every thursday 10:00")

    assert "declined a 1-on-1 here before, so only they can register one with you" in refused.text
    assert "Registered" in taken_up.text
    assert "have a standing 1-on-1 already" in trellis.slack.command(AMY, EVERY_THURSDAY).text


def test_declining_twice_says_the_same(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    news = told(trellis, BEN)
    first = trellis.slack.press(BEN, news, "Decline").text
    before = stored(trellis)

    assert trellis.slack.press(BEN, news, "Decline").text == first
    assert stored(trellis) == before


@pytest.mark.parametrize("label", ["Looks right", "Decline", "Correct it"])
def test_the_news_of_a_1on1_that_has_ended_since_says_so(trellis: Trellis, label: str) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    news = told(trellis, BEN)
    trellis.slack.command(AMY, "/1on1 end @ben")
    before = stored(trellis)

    answer = trellis.slack.press(BEN, news, label)

    assert "no standing 1-on-1 with" in answer.text
    assert answer.error is None
    assert stored(trellis) == before


def test_news_of_what_ended_before_they_were_told_never_come(trellis: Trellis) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    trellis.slack.command(AMY, "/1on1 end @ben")

    trellis.tick(NINE_IN_NEW_YORK)

    assert trellis.slack.dms(BEN) == []
    assert states(trellis, REGISTERED) == [(BEN, "cancelled", "the 1-on-1 has ended")]


def test_a_forged_confirmation_changes_nothing(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"{EVERY_THURSDAY} as manager")
    news, before = told(trellis, BEN), stored(trellis)

    for value in ("x", "", "1", "1:boss", "999:peer", f"{10**30}:peer", "-1:peer", "1:peer:1"):
        text = trellis.slack.press(BEN, forging.button(news, "Looks right", value), "Looks right").text
        assert "another time" in text or "I do not know a standing 1-on-1 of yours" in text, value
        assert stored(trellis) == before, value


@pytest.mark.parametrize("label", ["Looks right", "Decline", "Correct it"])
def test_buttons_about_somebody_elses_1on1_do_nothing(trellis: Trellis, label: str) -> None:
    trellis.slack.command(AMY, EVERY_THURSDAY)
    trellis.slack.command(MIA, "/1on1 add @ray every thursday 16:00")
    trellis.tick(utc("2026-11-23 14:00"))
    news = messages(trellis, RAY, "Decline")[0]
    value = "1:peer" if label == "Looks right" else "1"
    before = stored(trellis)

    answer = trellis.slack.press(RAY, forging.button(news, label, value), label)

    assert "I do not know a standing 1-on-1 of yours behind that" in answer.text
    assert stored(trellis) == before


def test_the_one_who_registered_cannot_answer_for_the_other(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, f"{EVERY_THURSDAY} as manager").message
    before = stored(trellis)

    for verb, value in (("confirm", "1:manager"), ("decline", "1")):
        forged = forging.button(answer, "We are peers", value, action_id=f"one_on_ones.{verb}")
        said = trellis.slack.press(AMY, forged, "We are peers").text
        assert "Only the person who was told about this 1-on-1 can answer that" in said
    assert stored(trellis) == before


def test_manager_report_and_peers_each_get_their_own_messages(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"{EVERY_THURSDAY} as manager")
    trellis.slack.command(AMY, "/1on1 add @ray every wednesday 11:00")

    live_until(trellis, utc("2026-11-27 00:00"))

    with_ben = next(each for each in preps(trellis, AMY) if BEN in each.text)
    assert "For your last 15 minutes" in with_ben.text
    assert "If the answer is short" in with_ben.text
    assert "Why this one" in with_ben.text
    assert with_ben.buttons == ["Another question", "Not useful"]
    assert "Something to bring" in preps(trellis, BEN)[0].text
    assert preps(trellis, BEN)[0].buttons == ["Note an answer", "Another question", "Not useful"]
    assert "For your last 15 minutes" in preps(trellis, RAY)[0].text
    assert [len(closings(trellis, who)) for who in (AMY, BEN, RAY)] == [2, 0, 1]


def test_a_role_changed_after_planning_decides_who_is_reminded(trellis: Trellis) -> None:
    trellis.slack.command(AMY, f"{EVERY_THURSDAY} as manager")
    live_until(trellis, utc("2026-11-24 00:00"))
    opened(trellis, BEN, "/growth settings")
    form = pressed(trellis, BEN, messages(trellis, BEN, "Decline")[0], "Correct it")
    trellis.slack.submit(BEN, {"Who is who": "I am their manager"}, view=form)

    live_until(trellis, utc("2026-11-27 00:00"))

    assert "Something to bring" in preps(trellis, AMY)[0].text
    assert "For your last 15 minutes" in preps(trellis, BEN)[0].text
    assert [len(closings(trellis, who)) for who in (AMY, BEN)] == [0, 1]


def test_two_who_register_each_other_at_the_same_instant_get_one_1on1(trellis_anywhere: Trellis) -> None:
    slack = trellis_anywhere.slack
    for who in (AMY, BEN):
        slack.command(who, "/growth")
    orders = [(AMY, EVERY_THURSDAY), (BEN, "/1on1 add @amy every thursday 10:00")]

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda order: slack.command(*order).text, orders))

    assert sorted("Registered" in answer for answer in answers) == [False, True]
    assert sorted("have a standing 1-on-1 already" in answer for answer in answers) == [False, True]
