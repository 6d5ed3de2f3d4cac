"""The workspace over a restart."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from slack_sdk import WebClient

from sandbox.driver import Refused
from sandbox.storage import restore, snapshot
from sandbox.testing import running
from sandbox.world import World

AMY, BEN = "UAMY0001", "UBEN0001"


def test_everything_that_was_said_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "state.json"
    metadata = {"event_type": "delivery", "event_payload": {"id": 7}}
    with running(state_file=file) as sandbox:
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url)
        channel = client.chat_postMessage(channel=AMY, text="kept", metadata=metadata)["channel"]
        client.files_upload_v2(channel=channel, filename="x.txt", content="bytes")
        client.views_publish(user_id=AMY, view={"type": "home", "blocks": [{"type": "divider"}]})
        sandbox.driver.change_person(BEN, tz="Asia/Tokyo", deleted=True)
        sandbox.driver.move_clock(by_seconds=86_400)
        before = sandbox.driver.messages(AMY)
        moved = sandbox.driver.now()

    with running(state_file=file) as sandbox:
        after = sandbox.driver.messages(AMY)
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url)

        assert [(each.ts, each.text, each.metadata) for each in after] == [
            (each.ts, each.text, each.metadata) for each in before
        ]
        assert after[0].channel == channel
        assert sandbox.driver.home(AMY) is not None
        assert sandbox.driver.now() >= moved
        assert client.users_info(user=BEN)["user"]["deleted"] is True
        assert client.chat_postMessage(channel=AMY, text="goes on")["channel"] == channel


def test_a_snapshot_of_a_restored_workspace_is_the_same() -> None:
    world = World()
    world.direct(AMY, [BEN])
    stored = json.loads(json.dumps(snapshot(world)))

    again = World()
    restore(again, stored)

    assert json.loads(json.dumps(snapshot(again))) == stored


def test_messages_keep_their_place_on_peoples_calendar_over_a_restart() -> None:
    world = World()
    before = world.conversations.timestamps.next()
    world.clock.jump(world.clock.now() + timedelta(days=3))
    after = world.conversations.timestamps.next()

    again = World()
    restore(again, json.loads(json.dumps(snapshot(world))))

    assert again.clock.at(before) == world.clock.at(before)
    assert timedelta(days=3) <= again.clock.at(after) - again.clock.at(before) < timedelta(days=3, minutes=1)


def test_a_change_is_written_within_seconds(tmp_path: Path) -> None:
    file = tmp_path / "state.json"

    with running(state_file=file) as sandbox:
        sandbox.driver.write(AMY, "soon on disk")

        assert sandbox.driver.eventually(lambda: file.exists() and "soon on disk" in file.read_text())


def test_a_reset_goes_back_to_the_seed(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with running(state_file=file) as sandbox:
        sandbox.driver.write(AMY, "gone")
        sandbox.driver.add_person("UNEW0001", "newton", "Newton New")

        sandbox.driver.reset()

        assert sandbox.driver.messages(AMY) == []
        with pytest.raises(Refused):
            sandbox.driver.command("UNEW0001", "/anything")
    assert "gone" not in file.read_text()
