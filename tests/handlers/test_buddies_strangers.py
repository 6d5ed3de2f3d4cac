"""Guests, and people of other organisations in a shared channel: what of career buddies is theirs, and what is not."""

from __future__ import annotations

import pytest

from bot.round_messages import INTRODUCTION
from bot.runtime.slack import Refused
from handlers import channels, wiring
from models.members import Member
from models.programmes import EVERYONE
from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers import rounds_stage as stage
from tests.handlers.buddies_stage import ENGINEERING, GROWTH, programme_of, standing_in, started
from tests.handlers.one_on_ones_stage import home_of, pressed
from tests.handlers.rounds_stage import START
from tests.people import AMY, BEN, HOUR, RAY
from tests.trellis import Trellis, settings_for

GUEST, EVE = "UGUE0001", "UEVE0001"


def comes_from_elsewhere(trellis: Trellis, who: str = EVE, **facts: object) -> None:
    """Let somebody of another organisation be in the channel."""
    trellis.slack.add_person(
        who, who.lower(), "Eve Elsewhere", team_id="TOTHER001", tz="America/New_York", **facts
    )
    trellis.slack.bring_in(GROWTH, who)


def asked_to_join(trellis: Trellis) -> Message:
    trellis.tick()
    return next(each for each in trellis.slack.messages(AMY, GROWTH) if "Join" in each.buttons)


@pytest.mark.parametrize("said", ["", " every 2 weeks on tuesday 10:00"])
def test_a_guest_starts_no_programme_and_reads_who_can(trellis: Trellis, said: str) -> None:
    trellis.slack.bring_in(GROWTH)
    trellis.slack.bring_in(GROWTH, GUEST)

    answer = trellis.slack.command(GUEST, f"/buddy programme #career-growth{said}")

    assert "You are a guest here" in answer.text
    assert "Ask one of them to start it" in answer.text
    assert answer.views == []
    assert programme_of(trellis) is None


def test_a_guest_is_refused_before_the_form_and_also_with_a_form_from_before(trellis: Trellis) -> None:
    trellis.slack.bring_in(GROWTH)
    trellis.slack.bring_in(GROWTH, GUEST)
    form = pressed(trellis, AMY, home_of(trellis, AMY), "Start a programme")
    chosen = forging.changed(form, channel={"selected_conversation": GROWTH})

    refused = pressed(trellis, GUEST, home_of(trellis, GUEST), "Start a programme")
    answer = forging.submission(trellis, GUEST, form, chosen)

    assert "full members start buddy programmes" in refused.words
    assert "full members start buddy programmes" in str(answer)
    assert programme_of(trellis) is None


def test_who_is_of_another_organisation_is_met_only_where_guests_are(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    comes_from_elsewhere(trellis, is_admin=True)
    invitation = asked_to_join(trellis)

    trellis.slack.press(EVE, invitation, "Join")
    trellis.slack.eventually(
        lambda: any("for full members" in each.text for each in trellis.slack.messages(EVE, GROWTH))
    )
    with trellis.sessions.read() as session:
        eve = session.get_one(Member, (trellis.workspace, EVE))
    trellis.slack.command(AMY, "/buddy programme with guests")
    trellis.slack.press(EVE, invitation, "Join")

    assert (eve.is_guest, eve.is_admin, eve.is_person) == (True, False, True)
    trellis.slack.eventually(lambda: EVE in standing_in(trellis, programme))
    assert "not a valid command" in trellis.slack.command(EVE, "/buddy programme").text


@pytest.mark.parametrize("few", [0, pytest.param(20, marks=pytest.mark.siege)])
def test_in_a_shared_channel_where_everyone_takes_part_those_of_elsewhere_are_not_matched(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(channels, "FEW", few)
    for who in (AMY, BEN):
        trellis.slack.bring_in(ENGINEERING, who)
    comes_from_elsewhere(trellis)
    trellis.slack.bring_in(ENGINEERING, EVE)
    programme = started(trellis, AMY, channel=ENGINEERING, enrolment=EVERYONE, zone=stage.NEW_YORK)

    stage.live_until(trellis, START + HOUR)
    trellis.slack.clear_calls()
    client = wiring.slack_client(settings_for(trellis.slack.base_url + "/api/"))
    channels.survey(client, trellis.sessions, trellis.clock.people_now(), programme)

    together = {who for each in stage.pairings(trellis, programme) for who in each.people}
    assert {AMY, BEN} <= together
    assert EVE not in together
    assert trellis.slack.calls("users.info") == trellis.slack.calls("users.list") == []  # she is known by now


@pytest.mark.parametrize(
    "error",
    [
        "invalid_user_combination",
        pytest.param("user_not_visible", marks=pytest.mark.siege),
    ],
)
def test_whom_slack_shows_to_be_of_elsewhere_as_it_refuses_a_group_is_left_out_and_the_others_go_on(
    trellis: Trellis, error: str
) -> None:
    programme = stage.taking_part(trellis, (AMY, BEN, RAY))
    stage.live_until(trellis, START - HOUR)
    trellis.slack.event_url(None)  # the bot hears of nothing by itself
    trellis.slack.change_person(RAY, team_id="TOTHER001")
    trellis.slack.fault("conversations.open", "error", error=error, times=1)

    stage.live_until(trellis, START + HOUR)

    (pair,) = stage.pairings(trellis, programme)
    assert pair.people == (AMY, BEN)
    assert [state for _, state, _ in stage.states(trellis, INTRODUCTION)] == ["failed", "sent"]
    assert not Refused(error).is_our_bug
    assert len(stage.in_channel(trellis)) == 1


def test_no_admin_of_elsewhere_takes_over_a_programme(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    comes_from_elsewhere(trellis, is_admin=True)
    invitation = asked_to_join(trellis)
    trellis.slack.change_person(AMY, deleted=True)
    trellis.slack.eventually(lambda: _is_gone(trellis, AMY))

    forged = forging.button(invitation, "Join", str(programme.id), action_id="buddies.take_over")
    answer = trellis.slack.press(EVE, forged, "Join")

    assert "by a workspace admin" in answer.text
    assert programme_of(trellis).owner == AMY  # type: ignore[union-attr]


def _is_gone(trellis: Trellis, who: str) -> bool:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).is_deactivated
