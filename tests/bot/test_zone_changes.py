"""New time zone data: planned moments follow the wall clock, and nothing is said twice."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from bot.zones import ZONE_DATA_VERSION
from handlers import wiring
from models.one_on_ones import Occurrence, OneOnOne
from models.outbox import Delivery
from models.workspaces import Workspace
from tests.people import BEN, HOUR, JONAS, MIA
from tests.trellis import Trellis, utc


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
