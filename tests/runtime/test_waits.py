"""Why a message is not with its receiver yet, as the command line says it, on both stores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot import outbox
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import UNRESOLVED
from tests.people import AMY, BEN
from tests.runtime.desk_stage import FAR_OFF, IN_YEARS, KIND, OTHER_TEAM, TEAM, YEARS_AGO, Desk

READY_FOR = [
    ({}, "Nothing holds it back"),
    (
        {"opens": IN_YEARS, "reason": "outside working hours"},
        "waits for 2098-01-01 00:00:00Z (outside working",
    ),
    ({"retry_at": FAR_OFF, "reason": "ratelimited"}, "(ratelimited): the next one is at 2099-01-01"),
    ({"closes": YEARS_AGO}, "came too late to be of use"),
    (
        {"state": "sending", "lease_until": FAR_OFF},
        "has until 2099-01-01 00:00:00Z to say what Slack answered",
    ),
    ({"state": "sending", "lease_until": YEARS_AGO}, "has not reported by 2021-01-01 00:00:00Z"),
    (
        {"state": "doubtful", "doubt_since": YEARS_AGO, "retry_at": FAR_OFF, "reason": "TimeoutError"},
        "may have it since 2021-01-01 00:00:00Z (TimeoutError)",
    ),
    ({"state": "doubtful", "doubt_since": YEARS_AGO, "retry_at": FAR_OFF}, "is looked up at 2099-01-01"),
    ({"state": "doubtful", "doubt_since": YEARS_AGO, "retry_at": YEARS_AGO}, "looks it up in its next turns"),
    ({"state": "doubtful", "lease_until": FAR_OFF}, "A worker is looking, and has until 2099-01-01"),
    ({"state": "sent", "sent_at": YEARS_AGO, "channel": "D1", "ts": "1.2"}, "in D1 as 1.2"),
    ({"state": "failed", "reason": "channel_not_found"}, "Slack refused it: channel_not_found."),
    (
        {"state": "failed", "doubt_since": YEARS_AGO, "reason": f"{UNRESOLVED}missing_scope"},
        "have it since 2021-01-01 00:00:00Z, and does not let us look there: missing_scope.",
    ),
    (
        {"state": "failed", "reason": f"{UNRESOLVED}missing_scope"},
        "with --absent, which says that somebody saw",
    ),
    (
        {"state": "sent", "sent_at": YEARS_AGO, "channel": "C1", "reason": "somebody saw it"},
        "be in C1 since 2021-01-01 00:00:00Z, where we could not look: somebody saw it.",
    ),
    ({"state": "expired", "reason": "too late", "closes": YEARS_AGO}, "given up: too late."),
    ({"state": "cancelled", "reason": "skipped"}, "taken back: skipped."),
]


@pytest.mark.parametrize(
    ("row", "words"), READY_FOR, ids=lambda value: value if isinstance(value, str) else ""
)
def test_why_says_what_a_message_waits_for(row: dict[str, Any], words: str, one_desk: Desk) -> None:
    number = one_desk.write(**row)

    done = one_desk.ask("why", number)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Message {number} ({KIND}) to {AMY} in {TEAM} is ")
    assert words in done.stdout


def test_why_names_what_is_on_its_way_to_the_same_receiver(desk: Desk) -> None:
    flying, to_another = desk.write(AMY, state="sending"), desk.write(BEN, state="sending")
    number = desk.write(AMY)

    said = desk.ask("why", number).stdout

    assert f"One message at a time: {flying} is on its way to the same receiver." in said
    assert f" {to_another} " not in said
    assert "Nothing holds it back" not in said


def test_why_says_what_is_the_matter_with_the_workspace(desk: Desk) -> None:
    number, elsewhere = desk.write(AMY), desk.write(AMY, team=OTHER_TEAM)
    desk.change(blocked_until=FAR_OFF, stopped_because="token_revoked", posts_tat=FAR_OFF)
    with desk.sessions.begin() as session:
        full = {"workspace_id": TEAM, "receiver": AMY, "channel": "D1", "posts_tat": FAR_OFF}
        insert_missing(session, Conversation, [full])

    said = desk.ask("why", number).stdout

    assert "Slack said token_revoked: reinstall the app" in said
    assert f"Slack told us to send nothing to {TEAM} until 2099-01-01 00:00:00Z" in said
    assert f"{TEAM} just had as many messages as Slack takes" in said
    assert f"{AMY} just had as many messages as Slack takes" in said
    assert "Nothing holds it back" in desk.ask("why", elsewhere).stdout


@pytest.mark.parametrize(
    ("row", "opening_until", "words"),
    [
        ({}, None, "with these people yet: it is asked in the next turns."),
        (
            {"reason": "opening: missing_scope"},
            FAR_OFF,
            "yet (missing_scope): it is asked again at 2099-01-01",
        ),
    ],
)
def test_why_says_what_keeps_several_people_from_being_written_to_together(
    row: dict[str, Any], opening_until: datetime | None, words: str, one_desk: Desk
) -> None:
    them = outbox.group([AMY, BEN])
    with one_desk.sessions.begin() as session:
        known = {"workspace_id": TEAM, "receiver": them, "opening_until": opening_until}
        insert_missing(session, Conversation, [known])
    number = one_desk.write(them, **row)

    said = one_desk.ask("why", number).stdout

    assert words in said
    assert "Nothing holds it back" not in said


def test_why_says_when_slack_opens_conversations_again(one_desk: Desk) -> None:
    one_desk.change(opens_tat=FAR_OFF)
    number = one_desk.write(outbox.group([AMY, BEN]))

    assert "it is asked again at 2098-12-31 23:59:" in one_desk.ask("why", number).stdout
