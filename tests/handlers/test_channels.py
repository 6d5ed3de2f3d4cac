"""What Slack says of a programme's channel: who is in it, to the last page, and whether rounds can be held."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

from bot.permissions import Actor
from handlers import channels, wiring
from handlers.channels import ChannelUnclear, NoSuchChannel
from models.members import Member
from models.programmes import EVERYONE, GONE, IN, Programme
from sandbox.identity import BOT_USER
from tests.handlers.buddies_stage import GROWTH, MANAGERS, programme_of, standing_in, started
from tests.people import AMY, BEN, DAY, HOUR, JONAS, MIA, MONDAY_NOON
from tests.trellis import Trellis, settings_for


def survey(trellis: Trellis, programme: Programme) -> Programme:
    client = wiring.slack_client(settings_for(trellis.slack.base_url + "/api/"))
    channels.survey(client, trellis.sessions, trellis.clock.people_now(), programme)
    current = programme_of(trellis, programme.channel)
    assert current is not None
    return current


def owner_reads(trellis: Trellis) -> list[str]:
    trellis.tick(MONDAY_NOON + 4 * HOUR)
    return [message.text for message in trellis.slack.dms(AMY)]


@pytest.mark.parametrize("few", [0, 20], ids=["of all accounts", "one by one"])
def test_everyone_in_the_channel_is_found_page_by_page_and_got_to_know(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    programme = started(trellis, AMY, enrolment=EVERYONE)
    monkeypatch.setattr(channels, "PAGE", 4)
    monkeypatch.setattr(channels, "FEW", few)
    trellis.slack.clear_calls()

    survey(trellis, programme)

    assert bool(trellis.slack.calls("users.info")) == bool(few)
    assert len(trellis.slack.calls("conversations.members")) == 3 + 3  # again, once all are known
    found = standing_in(trellis, programme)
    assert len(found) == 9
    assert set(found.values()) == {IN}
    assert BOT_USER not in found
    with trellis.sessions.read() as session:
        assert session.get_one(Member, (trellis.workspace, MIA)).zone == "Europe/Berlin"


def test_slack_may_ask_to_wait_and_what_it_does_not_say_changes_nothing(trellis: Trellis) -> None:
    programme = started(trellis, AMY, enrolment=EVERYONE)
    trellis.slack.fault("conversations.members", "status", status=429, retry_after=0)

    survey(trellis, programme)
    trellis.slack.fault("conversations.members", "error", error="internal_error")
    trellis.slack.put_out(GROWTH, BEN)
    with pytest.raises(SlackApiError):
        survey(trellis, programme)

    assert len(standing_in(trellis, programme)) == 9


@pytest.mark.siege
def test_one_whom_slack_does_not_show_keeps_nobody_else_out(trellis: Trellis) -> None:
    programme = started(trellis, AMY, enrolment=EVERYONE)
    trellis.slack.fault("users.info", "error", times=2, error="user_not_visible")  # the bot, and one

    survey(trellis, programme)

    assert len(standing_in(trellis, programme)) == 8


def test_who_leaves_the_channel_is_gone_and_who_returns_is_in_again(trellis: Trellis) -> None:
    programme = started(trellis, AMY, enrolment=EVERYONE)
    survey(trellis, programme)

    trellis.slack.put_out(GROWTH, MIA)
    trellis.slack.eventually(lambda: standing_in(trellis, programme)[MIA] == GONE)
    trellis.slack.bring_in(GROWTH, MIA)
    trellis.slack.eventually(lambda: standing_in(trellis, programme)[MIA] == IN)


def test_an_archived_channel_holds_its_programme_until_it_is_back(trellis: Trellis) -> None:
    programme = started(trellis, AMY)

    trellis.slack.archive(GROWTH)
    trellis.slack.eventually(lambda: programme_of(trellis).held_because == "archived")  # type: ignore[union-attr]
    assert survey(trellis, programme).held_because == "archived"
    held = owner_reads(trellis)
    trellis.slack.archive(GROWTH, archived=False)
    trellis.slack.eventually(lambda: programme_of(trellis).held_because is None)  # type: ignore[union-attr]

    assert len([text for text in held if "archived" in text]) == 1
    assert "goes on" in owner_reads(trellis)[-1]


def test_without_the_bot_no_round_is_held_until_it_is_let_in(trellis: Trellis) -> None:
    programme = started(trellis, AMY)

    trellis.slack.put_out(GROWTH)
    trellis.slack.eventually(lambda: programme_of(trellis).held_because)  # type: ignore[union-attr]
    assert any("/invite" in text for text in owner_reads(trellis))
    trellis.slack.event_url(None)
    trellis.slack.bring_in(GROWTH)
    assert survey(trellis, programme).held_because is None
    trellis.slack.delete_channel(GROWTH)
    assert survey(trellis, programme).held_because == "unseen"
    assert any("no longer find" in text for text in owner_reads(trellis))


def test_a_channel_one_is_not_in_is_refused_in_the_words_of_one_there_is_not(trellis: Trellis) -> None:
    client = wiring.slack_client(settings_for(trellis.slack.base_url + "/api/"))
    trellis.slack.bring_in(MANAGERS)
    refusals = set()
    for who, channel in ((JONAS, MANAGERS), (JONAS, GROWTH), (JONAS, "CNOWHERE1"), (AMY, MANAGERS)):
        with pytest.raises(NoSuchChannel) as refused:
            channels.enter(client, Actor(trellis.workspace, who), channel)
        refusals.add(str(refused.value))

    assert len(refusals) == 1
    trellis.slack.fault("users.conversations", "error", error="internal_error")
    with pytest.raises(ChannelUnclear):
        channels.enter(client, Actor(trellis.workspace, AMY), GROWTH)
    assert channels.enter(client, Actor(trellis.workspace, BEN), MANAGERS).held_because is None


def test_an_invitation_that_slack_refuses_holds_the_programme_and_goes_out_when_the_bot_is_let_in(
    trellis: Trellis,
) -> None:
    programme = started(trellis, AMY)
    trellis.slack.event_url(None)
    trellis.slack.put_out(GROWTH)

    trellis.tick()
    refused = programme_of(trellis)
    trellis.slack.bring_in(GROWTH)
    survey(trellis, programme)
    trellis.tick(MONDAY_NOON + 4 * HOUR)
    trellis.tick(MONDAY_NOON + DAY)

    assert refused is not None
    assert refused.held_because == "without the bot"
    assert len([each for each in trellis.slack.messages(MIA, GROWTH) if "Join" in each.buttons]) == 1
