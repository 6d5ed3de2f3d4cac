"""New time zone data: planned moments follow the wall clock, and nothing is said twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, update

from bot import occurrences, zone_changes
from bot.zones import ZONE_DATA_VERSION
from handlers import wiring
from models.one_on_ones import Occurrence, OneOnOne
from models.outbox import Delivery
from models.workspaces import Workspace
from sandbox.driver import Driver
from tests.people import BEN, DAY, HOUR, JONAS, MIA
from tests.stores import Postgres
from tests.trellis import ROOT, Bot, Trellis, utc


def computed_with_old_zones(trellis: Trellis, wrong_by: timedelta) -> None:
    """Leave the store as older zone data would have left it: every moment off by an hour."""
    with trellis.sessions.begin() as session:
        session.execute(update(Workspace).values(zone_data="2019.1"))
        for one_on_one in session.scalars(select(OneOnOne)):
            one_on_one.next_fire_at += wrong_by
        for occurrence in session.scalars(select(Occurrence)):
            occurrence.starts_at += wrong_by
        for delivery in session.scalars(select(Delivery).where(Delivery.kind != "one_on_ones.registered")):
            delivery.not_before, delivery.expire_at = (
                delivery.not_before + wrong_by,
                delivery.expire_at + wrong_by,
            )


def moments(trellis: Trellis) -> list[object]:
    with trellis.sessions.read() as session:
        return [
            *session.execute(select(OneOnOne.id, OneOnOne.next_fire_at).order_by(OneOnOne.id)),
            *session.execute(select(Occurrence.id, Occurrence.starts_at).order_by(Occurrence.id)),
            *session.execute(
                select(Delivery.key, Delivery.not_before, Delivery.expire_at).order_by(Delivery.key)
            ),
        ]


def test_planned_moments_are_computed_anew_when_zone_data_changes(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    trellis.slack.command(MIA, "/1on1 add @jonas every wednesday 10:00 as manager")
    trellis.slack.command(BEN, "/1on1 add @amy every month on the first monday at 10:00")
    right = moments(trellis)
    computed_with_old_zones(trellis, wrong_by=HOUR)

    wiring.refresh_zones(trellis.sessions, clock=trellis.clock)

    assert moments(trellis) == right
    with trellis.sessions.read() as session:
        assert session.scalars(select(Workspace.zone_data)).all() == [ZONE_DATA_VERSION]


def test_a_nudge_that_was_sent_before_the_change_does_not_come_again(trellis: Trellis) -> None:
    trellis.slack.command(MIA, "/1on1 add @jonas every wednesday 10:00 as manager")
    trellis.tick(utc("2026-11-24 09:00"))
    trellis.tick(utc("2026-11-24 09:01"))
    told = len(trellis.slack.dms(MIA)), len(trellis.slack.dms(JONAS))
    computed_with_old_zones(trellis, wrong_by=-HOUR)

    wiring.refresh_zones(trellis.sessions, clock=trellis.clock)
    trellis.tick(utc("2026-11-25 08:59"))

    assert told == (1, 2)
    assert (len(trellis.slack.dms(MIA)), len(trellis.slack.dms(JONAS))) == told


FIVE_PAIRS = [(MIA, "jonas"), (BEN, "amy"), (MIA, "zoe"), (BEN, "mia"), (JONAS, "zoe")]


def five_meetings(trellis: Trellis) -> list[object]:
    """Register five 1-on-1s, and give their moments, which are right."""
    for organiser, partner in FIVE_PAIRS:
        trellis.slack.command(organiser, f"/1on1 add @{partner} every wednesday 10:00")
    return moments(trellis)


def zone_data(trellis: Trellis) -> str | None:
    with trellis.sessions.read() as session:
        return session.scalars(select(Workspace.zone_data)).one()


def refresh_two(trellis: Trellis) -> bool:
    with trellis.sessions.begin() as session:
        return zone_changes.refresh(session, now=trellis.clock.people_now(), limit=2)


def test_a_large_workspace_is_brought_up_to_date_batch_by_batch(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    right = five_meetings(trellis)
    computed_with_old_zones(trellis, wrong_by=HOUR)

    versions = []
    while refresh_two(trellis):
        versions.append(zone_data(trellis))

    assert versions == [
        f"2019.1 > {ZONE_DATA_VERSION} @ 2",
        f"2019.1 > {ZONE_DATA_VERSION} @ 4",
        ZONE_DATA_VERSION,
    ]
    assert moments(trellis) == right


def test_a_full_last_batch_ends_with_the_next_which_is_empty(trellis: Trellis) -> None:
    right = five_meetings(trellis)
    computed_with_old_zones(trellis, wrong_by=HOUR)

    with trellis.sessions.begin() as session:
        assert zone_changes.refresh(session, now=trellis.clock.people_now(), limit=5)
    assert zone_data(trellis) != ZONE_DATA_VERSION
    wiring.refresh_zones(trellis.sessions, clock=trellis.clock)

    assert zone_data(trellis) == ZONE_DATA_VERSION
    assert moments(trellis) == right


@pytest.mark.siege
def test_after_a_kill_in_the_second_batch_the_first_is_not_done_again(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    right = five_meetings(trellis)
    computed_with_old_zones(trellis, wrong_by=HOUR)
    _killed_in_its_second_batch(trellis)
    kept = zone_data(trellis)
    with trellis.sessions.begin() as session:
        session.get_one(OneOnOne, 1).next_fire_at += DAY  # as if somebody had changed it meanwhile

    wiring.refresh_zones(trellis.sessions, clock=trellis.clock)

    assert kept == f"2019.1 > {ZONE_DATA_VERSION} @ 2"
    assert zone_data(trellis) == ZONE_DATA_VERSION
    with trellis.sessions.begin() as session:
        session.get_one(OneOnOne, 1).next_fire_at -= DAY
    assert moments(trellis) == right


def _killed_in_its_second_batch(trellis: Trellis) -> None:
    address = trellis.sessions.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.bot.doomed_refresh",
        address,
        trellis.clock.people_now().isoformat(),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as doomed:
        assert doomed.stdout is not None
        assert doomed.stdout.readline() == "holding\n"
        doomed.kill()


@pytest.fixture
def on_postgresql(slack: Driver, served_bot: Bot, postgres: Postgres) -> Iterator[Trellis]:
    """Give Trellis on PostgreSQL, where several processes write at once."""
    with postgres.reused() as engine, served_bot.on(engine) as trellis:
        yield trellis


def test_while_a_batch_is_on_its_way_its_workspace_is_posted_to(on_postgresql: Trellis) -> None:
    trellis = on_postgresql
    five_meetings(trellis)
    computed_with_old_zones(trellis, wrong_by=HOUR)

    with trellis.sessions.begin() as moving, trellis.sessions.begin() as claiming:
        zone_changes.refresh(moving, now=trellis.clock.people_now(), limit=2)
        claimed = claiming.scalars(Workspace.locked(), {"workspace_ids": [trellis.workspace]}).all()

    assert [workspace.workspace_id for workspace in claimed] == [trellis.workspace]


def test_a_second_process_waits_for_the_batch_of_the_first_and_goes_on(on_postgresql: Trellis) -> None:
    trellis = on_postgresql
    right = five_meetings(trellis)
    computed_with_old_zones(trellis, wrong_by=HOUR)

    with ThreadPoolExecutor(1) as pool:
        with trellis.sessions.begin() as session:
            zone_changes.refresh(session, now=trellis.clock.people_now(), limit=2)
            session.flush()
            second = pool.submit(refresh_two, trellis)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.2)
        assert second.result()

    assert zone_data(trellis) == f"2019.1 > {ZONE_DATA_VERSION} @ 4"
    wiring.refresh_zones(trellis.sessions, clock=trellis.clock)
    assert moments(trellis) == right


def test_what_people_move_meanwhile_stays_where_they_put_it(on_postgresql: Trellis) -> None:
    trellis = on_postgresql
    trellis.slack.command(MIA, "/1on1 add @jonas every wednesday 10:00 as manager")
    computed_with_old_zones(trellis, wrong_by=HOUR)

    with ThreadPoolExecutor(1) as pool:
        with trellis.sessions.begin() as session:
            one_on_one = session.scalars(OneOnOne.locked(trellis.workspace, 1)).one()
            refreshed = pool.submit(wiring.refresh_zones, trellis.sessions, clock=trellis.clock)
            occurrences.move(
                session,
                one_on_one,
                on=date(2026, 11, 27),
                at=time(15),
                zone="UTC",
                now=trellis.clock.people_now(),
            )
        refreshed.result()

    with trellis.sessions.read() as session:
        moved = session.scalars(select(Occurrence.starts_at).where(Occurrence.on == date(2026, 11, 27))).all()
        closing = session.scalars(select(Delivery.expire_at).where(Delivery.kind == "nudges.closing")).all()
    assert moved == [utc("2026-11-27 15:00")]
    assert closing == [utc("2026-11-27 15:30")]


@pytest.mark.parametrize("before", [None, "2019.1", "2019.1 > 2020.5 @ 7"])
def test_another_change_that_was_on_its_way_begins_anew(before: str | None) -> None:
    workspace = Workspace(workspace_id="T1", zone_data=before)

    assert workspace.moved_to_zones("2026.6") == 0
    workspace.keep_moving_to_zones("2026.6", 500)
    assert workspace.moved_to_zones("2026.6") == 500
    assert workspace.moved_to_zones("2027.1") == 0
