"""Who comes, or works otherwise, after it was planned who hears when: one heads-up where there is time, never two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time

import pytest

from bot import members, planning
from bot.members import Limits, Preferences
from bot.permissions import Actor
from models.members import Member
from tests.handlers.buddies_stage import BERLIN, GROWTH, programme_of, standing_in
from tests.handlers.one_on_ones_stage import opened
from tests.handlers.rounds_stage import live_until, taking_part, with_button
from tests.people import HOUR, JONAS, MIA, MINUTE, MONDAY_NOON, ZOE
from tests.scenes import begin_with
from tests.trellis import Trellis, utc

START, HEADS_UP = utc("2026-12-01 09:00"), utc("2026-11-30 09:00")
"""A Tuesday, and the Monday before it, at ten in Berlin; from Tuesday, 24 November it is seen who hears earlier."""
THURSDAY, FRIDAY = utc("2026-11-26 09:00"), utc("2026-11-27 15:30")
LAST_HOUR = utc("2026-11-27 15:00")
"""The last before the round for whoever works until Friday at five."""
SATURDAY, MONDAY, EVENING = utc("2026-11-28 10:00"), utc("2026-11-30 10:00"), utc("2026-11-30 16:30")
MORNING = utc("2026-12-01 08:00")
ALL_WEEK, FROM_WEDNESDAY = "01234", "234"

Act = Callable[[Trellis], None]


def join(trellis: Trellis) -> None:
    assert "You are in" in trellis.slack.command(JONAS, "/buddy join", channel=GROWTH).text


def join_late(trellis: Trellis) -> None:
    answer = trellis.slack.command(JONAS, "/buddy join", channel=GROWTH).text
    assert "you are in it" in answer
    assert "a working day ahead" not in answer


def leave(trellis: Trellis) -> None:
    assert "You are out" in trellis.slack.command(JONAS, "/buddy leave", channel=GROWTH).text


def pause(trellis: Trellis) -> None:
    assert "You pause" in trellis.slack.command(JONAS, "/buddy pause until 2026-11-27").text


def pause_until_the_round(trellis: Trellis) -> None:
    assert "You pause" in trellis.slack.command(JONAS, "/buddy pause until 2026-12-01").text


def go_on_vacation(trellis: Trellis) -> None:
    """Let Slack say so until half an hour before the round."""
    ends = int((START - HOUR / 2).timestamp())
    trellis.slack.change_person(JONAS, status_emoji=members.ON_VACATION, status_expiration=ends)
    trellis.slack.eventually(lambda: _is_away(trellis))


def _is_away(trellis: Trellis) -> bool:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, JONAS)).is_away


def resume(trellis: Trellis) -> None:
    assert "You are in again" in trellis.slack.command(JONAS, "/buddy resume").text


def works(days: str) -> Act:
    """Let Jonas work on these days from now on."""

    def choose(trellis: Trellis) -> None:
        wanted = Preferences(frozenset(map(int, days)), time(9), time(17), lead_hours=24, limits=Limits(3))
        with trellis.sessions.begin() as session:
            members.prefer(session, Actor(trellis.workspace, JONAS), wanted)
            now = trellis.clock.people_now()
            planning.reach_again(session, trellis.workspace, JONAS, now=now)

    return choose


def programme_of_two(trellis: Trellis) -> None:
    """Let Mia and Zoë take part, and Jonas be known."""
    taking_part(trellis, (MIA, ZOE), zone=BERLIN)
    trellis.slack.bring_in(GROWTH, JONAS)
    trellis.slack.command(JONAS, "/growth")
    live_until(trellis, MONDAY_NOON + HOUR)


def heard(trellis: Trellis, who: str = JONAS) -> int:
    """Count the heads-ups somebody got."""
    return len(with_button(trellis.slack.dms(who), "Sit this one out"))


CASES: dict[str, tuple[Sequence[tuple[datetime, Act]], datetime | None]] = {
    "joins in time": ([(MONDAY_NOON, works(FROM_WEDNESDAY)), (THURSDAY, join)], LAST_HOUR),
    "joins after the heads-up": ([(MONDAY, join_late)], MONDAY),
}
MORE: dict[str, tuple[Sequence[tuple[datetime, Act]], datetime | None]] = {
    "joins too late": ([(MONDAY_NOON, works(FROM_WEDNESDAY)), (SATURDAY, join)], None),
    "works otherwise in time": ([(MONDAY_NOON, join), (THURSDAY, works(FROM_WEDNESDAY))], LAST_HOUR),
    "joins in the last hour": ([(MONDAY_NOON, works(FROM_WEDNESDAY)), (FRIDAY, join)], FRIDAY),
    "works otherwise too late": ([(MONDAY_NOON, join), (SATURDAY, works(FROM_WEDNESDAY))], None),
    "works more before hearing earlier": (
        [(MONDAY_NOON, works(FROM_WEDNESDAY)), (MONDAY_NOON, join), (THURSDAY, works(ALL_WEEK))],
        HEADS_UP,
    ),
    "works more after hearing earlier": (
        [(MONDAY_NOON, works(FROM_WEDNESDAY)), (MONDAY_NOON, join), (SATURDAY, works(ALL_WEEK))],
        LAST_HOUR,
    ),
    "joins after the heads-up without an hour left": (
        [(MONDAY_NOON, works(FROM_WEDNESDAY)), (MONDAY, join)],
        None,
    ),
    "joins in the evening before": ([(EVENING, join)], MORNING),
    "joins, leaves and joins again": (
        [(MONDAY, join), (MONDAY + MINUTE, leave), (MONDAY + HOUR, join)],
        MONDAY,
    ),
    "left as it was to come, and joins again": (
        [(MONDAY_NOON, join), (THURSDAY, works(FROM_WEDNESDAY)), (THURSDAY, leave), (FRIDAY, join)],
        FRIDAY,
    ),
    "is back from a pause by itself": (
        [(MONDAY_NOON, works(FROM_WEDNESDAY)), (MONDAY_NOON, join), (MONDAY_NOON, pause)],
        LAST_HOUR,
    ),
    "pauses until the day of the round": ([(MONDAY_NOON, join), (THURSDAY, pause_until_the_round)], MORNING),
    "is on vacation until shortly before": (
        [(MONDAY_NOON, join), (SATURDAY, go_on_vacation)],
        START - HOUR / 2,
    ),
    "ends a pause": ([(MONDAY_NOON, join), (MONDAY_NOON, pause), (THURSDAY, resume)], HEADS_UP),
}


@pytest.mark.parametrize(
    "case",
    [
        *CASES,
        *(pytest.param(name, marks=pytest.mark.siege) for name in MORE),
    ],
)
def test_whoever_comes_or_works_otherwise_later_hears_once_if_there_is_time(
    trellis: Trellis, case: str
) -> None:
    events, told_at = (CASES | MORE)[case]
    begin_with(trellis, programme_of_two)

    for moment, act in events:
        if moment > trellis.clock.people_now():
            live_until(trellis, moment)
        act(trellis)
    if told_at is not None:
        if told_at > trellis.clock.people_now():
            live_until(trellis, told_at - MINUTE)
            assert heard(trellis) == 0
        live_until(trellis, max(told_at, trellis.clock.people_now()))
        assert heard(trellis) == 1
    live_until(trellis, START + HOUR)

    assert heard(trellis) == (told_at is not None)
    assert heard(trellis, MIA) == 1


def test_other_hours_set_with_the_form_have_it_heard_earlier(trellis: Trellis) -> None:
    begin_with(trellis, programme_of_two)
    join(trellis)
    live_until(trellis, THURSDAY)

    form = opened(trellis, JONAS, "/growth settings")
    trellis.slack.submit(JONAS, {"Days on which I may write to you": ["2", "3", "4"]}, view=form)
    live_until(trellis, LAST_HOUR)

    assert heard(trellis) == 1


def test_who_is_enrolled_with_the_channel_later_hears_in_time_as_well(trellis: Trellis) -> None:
    begin_with(trellis, programme_of_two)
    works(FROM_WEDNESDAY)(trellis)
    live_until(trellis, THURSDAY)

    trellis.slack.command(MIA, "/buddy programme everyone")
    trellis.slack.eventually(lambda: JONAS in standing_in(trellis, programme_of(trellis)))  # type: ignore[arg-type]
    live_until(trellis, LAST_HOUR)

    assert heard(trellis) == 1
