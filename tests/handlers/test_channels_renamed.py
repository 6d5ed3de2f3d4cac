"""A programme whose channel is called otherwise by now: it goes on, and nothing says what it was called before."""

from __future__ import annotations

import json

import pytest

from models.programmes import LEFT
from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers.buddies_stage import ENGINEERING, GROWTH, MANAGERS, standing_in, started
from tests.handlers.one_on_ones_stage import home_of
from tests.handlers.rounds_stage import START, in_channel, in_groups, live_until, taking_part
from tests.handlers.test_programme_reports import page_of, settled
from tests.people import AMY, BEN, HOUR, JONAS, MIA, RAY
from tests.trellis import Trellis

BEFORE, SINCE = "career-growth", "growing-together"


def read_on_screen(trellis: Trellis, path: str) -> str:
    """Read a page of the workspace as a person sees it, with the names of today."""
    with forging.DIRECTLY.open(f"{trellis.slack.base_url}/as/{AMY}/{path}") as page:
        return str(page.read().decode())


def with_files(trellis: Trellis) -> Message:
    """Wait for the message with files."""
    found = trellis.slack.eventually(
        lambda: next((each for each in trellis.slack.dms(AMY) if each.files), None)
    )
    assert found is not None
    return found


def test_a_programme_goes_on_in_a_channel_of_another_name_and_says_the_new_one_everywhere(
    trellis: Trellis,
) -> None:
    programme = taking_part(trellis, (AMY, BEN, RAY))
    live_until(trellis, START - HOUR)

    trellis.slack.rename(GROWTH, SINCE)
    trellis.slack.command(AMY, "/buddy preview")
    live_until(trellis, START + HOUR)
    trellis.slack.command(MIA, f"/buddy join #{SINCE}")
    page = page_of(trellis)
    trellis.slack.press(AMY, page, "How it goes")
    trellis.slack.press(AMY, settled(trellis, "take part"), "Export (CSV)")
    message = with_files(trellis)
    files = [trellis.slack.file(message, index) for index in range(len(message.files))]

    assert len(in_channel(trellis)) == 1
    assert in_groups(trellis, AMY)
    assert MIA in standing_in(trellis, programme)
    assert f"<#{GROWTH}>" in page.words
    assert f"<#{GROWTH}>" in home_of(trellis, AMY).words
    for path in (GROWTH, "home", message.channel):
        assert f"#{SINCE}" in read_on_screen(trellis, path)
        assert BEFORE not in read_on_screen(trellis, path)
    # It never learns a name: all that it ever told Slack has ids alone, file names and the words of pictures included.
    assert BEFORE not in json.dumps(trellis.slack.calls())
    assert not any(BEFORE.encode() in content for content in files)
    assert all(BEFORE not in json.dumps(file) for file in message.files)


@pytest.mark.parametrize(
    "text",
    [
        f"#{SINCE}",
        f"<#{GROWTH}|{SINCE}>",
        pytest.param(f"<#{GROWTH}>", marks=pytest.mark.siege),
        pytest.param(f"#{SINCE.upper()}.", marks=pytest.mark.siege),
    ],
)
def test_a_channel_is_found_by_its_new_name_picked_or_typed(trellis: Trellis, text: str) -> None:
    programme = started(trellis, AMY)
    trellis.slack.rename(GROWTH, SINCE)

    joined = forging.command(trellis, MIA, "/buddy", f"join {text}")
    left = forging.command(trellis, MIA, "/buddy", f"leave {text}")

    assert joined["text"].startswith(f"You are in at <#{GROWTH}>")
    assert left["text"].startswith(f"You are out at <#{GROWTH}>")
    assert standing_in(trellis, programme) == {MIA: LEFT}


def test_a_name_finds_who_is_called_so_today_and_no_channel_one_is_not_in(trellis: Trellis) -> None:
    started(trellis, BEN, channel=MANAGERS)
    private = trellis.slack.completions(BEN, "#manag")[0]["insert"]
    programme = started(trellis, AMY)
    trellis.slack.rename(GROWTH, SINCE)

    of_before = forging.command(trellis, MIA, "/buddy", f"join #{BEFORE}")
    hidden = forging.command(trellis, JONAS, "/buddy", f"join {private}")
    nowhere = forging.command(trellis, JONAS, "/buddy", "join #nowhere")
    seen = forging.command(trellis, MIA, "/buddy", f"join {private}")
    trellis.slack.rename(ENGINEERING, BEFORE)  # another channel may be called so now
    trellis.slack.bring_in(ENGINEERING, MIA)
    other = forging.command(trellis, MIA, "/buddy", f"join #{BEFORE}")

    assert of_before["text"] == hidden["text"] == nowhere["text"]
    assert "which channel" in of_before["text"]
    assert f"<#{MANAGERS}>" in seen["text"]
    assert f"There is no buddy programme in <#{ENGINEERING}>" in other["text"]
    assert standing_in(trellis, programme) == {}


def test_a_slack_that_does_not_say_what_channels_are_called_changes_nothing(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    trellis.slack.fault("users.conversations", "error", error="internal_error")

    answer = forging.command(trellis, MIA, "/buddy", "join #career-growth")

    assert "Slack did not tell me" in answer["text"]
    assert standing_in(trellis, programme) == {}
