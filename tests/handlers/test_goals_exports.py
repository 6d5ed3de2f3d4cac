"""The export answers at once and arrives as two files, or says that it did not."""

from __future__ import annotations

import pytest

from sandbox.seen import Message
from tests.people import AMY
from tests.trellis import Trellis


def files_of(trellis: Trellis) -> Message:
    """Wait for the message with the files."""
    return trellis.slack.eventually(
        lambda: next((message for message in trellis.slack.dms(AMY) if len(message.files) == 2), None)
    )  # type: ignore[return-value]


def test_the_files_come_into_the_persons_own_messages(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal add =Open two demos")
    trellis.slack.command(AMY, "/goal progress 1 60% halfway")

    answer = trellis.slack.command(AMY, "/goal export")

    assert answer.text == "Your goals and their log are on the way: two files, in your messages with me."
    message = files_of(trellis)
    assert [file["name"] for file in message.files] == ["goals.csv", "goals.md"]
    table, page = (trellis.slack.file(message, index).decode() for index in (0, 1))
    assert "1,'=Open two demos,open,60," in table
    assert "halfway" in table
    assert "## 1. =Open two demos" in page


def test_an_export_without_goals_says_so_in_the_files(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/goal export")
    message = files_of(trellis)
    assert "No goals yet." in trellis.slack.file(message, 1).decode()


def test_home_exports_too(trellis: Trellis) -> None:
    home = trellis.slack.open_home(AMY)
    assert home is not None
    said = trellis.slack.press(AMY, home, "Export").view
    assert said is not None
    assert "on the way" in said.words
    assert files_of(trellis)


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("conversations.open", {"kind": "error", "error": "ratelimited"}),
        ("files.getUploadURLExternal", {"kind": "error", "error": "internal_error"}),
        ("files.completeUploadExternal", {"kind": "status", "status": 503}),
        ("files.completeUploadExternal", {"kind": "drop"}),
    ],
)
def test_a_failed_upload_is_apologised_for(trellis: Trellis, method: str, fault: dict[str, object]) -> None:
    trellis.slack.command(AMY, "/goal add Open two demos")
    trellis.slack.fault(method, **fault)  # type: ignore[arg-type]

    trellis.slack.command(AMY, "/goal export")

    sorry = trellis.slack.eventually(
        lambda: [one for one in trellis.slack.messages(AMY) if "Slack did not take the files" in one.text]
    )
    assert "try `/goal export` again" in sorry[0].text


def test_a_failed_upload_from_home_is_apologised_for_in_the_dialog(trellis: Trellis) -> None:
    home = trellis.slack.open_home(AMY)
    assert home is not None
    trellis.slack.fault("conversations.open", "error", error="ratelimited")
    trellis.slack.press(AMY, home, "Export")
    assert trellis.slack.eventually(
        lambda: (view := trellis.slack.view(AMY)) and "Slack did not take the files" in view.words
    )
