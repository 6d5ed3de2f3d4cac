"""A channel of many where everyone takes part: read to its last page, whatever happens in between."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from handlers import channels, wiring
from models.programmes import EVERYONE, GONE, IN, Programme
from sandbox.identity import BOT_USER
from tests.handlers.buddies_stage import GROWTH, known, standing_in, started
from tests.people import AMY, BEN, MIA
from tests.trellis import ROOT, Trellis, settings_for

SURVEY = """
import sys
from bot.runtime.database import Sessions, connect
from handlers import channels, wiring
from models.programmes import Programme
from tests.people import MONDAY_NOON
from tests.trellis import settings_for

api_url, store, programme_id = sys.argv[1:]
sessions = Sessions(connect(store))
with sessions.read() as session:
    programme = session.get_one(Programme, int(programme_id))
channels.survey(wiring.slack_client(settings_for(api_url)), sessions, MONDAY_NOON, programme)
"""
"""What a process does that is to be killed."""


def fill(trellis: Trellis, size: int) -> list[str]:
    """Let so many people be in the channel, and give them all."""
    written = json.loads(trellis.hosted.written_down())
    (channel,) = (each for each in written["conversations"] if each["id"] == GROWTH)
    people = [f"UMANY{number:05}" for number in range(size - len(set(channel["members"]) - {BOT_USER}))]
    written["people"] += [{"id": each, "name": each.lower(), "real_name": each} for each in people]
    channel["members"] += people
    trellis.hosted.take_up(json.dumps(written))
    return sorted({*channel["members"]} - {BOT_USER})


def survey(trellis: Trellis, programme: Programme) -> None:
    client = wiring.slack_client(settings_for(trellis.slack.base_url + "/api/"))
    channels.survey(client, trellis.sessions, trellis.clock.people_now(), programme)


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    """Give a thread in which a channel is read while something happens to it."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def reading(trellis: Trellis, programme: Programme, aside: ThreadPoolExecutor, method: str) -> Future[None]:
    """Begin to survey a channel, and stop where a call has its answer that has not arrived yet."""
    trellis.slack.fault(method, "delay", seconds=0.5, after=True, name="reading")
    running = aside.submit(survey, trellis, programme)
    trellis.slack.eventually(lambda: trellis.slack.met_faults()["reading"])
    return running


def test_who_leaves_while_the_channel_is_read_is_gone_though_they_were_read_to_be_there(
    trellis: Trellis, aside: ThreadPoolExecutor
) -> None:
    programme = started(trellis, AMY, enrolment=EVERYONE)
    trellis.slack.put_out(GROWTH, MIA)
    survey(trellis, programme)
    known(trellis, [MIA])
    trellis.slack.bring_in(GROWTH, MIA)

    running = reading(trellis, programme, aside, "conversations.members")
    trellis.slack.put_out(GROWTH, BEN)  # enrolled before
    trellis.slack.put_out(GROWTH, MIA)  # not yet
    gone = {BEN: GONE, MIA: GONE}
    trellis.slack.eventually(lambda: standing_in(trellis, programme).items() >= gone.items())
    running.result()

    standing = standing_in(trellis, programme)
    assert {who: state for who, state in standing.items() if state != IN} == gone
    assert len(standing) == 9


def test_who_leaves_while_accounts_are_read_is_not_enrolled(
    trellis: Trellis, aside: ThreadPoolExecutor
) -> None:
    programme = started(trellis, AMY, enrolment=EVERYONE)

    running = reading(trellis, programme, aside, "users.info")
    trellis.slack.put_out(GROWTH, MIA)
    running.result()

    assert standing_in(trellis, programme).get(MIA, GONE) == GONE
    assert len(standing_in(trellis, programme)) >= 8


@pytest.mark.parametrize("size", [450, pytest.param(10_000, marks=pytest.mark.siege)])
def test_a_large_channel_is_enrolled_to_the_last_whatever_slack_asks_and_whoever_is_killed(
    trellis: Trellis, size: int
) -> None:
    programme = started(trellis, AMY, enrolment=EVERYONE)
    people = fill(trellis, size)
    pages, is_large = -(-size // channels.PAGE), size >= 10_000  # one leaves, and the bot is there
    if is_large:
        _killed_after(trellis, programme, calls=pages + pages // 2)
        assert standing_in(trellis, programme) == {}
    trellis.slack.clear_calls()
    for method in ("conversations.members", "users.list"):
        trellis.slack.fault(method, "status", status=429, retry_after=int(is_large))
    trellis.slack.put_out(GROWTH, people.pop())

    survey(trellis, programme)
    survey(trellis, programme)

    assert sorted(who for who, state in standing_in(trellis, programme).items() if state == IN) == people
    assert len(people) == size - 1
    asked = trellis.slack.calls("conversations.members")
    assert len(asked) == 3 * pages + 1  # once more after all were known, and for the one that had to wait
    assert {each["arguments"]["limit"] for each in asked} == {"200"}


def _killed_after(trellis: Trellis, programme: Programme, *, calls: int) -> None:
    """Let a process read the channel, and kill it after so many calls."""
    store = trellis.sessions.engine.url.render_as_string(hide_password=False)
    order = [sys.executable, "-c", SURVEY, trellis.slack.base_url + "/api/", store, str(programme.id)]
    with subprocess.Popen(order, cwd=ROOT) as process:
        try:
            trellis.slack.eventually(lambda: len(trellis.slack.calls()) >= calls)
        finally:
            process.kill()
    assert process.returncode < 0
