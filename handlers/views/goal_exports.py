"""What is said around the files of an export."""

from __future__ import annotations

from handlers.views.elements import Message


def announced() -> Message:
    """Say at once that the files are coming."""
    return Message("Your goals and their log are on the way: two files, in your messages with me.")


def comment(goals: int) -> str:
    """Say what the files are, beside them."""
    counted = "1 goal" if goals == 1 else f"{goals} goals"
    return f"Your {counted} with everything noted about them: CSV for spreadsheets, Markdown to read."


def failed() -> Message:
    """Say that the files did not arrive, and what to do."""
    return Message(
        "I am sorry, Slack did not take the files. Your goals are safe. "
        "Please try `/goal export` again in a few minutes."
    )
