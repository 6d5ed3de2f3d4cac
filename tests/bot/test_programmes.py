"""Programmes through the store: one a channel, whose it is, and what a change does to its rounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time

import pytest
from sqlalchemy import Engine, select

from bot import enrolments, programme_news, programmes, rounds, zone_changes
from bot.errors import Refusal
from bot.permissions import Actor, NotForYouToTake, NotYourProgramme
from bot.programme_settings import (
    TERMS,
    ImpossibleGroup,
    ImpossibleHours,
    ImpossiblePact,
    ImpossibleSetting,
    ImpossibleWeeks,
    ImpossibleWindow,
    NothingCounts,
    Settings,
    check,
    settings_of,
)
from bot.programmes import CannotOwn, Channel, ChannelArchived, ProgrammeEnded, ThereIsOne, YoursAlready
from bot.round_due import Step, step_of
from bot.runtime.database import Sessions
from models.outbox import READY, Delivery
from models.programmes import EVERYONE, Programme
from models.rounds import CANCELLED, MATCHED, Round
from tests.bot.buddies_stage import BERLIN, ROOM, TEAM, actor, found, know, profile, running
from tests.bot.rounds_stage import HEADS_UP, START, staffed, step
from tests.people import DAY, HOUR, MONDAY_NOON
from tests.trellis import utc

WED = 2


@pytest.fixture
def sessions(sqlite: Engine) -> Sessions:
    """Give transactions on SQLite alone: where the stores may differ, a test asks for both."""
    return Sessions(sqlite)


def held_round(sessions: Sessions, programme_id: int, *, state: str = MATCHED, on: date) -> int:
    """Write a round as it stands after a step."""
    with sessions.begin() as session:
        programme = found(session, programme_id)
        at = programmes.rhythm_of(programme).starts_at(on)
        row = Round(
            workspace_id=TEAM,
            programme_id=programme_id,
            number=programme.next_number,
            on=on,
            starts_at=at,
            ends_at=at + 14 * DAY,
            state=state,
            next_fire_at=at,
            seed=1,
        )
        session.add(row)
        programme.next_number += 1
        session.flush()
        return row.id


def messages(sessions: Sessions, kind: str) -> list[tuple[str, str]]:
    """List who is to get a message of the kind, and what became of it."""
    with sessions.read() as session:
        rows = session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id))
        return [(row.receiver, row.state) for row in rows]


def test_a_programme_begins_with_the_round_people_can_hear_of_and_invites_its_channel(
    sessions: Sessions,
) -> None:
    programme_id = running(sessions)

    with sessions.read() as session:
        programme = found(session, programme_id)
        assert (programme.next_on, programme.next_number) == (date(2026, 12, 1), 1)
        assert programme.next_fire_at == utc("2026-11-24 09:00")
    assert messages(sessions, programme_news.INVITATION) == [(ROOM.id, READY)]


def test_a_channel_has_one_programme_at_a_time(store: Engine) -> None:
    sessions = Sessions(store)
    first = running(sessions)

    with pytest.raises(ThereIsOne, match="UOWNER"):
        running(sessions, ["UOTHER"])

    with sessions.begin() as session:
        programmes.end(session, actor("UOWNER"), first, now=MONDAY_NOON)
    assert running(sessions, ["UOTHER"]) != first


def test_of_two_who_start_one_at_once_the_second_is_refused(store: Engine) -> None:
    sessions = Sessions(store)
    with sessions.begin() as session:
        know(session, profile("UOWNER"), profile("UOTHER"))

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            programmes.start(session, actor("UOWNER"), ROOM, _settings(), now=MONDAY_NOON)
            session.flush()
            second = pool.submit(running, sessions, ["UOTHER"])
            with pytest.raises(TimeoutError):  # it waits for what comes of the first
                second.result(timeout=0.2)
        with pytest.raises(ThereIsOne, match="UOWNER"):
            second.result(timeout=10)


def test_an_archived_channel_gets_none(sessions: Sessions) -> None:
    with sessions.begin() as session:
        know(session, profile("UOWNER"))
        archived = Channel("COLD", programme_news.ARCHIVED)
        with pytest.raises(ChannelArchived):
            programmes.start(session, actor("UOWNER"), archived, _settings(), now=MONDAY_NOON)


def _settings(**said: object) -> Settings:
    return Settings(BERLIN).changed(said)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"group_size": 5}, ImpossibleGroup),
        ({"every_weeks": 13}, ImpossibleWeeks),
        ({"repeat_window": 27}, ImpossibleWindow),
        ({"shared_minutes": 90}, ImpossibleHours),
        ({"pact_weeks": 3}, ImpossiblePact),
        ({"zone": "Mars/Base"}, ImpossibleSetting),
        ({"weekday": 7}, ImpossibleSetting),
        ({"mixing": "random"}, ImpossibleSetting),
        ({"enrolment": "forced"}, ImpossibleSetting),
        ({"weights": {"charm": "more"}}, ImpossibleSetting),
        ({"weights": {"skills": "most"}}, ImpossibleSetting),
        ({"weights": dict.fromkeys(TERMS, "off")}, NothingCounts),
    ],
)
def test_what_no_programme_can_be_is_refused_at_its_field(
    said: dict[str, object], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal) as refused:
        check(_settings(**said))

    assert refused.value.field == f"buddies.{next(iter(said))}"


def test_only_the_owner_changes_it_wherever_the_id_came_from(sessions: Sessions) -> None:
    programme_id = running(sessions, ["UOWNER", "UOTHER"])

    with sessions.begin() as session:
        for forged in (programme_id, programme_id + 1):
            with pytest.raises(NotYourProgramme):
                programmes.change(session, actor("UOTHER"), forged, _settings(), now=MONDAY_NOON)
            with pytest.raises(NotYourProgramme):
                programmes.hand_over(session, actor("UOTHER"), forged, "UOTHER", now=MONDAY_NOON)
            with pytest.raises(NotYourProgramme):
                programmes.end(session, actor("UOTHER"), forged, now=MONDAY_NOON)
        stranger = Actor("T2", "UOWNER")
        with pytest.raises(NotYourProgramme):
            programmes.end(session, stranger, programme_id, now=MONDAY_NOON)


def test_a_change_holds_from_the_next_round_and_leaves_the_announced_one_its_day(sessions: Sessions) -> None:
    programme_id = running(sessions)
    announced = held_round(sessions, programme_id, state="announced", on=date(2026, 12, 1))

    with sessions.begin() as session:
        said = _settings(weekday=WED, at=time(14), group_size=3, enrolment=EVERYONE)
        programmes.change(session, actor("UOWNER"), programme_id, said, now=utc("2026-11-30 12:00"))

    with sessions.read() as session:
        programme = found(session, programme_id)
        assert settings_of(programme) == said
        assert programme.next_on == date(2026, 12, 16)
        assert programme.next_fire_at == utc("2026-12-09 13:00")
        assert session.get_one(Round, announced).on == date(2026, 12, 1)
    assert len(messages(sessions, programme_news.INVITATION)) == 2


def test_another_hour_leaves_the_day_of_the_next_round_alone(sessions: Sessions) -> None:
    programme_id = running(sessions)

    with sessions.begin() as session:
        said = _settings(at=time(15), zone="America/New_York")
        programmes.change(session, actor("UOWNER"), programme_id, said, now=MONDAY_NOON)

    with sessions.read() as session:
        programme = found(session, programme_id)
        assert (programme.next_on, programme.next_fire_at) == (date(2026, 12, 1), utc("2026-11-24 20:00"))


def test_a_programme_is_handed_over_and_back(sessions: Sessions) -> None:
    programme_id = running(sessions, ["UOWNER", "UHEIR"])

    with sessions.begin() as session:
        know(session, profile("UGUEST", is_guest=True), profile("UGONE", is_deactivated=True))
        programmes.hand_over(session, actor("UOWNER"), programme_id, "UHEIR", now=MONDAY_NOON)
        with pytest.raises(NotYourProgramme):
            programmes.end(session, actor("UOWNER"), programme_id, now=MONDAY_NOON)
        programmes.hand_over(session, actor("UHEIR"), programme_id, "UOWNER", now=MONDAY_NOON)
        with pytest.raises(YoursAlready):
            programmes.hand_over(session, actor("UOWNER"), programme_id, "UOWNER", now=MONDAY_NOON)
        for unfit in ("UNOBODY", "UGUEST", "UGONE"):
            with pytest.raises(CannotOwn):
                programmes.hand_over(session, actor("UOWNER"), programme_id, unfit, now=MONDAY_NOON)

    told = messages(sessions, programme_news.HANDED_OVER)
    assert [receiver for receiver, _ in told] == ["UHEIR", "UOWNER"]


def test_an_admin_follows_only_an_owner_who_is_gone(sessions: Sessions) -> None:
    programme_id = running(sessions, ["UOWNER", "UOTHER"])

    with sessions.begin() as session:
        know(session, profile("UADMIN", is_admin=True))
        with pytest.raises(NotForYouToTake):
            programmes.take_over(session, actor("UADMIN"), found(session, programme_id))
        know(session, profile("UOWNER", is_deactivated=True))
        with pytest.raises(NotForYouToTake):
            programmes.take_over(session, actor("UOTHER"), found(session, programme_id))
        programmes.take_over(session, actor("UADMIN"), found(session, programme_id))

    with sessions.read() as session:
        assert found(session, programme_id).owner == "UADMIN"


def test_ending_calls_off_what_is_announced_and_lets_people_finish(sessions: Sessions) -> None:
    programme_id = running(sessions)
    under_way = held_round(sessions, programme_id, on=date(2026, 12, 1))
    announced = held_round(sessions, programme_id, state="announced", on=date(2026, 12, 15))

    with sessions.begin() as session:
        programmes.end(session, actor("UOWNER"), programme_id, now=MONDAY_NOON)

    with sessions.begin() as session:
        assert session.get_one(Round, under_way).state == MATCHED
        waiting = session.get_one(Round, announced)
        assert step_of(found(session, programme_id), waiting, MONDAY_NOON) is Step.CALL_OFF
        assert session.scalars(Programme.next_moment()).first() is None
        with pytest.raises(ProgrammeEnded):
            programmes.change(session, actor("UOWNER"), programme_id, _settings(), now=MONDAY_NOON)


def test_the_owner_hears_once_that_no_round_can_be_held_and_once_that_they_can_again(
    sessions: Sessions,
) -> None:
    programme_id = running(sessions)

    for _ in range(2):
        with sessions.begin() as session:
            programme_news.hold(session, found(session, programme_id), "archived", now=MONDAY_NOON)
    with sessions.begin() as session:
        for delivery in session.scalars(select(Delivery).where(Delivery.kind == programme_news.HELD)):
            delivery.state = "sent"
    for _ in range(2):
        with sessions.begin() as session:
            programme_news.release(session, found(session, programme_id), now=MONDAY_NOON + HOUR)

    assert messages(sessions, programme_news.HELD) == [("UOWNER", "sent")]
    assert messages(sessions, programme_news.RELEASED) == [("UOWNER", READY)]


def test_an_owner_who_never_heard_that_it_was_held_hears_nothing(sessions: Sessions) -> None:
    programme_id = running(sessions)

    with sessions.begin() as session:
        programme_news.hold(session, found(session, programme_id), "without the bot", now=MONDAY_NOON)
        session.flush()
        programme_news.release(session, found(session, programme_id), now=MONDAY_NOON)

    assert messages(sessions, programme_news.HELD) == [("UOWNER", CANCELLED)]
    assert messages(sessions, programme_news.RELEASED) == []


def test_a_preview_of_the_next_round_announces_nothing_and_follows_the_rhythm(sessions: Sessions) -> None:
    programme_id = running(sessions)
    previewed = held_round(sessions, programme_id, state="previewed", on=date(2026, 12, 1))
    with sessions.begin() as session:
        found(session, programme_id).next_number = 1

    with sessions.begin() as session:
        said = _settings(weekday=WED)
        programme = programmes.change(session, actor("UOWNER"), programme_id, said, now=MONDAY_NOON)
        (seen,) = enrolments.mine(session, actor("UOWNER"), today=MONDAY_NOON.date(), now=MONDAY_NOON)

        assert programme.next_on == date(2026, 11, 25)
        assert seen.next_at == utc("2026-11-25 09:00")
        assert enrolments.next_round(session, programme) == (1, utc("2026-11-25 09:00"))
        assert session.get_one(Round, previewed).on == date(2026, 12, 1)


def with_new_zone_data(sessions: Sessions) -> None:
    while True:
        with sessions.begin() as session:
            if not zone_changes.refresh(session, now=MONDAY_NOON):
                break


def test_a_country_that_changes_its_clocks_moves_the_next_step(sessions: Sessions) -> None:
    programme_id = running(sessions)
    with sessions.begin() as session:
        right = found(session, programme_id).next_fire_at
        found(session, programme_id).next_fire_at += HOUR

    with_new_zone_data(sessions)

    with sessions.read() as session:
        assert found(session, programme_id).next_fire_at == right


def test_a_round_people_have_heard_of_begins_at_its_hour_by_the_new_zone_data(store: Engine) -> None:
    sessions = Sessions(store)
    programme_id = staffed(sessions, 2)
    step(sessions, HEADS_UP)
    with sessions.begin() as session:
        (waiting,) = session.scalars(Round.announced(programme_id))
        right = waiting.on, waiting.starts_at, waiting.ends_at, waiting.next_fire_at
        for name in ("starts_at", "ends_at", "next_fire_at"):
            setattr(waiting, name, getattr(waiting, name) - HOUR)
        said = _settings(at=time(15))
        programmes.change(session, actor("U001"), programme_id, said, now=HEADS_UP)

    with_new_zone_data(sessions)

    with sessions.read() as session:
        (moved,) = session.scalars(Round.announced(programme_id))
        assert (moved.on, moved.starts_at, moved.ends_at, moved.next_fire_at) == right
        assert moved.starts_at == START


def test_a_round_its_owner_has_begun_stays_where_it_is(sessions: Sessions) -> None:
    programme_id = staffed(sessions, 2)
    with sessions.begin() as session:
        rounds.match_now(session, actor("U001"), programme_id, MONDAY_NOON)

    with_new_zone_data(sessions)

    with sessions.read() as session:
        (begun,) = session.scalars(Round.announced(programme_id))
        assert (begun.starts_at, begun.next_fire_at) == (MONDAY_NOON, MONDAY_NOON)
