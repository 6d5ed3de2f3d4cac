"""What is respected at the moment of sending: skips, ends, pauses, absence, working hours."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.planning import CLOSING, PREP, REGISTERED
from models.members import Member
from tests.handlers.one_on_ones_stage import closings, home_of, live_until, messages, preps, states
from tests.people import AMY, BEN, HOUR
from tests.scenes import begin_with
from tests.trellis import Trellis, utc

PLANNED = utc("2026-11-23 15:00")
QUESTION = utc("2026-11-25 15:00")
MEETING = utc("2026-11-26 15:00")
OVER = utc("2026-11-26 16:00")


@pytest.fixture
def planned(trellis: Trellis) -> Trellis:
    """Give an app in which Amy's and Ben's Thursday at 10:00 (15:00 UTC) is planned and Ben was told."""
    begin_with(trellis, plan)
    return trellis


def plan(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00")
    live_until(trellis, PLANNED)


def away(trellis: Trellis, who: str, *, until: datetime | None, emoji: str = ":palm_tree:") -> None:
    """Set somebody's Slack status and wait until the bot has heard of it."""
    expires = int(until.timestamp()) if until else 0
    trellis.slack.change_person(who, status_emoji=emoji, status_text="Away", status_expiration=expires)
    believed = (emoji == ":palm_tree:", until)
    trellis.slack.eventually(lambda: absence(trellis, who) == believed)


def absence(trellis: Trellis, who: str) -> tuple[bool, datetime | None]:
    with trellis.sessions.read() as session:
        member = session.get_one(Member, (trellis.workspace, who))
        return member.is_away, member.away_until


def is_deactivated(trellis: Trellis, who: str) -> bool:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).is_deactivated


def counts(trellis: Trellis) -> list[int]:
    return [len(found(trellis, who)) for found in (preps, closings) for who in (AMY, BEN)]


def test_undisturbed_both_get_a_question_and_a_reminder(planned: Trellis) -> None:
    live_until(planned, OVER)

    assert counts(planned) == [1, 1, 1, 1]


def test_a_skipped_meeting_is_silent(planned: Trellis) -> None:
    planned.slack.command(BEN, "/1on1 skip @amy")

    live_until(planned, OVER)

    assert counts(planned) == [0, 0, 0, 0]
    assert states(planned, PREP)[:2] == [(who, "cancelled", "skipped") for who in (AMY, BEN)]


def test_skipped_after_the_question_it_is_not_reminded_of(planned: Trellis) -> None:
    live_until(planned, QUESTION)
    planned.slack.command(AMY, "/1on1 skip @ben")

    live_until(planned, OVER)

    assert counts(planned) == [1, 1, 0, 0]


def test_an_ended_1on1_is_silent(planned: Trellis) -> None:
    planned.slack.command(AMY, "/1on1 end @ben")

    live_until(planned, OVER)

    assert counts(planned) == [0, 0, 0, 0]
    assert {state[1:] for state in states(planned, PREP)} == {("cancelled", "the 1-on-1 has ended")}


def test_ended_during_the_meeting_it_is_not_reminded_of(planned: Trellis) -> None:
    live_until(planned, MEETING)
    planned.slack.command(AMY, "/1on1 end @ben")

    live_until(planned, OVER)

    assert counts(planned) == [1, 1, 0, 0]


def test_moved_earlier_at_the_last_moment_it_is_still_told_of(planned: Trellis) -> None:
    planned.slack.command(AMY, "/1on1 move @ben to 2026-11-24 10:00")

    live_until(planned, utc("2026-11-24 16:00"))

    assert counts(planned) == [1, 1, 1, 1]


def test_a_pause_puts_the_question_off_to_its_end(planned: Trellis) -> None:
    planned.slack.command(AMY, "/growth pause until thursday")

    live_until(planned, utc("2026-11-26 13:59"))
    before = counts(planned)
    live_until(planned, OVER)

    assert before == [0, 1, 0, 0]
    assert counts(planned) == [1, 1, 1, 1]


def test_a_pause_beyond_the_meeting_lets_its_messages_expire_with_the_reason(planned: Trellis) -> None:
    planned.slack.command(AMY, "/growth pause")

    live_until(planned, OVER)

    assert counts(planned) == [0, 1, 0, 1]
    assert states(planned, PREP)[0] == (AMY, "expired", "paused or away")
    assert states(planned, CLOSING)[0] == (AMY, "expired", "paused or away")


@pytest.mark.parametrize("by_mouse", [True, False])
def test_who_resumes_earlier_gets_the_question_then(planned: Trellis, by_mouse: bool) -> None:
    planned.slack.command(AMY, "/growth pause until thursday")
    live_until(planned, utc("2026-11-25 18:00"))

    if by_mouse:
        planned.slack.press(AMY, home_of(planned, AMY), "Resume")
        planned.slack.eventually(lambda: "Pause" in home_of(planned, AMY).buttons)
    else:
        planned.slack.command(AMY, "/growth resume")
    live_until(planned, utc("2026-11-25 18:05"))

    assert counts(planned) == [1, 1, 0, 0]


