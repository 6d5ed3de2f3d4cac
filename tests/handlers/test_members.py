"""Members: what Slack says of them, day by day and at once, and what they set for themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from handlers import wiring
from handlers.acquaintance import profile_of
from handlers.members import reconcile
from models.members import Member
from models.receipts import Receipt
from sandbox.identity import TEAM_ID
from tests.handlers import forging
from tests.handlers.one_on_ones_stage import home_of, home_shows, opened
from tests.people import AMY, BEN
from tests.trellis import Trellis, settings_for


def member(trellis: Trellis, who: str) -> Member:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who))


def is_known(trellis: Trellis, who: str) -> bool:
    with trellis.sessions.read() as session:
        return session.get(Member, (trellis.workspace, who)) is not None


def test_a_change_of_profile_is_taken_over_and_ones_own_settings_stay(trellis: Trellis) -> None:
    opened(trellis, AMY, "/growth settings")
    trellis.slack.submit(AMY, {"From": "08:00", "Until": "16:00"})

    trellis.slack.change_person(AMY, tz="Asia/Kolkata")
    trellis.slack.eventually(lambda: member(trellis, AMY).zone == "Asia/Kolkata")

    assert f"{member(trellis, AMY).work_starts:%H:%M}" == "08:00"


def test_somebody_who_joins_is_known_at_once(trellis: Trellis) -> None:
    trellis.slack.add_person("UNEW0001", "nora", "Nora New", tz="Europe/Oslo")

    trellis.slack.eventually(lambda: is_known(trellis, "UNEW0001"))
    assert member(trellis, "UNEW0001").zone == "Europe/Oslo"


def test_a_deactivation_is_taken_over(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/growth")
    trellis.slack.change_person(AMY, deleted=True)

    trellis.slack.eventually(lambda: member(trellis, AMY).is_deactivated)


@pytest.mark.parametrize("zone", ["Mars/Olympus_Mons", "", None, "../etc/passwd", "EST5EDT4"])
def test_a_zone_nobody_has_heard_of_counts_as_utc(zone: str | None) -> None:
    assert profile_of({"id": AMY, "tz": zone}, TEAM_ID).zone == "UTC"


@pytest.mark.parametrize(
    ("account", "is_person", "is_guest"),
    [
        ({"is_bot": True}, False, False),
        ({"is_workflow_bot": True}, False, False),
        ({"id": "USLACKBOT"}, False, False),
        ({"is_restricted": True}, True, True),
        ({"is_ultra_restricted": True}, True, True),
        ({"is_stranger": True}, True, True),
        ({"team_id": "TOTHER"}, True, True),
        ({"team_id": "TOTHER", "enterprise_user": {"teams": ["TOTHER", TEAM_ID]}}, True, False),
        ({"team_id": TEAM_ID}, True, False),
        ({}, True, False),
    ],
)
def test_whom_one_can_meet_is_read_off_the_account(
    account: dict[str, object], is_person: bool, is_guest: bool
) -> None:
    profile = profile_of({"id": AMY, **account}, TEAM_ID)

    assert (profile.is_person, profile.is_guest) == (is_person, is_guest)


def test_an_admin_of_another_organisation_is_none_here() -> None:
    assert profile_of({"id": AMY, "team_id": TEAM_ID, "is_owner": True}, TEAM_ID).is_admin
    assert not profile_of({"id": AMY, "team_id": "TOTHER", "is_admin": True}, TEAM_ID).is_admin


def test_an_event_delivered_again_takes_effect_once(trellis: Trellis) -> None:
    trellis.slack.change_person(AMY, tz="Asia/Kolkata")
    trellis.slack.eventually(lambda: is_known(trellis, AMY))
    with trellis.sessions.begin() as session:
        session.get_one(Member, (trellis.workspace, AMY)).zone = "Asia/Tokyo"

    trellis.slack.redeliver(3)
    trellis.slack.command(BEN, "/growth")

    assert member(trellis, AMY).zone == "Asia/Tokyo"
    with trellis.sessions.read() as session:
        assert session.scalars(select(func.count()).select_from(Receipt)).one() == 1


def test_reconciling_takes_over_everybody_page_by_page(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.members.PAGE", 5)
    client = wiring.slack_client(settings_for(f"{trellis.slack.base_url}/api/"))

    seen = reconcile(client, trellis.sessions, trellis.clock, trellis.workspace)

    with trellis.sessions.read() as session:
        known = session.scalars(select(func.count()).select_from(Member)).one()
    assert len(trellis.slack.calls("users.list")) > 2
    assert seen == known > 12
    assert member(trellis, "UOLD0001").is_deactivated
    assert member(trellis, "UGUE0001").is_guest
    assert not member(trellis, "UCALBOT1").is_person


def test_settings_are_shown_saved_and_in_force(trellis: Trellis) -> None:
    form = opened(trellis, AMY, "/growth settings")

    result = trellis.slack.submit(AMY, {"From": "10:00", "Until": "18:30"}, view=form)

    assert "Your time zone is America/New_York" in form.words
    assert result.view is not None
    assert "10:00–18:30 (America/New_York)" in result.view.words
    home_shows(trellis, AMY, "10:00–18:30")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"From": "17:00", "Until": "09:00"}, "Until"),
        ({"From": "09:00", "Until": "09:30"}, "Until"),
        ({"Days on which I may write to you": []}, "Days on which I may write to you"),
    ],
)
def test_working_hours_nobody_has_are_refused_beside_the_field(
    trellis: Trellis, values: dict[str, object], field: str
) -> None:
    opened(trellis, AMY, "/growth settings")

    assert list(trellis.slack.submit(AMY, values).errors) == [field]
    assert f"{member(trellis, AMY).work_ends:%H:%M}" == "17:00"


@pytest.mark.parametrize("value", ["0", "49", "x", "", str(10**30), "-1"])
def test_a_forged_lead_time_is_refused(trellis: Trellis, value: str) -> None:
    form = opened(trellis, AMY, "/growth settings")

    answer = forging.submission(trellis, AMY, form, forging.changed(form, lead=forging.option(value)))

    assert list(answer["errors"]) == ["members.lead"]
    assert "Something went wrong" not in str(answer)
    assert member(trellis, AMY).lead_hours == 24


@pytest.mark.parametrize("value", ["7", "x", "-1", "", "10"])
def test_a_forged_day_is_refused(trellis: Trellis, value: str) -> None:
    form = opened(trellis, AMY, "/growth settings")
    picked = {"selected_options": [forging.option(value)["selected_option"]]}

    answer = forging.submission(trellis, AMY, form, forging.changed(form, days=picked))

    assert answer["response_action"] == "errors"
    assert "Something went wrong" not in str(answer)
    assert member(trellis, AMY).work_days == "01234"


def test_pausing_and_resuming_from_home(trellis: Trellis) -> None:
    trellis.slack.press(AMY, home_of(trellis, AMY), "Pause")
    home_shows(trellis, AMY, "*Paused.*")
    trellis.slack.press(AMY, home_of(trellis, AMY), "Resume")
    trellis.slack.eventually(lambda: not member(trellis, AMY).is_paused)

    assert "Paused" not in home_of(trellis, AMY).words


def test_settings_sent_twice_take_effect_once(trellis: Trellis) -> None:
    opened(trellis, AMY, "/growth settings")
    trellis.slack.submit(AMY, {"From": "10:00"})
    with trellis.sessions.begin() as session:
        session.get_one(Member, (trellis.workspace, AMY)).lead_hours = 8

    trellis.slack.resubmit()

    assert member(trellis, AMY).lead_hours == 8