def test_a_pause_without_an_end_that_is_ended_in_time_costs_nothing(planned: Trellis) -> None:
    planned.slack.command(AMY, "/growth pause")
    live_until(planned, utc("2026-11-25 20:00"))
    before = counts(planned)

    planned.slack.command(AMY, "/growth resume")
    live_until(planned, utc("2026-11-26 14:01"))

    assert before[:2] == [0, 1]
    assert counts(planned)[:2] == [1, 1]


def test_news_put_off_by_a_pause_come_when_it_is_ended_and_the_question_after_them(trellis: Trellis) -> None:
    trellis.slack.command(BEN, "/growth pause")
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 15:00 as manager")
    live_until(trellis, utc("2026-11-25 20:30"))
    before = trellis.slack.dms(BEN)

    trellis.slack.command(BEN, "/growth resume")
    live_until(trellis, utc("2026-11-26 15:00"))

    assert before == []
    assert ["Decline" in message.buttons for message in trellis.slack.dms(BEN)] == [True, False]


def test_news_of_a_registration_wait_for_the_end_of_a_pause(trellis: Trellis) -> None:
    trellis.slack.command(BEN, "/growth pause until thursday")
    trellis.slack.command(AMY, "/1on1 add @ben every friday 10:00")

    live_until(trellis, utc("2026-11-26 13:59"))
    before = trellis.slack.dms(BEN)
    live_until(trellis, utc("2026-11-26 14:00"))

    assert before == []
    assert len(messages(trellis, BEN, "Decline")) == 1
    assert states(trellis, REGISTERED) == [(BEN, "sent", None)]


@pytest.mark.parametrize("who", [AMY, BEN])
def test_a_deactivated_person_silences_the_meeting_for_both(planned: Trellis, who: str) -> None:
    planned.slack.change_person(who, deleted=True)
    planned.slack.eventually(lambda: is_deactivated(planned, who))

    live_until(planned, OVER)

    assert {state[1:] for state in states(planned, PREP)} == {("cancelled", "deactivated")}
    assert {state[1:] for state in states(planned, CLOSING)} == {("cancelled", "deactivated")}


def test_that_an_account_is_gone_is_learnt_from_one_refusal(planned: Trellis) -> None:
    planned.slack.fault("chat.postMessage", "error", times=1, error="account_inactive")

    live_until(planned, OVER)

    assert is_deactivated(planned, AMY) != is_deactivated(planned, BEN), "only whose message was refused"
    assert counts(planned) in ([0, 1, 0, 0], [1, 0, 0, 0]), "one was told already, nobody of the end"
    assert {state for _, state, _ in states(planned, CLOSING)} == {"cancelled"}


def test_a_vacation_that_ends_before_the_meeting_puts_the_question_off(planned: Trellis) -> None:
    away(planned, AMY, until=utc("2026-11-26 14:20"))

    live_until(planned, utc("2026-11-26 14:19"))
    before = counts(planned)
    live_until(planned, utc("2026-11-26 14:21"))

    assert before == [0, 1, 0, 0]
    assert counts(planned) == [1, 1, 0, 0]


@pytest.mark.parametrize("until", [None, MEETING + 2 * HOUR])
def test_a_vacation_beyond_the_meeting_lets_its_question_expire_with_the_reason(
    planned: Trellis, until: datetime | None
) -> None:
    away(planned, AMY, until=until)

    live_until(planned, OVER)

    assert counts(planned) == [0, 1, 0, 1]
    assert states(planned, PREP)[0] == (AMY, "expired", "paused or away")


def test_a_status_that_is_taken_back_lets_the_question_through(planned: Trellis) -> None:
    away(planned, AMY, until=utc("2026-11-26 14:30"))
    live_until(planned, utc("2026-11-25 16:00"))
    before = counts(planned)
    away(planned, AMY, until=None, emoji="")

    live_until(planned, utc("2026-11-25 17:00"))

    assert before[:2] == [0, 1]
    assert counts(planned)[:2] == [1, 1]


def test_another_status_silences_nothing(planned: Trellis) -> None:
    away(planned, AMY, until=MEETING + HOUR, emoji=":headphones:")

    live_until(planned, OVER)

    assert counts(planned) == [1, 1, 1, 1]


def test_a_tick_at_night_waits_for_the_morning(planned: Trellis) -> None:
    planned.slack.command(AMY, "/1on1 move @ben to thursday 16:30")
    planned.tick(utc("2026-11-26 01:00"))
    before = counts(planned)
    reasons = {state[2] for state in states(planned, PREP)}

    live_until(planned, utc("2026-11-26 14:00"))

    assert before == [0, 0, 0, 0]
    assert reasons == {"outside working hours"}
    assert counts(planned) == [1, 1, 0, 0]
