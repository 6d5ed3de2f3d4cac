"""The operator at the outbox: what the command line shows, explains and decides, on both stores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from sqlalchemy import Engine, select, update

from bot import outbox
from bot.outbox import Message
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions
from models.base import insert_missing
from models.outbox import Conversation, Delivery
from models.workspaces import Workspace
from tests.people import AMY, BEN, RAY
from tests.runtime.command_line import Done, Run, run_apart
from tests.stores import migrated_sqlite

TEAM, OTHER_TEAM = "T1", "T2"
LONG_AGO, YEARS_AGO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
IN_YEARS, FAR_OFF = datetime(2098, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
KIND = "test.note"


@dataclass
class Desk:
    """The command `outbox` on a store, and the rows it is about."""

    sessions: Sessions
    ask: Callable[..., Done | CompletedProcess[str]]

    def __post_init__(self) -> None:
        with self.sessions.begin() as session:
            insert_missing(session, Workspace, [{"workspace_id": TEAM}, {"workspace_id": OTHER_TEAM}])

    def write(
        self,
        receiver: str = AMY,
        *,
        team: str = TEAM,
        opens: datetime = LONG_AGO,
        closes: datetime = FAR_OFF,
        **values: object,
    ) -> int:
        """Put a message into the outbox whose row then looks like this, and give its id."""
        with self.sessions.begin() as session:
            key = f"note:{len(session.scalars(select(Delivery.id)).all())}"
            outbox.enqueue(session, [Message(team, key, KIND, receiver, 1, opens, closes)])
            row = session.scalars(select(Delivery).where(Delivery.key == key)).one()
            for name, value in values.items():
                setattr(row, name, value)
            return row.id

    def row(self, number: int) -> Delivery:
        with self.sessions.read() as session:
            return session.scalars(select(Delivery).where(Delivery.id == number)).one()

    def state(self, number: int) -> tuple[str, str | None]:
        row = self.row(number)
        return row.state, row.reason

    def change(self, **values: object) -> None:
        """Change what Slack told us about the workspace."""
        with self.sessions.begin() as session:
            session.execute(update(Workspace).where(Workspace.workspace_id == TEAM).values(**values))


@pytest.fixture
def desk(store: Engine, run: Run) -> Desk:
    """Give the command line on each of the stores."""
    address = {"DATABASE_URL": store.url.render_as_string(hide_password=False), "CLOCK_URL": ""}
    return Desk(Sessions(store), lambda *words: run(["outbox", *map(str, words)], address))


def soon(**by: float) -> datetime:
    return SystemClock().machine_now() + timedelta(**by)


def listed(done: Done | CompletedProcess[str]) -> list[int]:
    assert done.returncode == 0, done.stderr
    return [int(line.split()[0]) for line in done.stdout.splitlines()[1:] if line.split()[0].isdecimal()]


def test_the_list_has_a_line_for_each_that_is_not_finished_the_most_urgent_first(desk: Desk) -> None:
    later = desk.write(AMY)
    urgent = desk.write(BEN, closes=IN_YEARS, state="doubtful", attempt=2, reason="timeout")
    flying = desk.write(RAY, closes=soon(hours=1), state="sending", attempt=1)
    for state in ("sent", "failed", "expired", "cancelled"):
        desk.write(RAY, state=state)

    done = desk.ask("list")

    assert listed(done) == [flying, urgent, later]
    assert done.stdout.splitlines()[0].split() == [
        "id",
        "state",
        "kind",
        "receiver",
        "window",
        "attempt",
        "reason",
    ]
    assert done.stdout.splitlines()[2].split() == (
        f"{urgent} doubtful {KIND} {BEN} 2020-01-01 00:00:00Z … 2098-01-01 00:00:00Z 2 timeout".split()
    )


def test_the_list_is_narrowed_by_state_workspace_and_limit(desk: Desk) -> None:
    failed = desk.write(state="failed")
    elsewhere = desk.write(team=OTHER_TEAM)
    first, second = desk.write(BEN), desk.write(RAY)

    assert listed(desk.ask("list", "--state", "failed")) == [failed]
    assert listed(desk.ask("list", "--workspace", OTHER_TEAM)) == [elsewhere]
    assert listed(desk.ask("list", "--workspace", TEAM, "--limit", 1)) == [first]
    assert "There are more" in desk.ask("list", "--workspace", TEAM, "--limit", 1).stdout
    assert listed(desk.ask("list", "--workspace", TEAM, "--limit", 2)) == [first, second]
    assert "There are more" not in desk.ask("list", "--workspace", TEAM, "--limit", 2).stdout


def test_what_is_finished_is_listed_the_newest_first(desk: Desk) -> None:
    older, newer = desk.write(state="sent"), desk.write(state="sent", closes=YEARS_AGO)

    assert listed(desk.ask("list", "--state", "sent")) == [newer, older]


def test_an_empty_outbox_says_so(desk: Desk) -> None:
    assert desk.ask("list").stdout == "No message waits.\n"
    assert desk.ask("list", "--state", "failed").stdout == "No message is in this state.\n"


WRONG_USE = [
    ["list", "--state", "lost"],
    ["list", "--limit", "0"],
    ["why", "the-first"],
    ["why", str(2**63)],
    ["retry"],
    ["doubt"],
    [],
]


@pytest.mark.parametrize("words", WRONG_USE, ids=" ".join)
def test_wrong_use_ends_with_code_2(words: list[str], run: Run) -> None:
    with pytest.raises(SystemExit) as end:
        run(["outbox", *words], {})

    assert end.value.code == 2


def test_a_time_that_is_none_ends_with_code_2(desk: Desk) -> None:
    for words in (["--before", "yesterday"], ["--before", "now", "--since", "yesterday"]):
        done = desk.ask("doubt", *words)

        assert done.returncode == 2
        assert "'yesterday' is not a time" in done.stderr


@pytest.mark.parametrize("question", ["why", "retry", "cancel"])
def test_a_message_that_is_not_there_is_said_in_words(question: str, desk: Desk) -> None:
    done = desk.ask(question, 4711)

    assert done.returncode == 1
    assert "There is no message 4711" in done.stderr
    assert done.stdout == ""


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
    ({"state": "expired", "reason": "too late", "closes": YEARS_AGO}, "given up: too late."),
    ({"state": "cancelled", "reason": "skipped"}, "taken back: skipped."),
]


@pytest.mark.parametrize(
    ("row", "words"), READY_FOR, ids=lambda value: value if isinstance(value, str) else ""
)
def test_why_says_what_a_message_waits_for(row: dict[str, object], words: str, desk: Desk) -> None:
    number = desk.write(**row)  # type: ignore[arg-type]

    done = desk.ask("why", number)

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


@pytest.mark.parametrize("state", ["failed", "expired", "cancelled"])
def test_what_was_given_up_is_ready_again_while_its_window_is_open(state: str, desk: Desk) -> None:
    number = desk.write(state=state, attempt=3, reason="x", retry_at=FAR_OFF, lease_until=FAR_OFF)

    done = desk.ask("retry", number)

    row = desk.row(number)
    assert (done.returncode, row.state, row.attempt, row.retry_at) == (0, "ready", 3, None)
    assert row.lease_until is None
    assert f"Message {number} is ready" in done.stdout


def test_nothing_is_put_back_whose_time_is_over(desk: Desk) -> None:
    numbers = [desk.write(state=state, closes=YEARS_AGO) for state in ("failed", "expired", "doubtful")]

    for number in numbers:
        done = desk.ask("retry", number, "--absent")

        assert done.returncode == 1
        assert "was of use until 2021-01-01 00:00:00Z: its time is over" in done.stderr
    assert [desk.state(number)[0] for number in numbers] == ["failed", "expired", "doubtful"]


def test_a_doubtful_message_is_put_back_only_by_who_looked_into_slack(desk: Desk) -> None:
    number = desk.write(state="doubtful", doubt_since=YEARS_AGO, retry_at=FAR_OFF, attempt=1)

    refused = desk.ask("retry", number)
    left = desk.state(number)[0]
    forced = desk.ask("retry", number, "--absent")

    assert (refused.returncode, left) == (1, "doubtful")
    assert "looked up there by itself before it may be sent" in refused.stderr
    assert "--absent" in refused.stderr
    row = desk.row(number)
    assert (forced.returncode, row.state, row.retry_at, row.doubt_since) == (0, "ready", None, None)


@pytest.mark.parametrize("state", ["cancelled", "expired", "failed"])
def test_what_was_given_up_in_doubt_is_looked_up_before_it_is_sent(state: str, desk: Desk) -> None:
    number = desk.write(state=state, doubt_since=YEARS_AGO, attempt=1)

    done = desk.ask("retry", number)

    row = desk.row(number)
    assert (done.returncode, row.state, row.doubt_since) == (0, "doubtful", YEARS_AGO)
    assert row.retry_at is not None
    assert soon() < row.retry_at < soon(minutes=2)
    assert "looked up there first" in done.stdout


@pytest.mark.parametrize("state", ["ready", "sending", "sent"])
def test_what_was_not_given_up_is_left_alone(state: str, desk: Desk) -> None:
    number = desk.write(state=state, retry_at=FAR_OFF)

    for more in ([], ["--absent"]):
        done = desk.ask("retry", number, *more)

        assert done.returncode == 1
        assert f"Message {number} is {state}: only what was given up can be put back" in done.stderr
    assert (desk.state(number)[0], desk.row(number).retry_at) == (state, FAR_OFF)


@pytest.mark.parametrize("state", ["ready", "doubtful"])
def test_what_has_not_been_sent_is_cancelled_with_its_reason(state: str, desk: Desk) -> None:
    first, second = desk.write(BEN, state=state), desk.write(AMY, state=state)

    done = desk.ask("cancel", first)
    desk.ask("cancel", second, "--reason", "asked to\nby phone")

    assert done.returncode == 0
    assert desk.state(first) == ("cancelled", "taken back by an operator")
    assert desk.state(second) == ("cancelled", "asked to by phone")


@pytest.mark.parametrize("state", ["sending", "sent", "failed", "expired", "cancelled"])
def test_what_is_on_its_way_or_finished_is_not_cancelled(state: str, desk: Desk) -> None:
    number = desk.write(state=state, reason="as it was")

    done = desk.ask("cancel", number)

    assert done.returncode == 1
    assert ("on its way" if state == "sending" else f"is {state} already") in done.stderr
    assert desk.state(number) == (state, "as it was")


def test_a_decision_waits_for_a_worker_that_holds_the_row(desk: Desk) -> None:
    number = desk.write()
    answers: list[Done | CompletedProcess[str]] = []
    asking = threading.Thread(target=lambda: answers.append(desk.ask("cancel", number)))

    with desk.sessions.begin() as worker:
        row = worker.get_one(Delivery, number, with_for_update=True)
        asking.start()
        asking.join(timeout=0.5)
        assert answers == []
        row.state = "sending"
    asking.join(timeout=10)

    assert [done.returncode for done in answers] == [1]
    assert desk.state(number)[0] == "sending"


def test_after_a_restore_what_may_have_been_sent_is_doubted(desk: Desk) -> None:
    due = desk.write(AMY)
    to_come = desk.write(BEN, opens=IN_YEARS)
    tried = desk.write(BEN, opens=IN_YEARS, attempt=1)
    flying = desk.write(RAY, state="sending", attempt=1, lease_until=FAR_OFF)
    finished = [desk.write(state=state) for state in ("sent", "failed", "expired", "cancelled")]

    done = desk.ask("doubt", "--before", "now")
    again = desk.ask("doubt", "--before", "now")

    assert done.stdout.startswith("3 messages are in doubt now")
    assert again.stdout.startswith("0 messages are in doubt now")
    for number in (due, tried, flying):
        row = desk.row(number)
        assert (row.state, row.reason, row.lease_until) == ("doubtful", "restored", None)
        assert row.retry_at is not None
        assert row.doubt_since is not None
        assert soon() < row.retry_at < soon(minutes=2)
        assert row.doubt_since < soon(days=-30)
    assert desk.state(to_come) == ("ready", None)
    assert [desk.state(number)[0] for number in finished] == ["sent", "failed", "expired", "cancelled"]


def test_what_is_doubted_is_looked_for_since_the_last_message_the_copy_knows_of(desk: Desk) -> None:
    desk.write(state="sent", sent_at=LONG_AGO)
    desk.write(state="sent", sent_at=YEARS_AGO)
    number = desk.write(BEN)

    desk.ask("doubt", "--before", "now")

    assert desk.row(number).doubt_since == YEARS_AGO - timedelta(hours=2)


def test_an_operator_who_knows_better_says_when_the_copy_was_made(desk: Desk) -> None:
    desk.write(state="sent", sent_at=YEARS_AGO)
    number = desk.write(BEN)

    desk.ask("doubt", "--before", "now", "--since", "2020-01-01T00:00Z")

    assert desk.row(number).doubt_since == LONG_AGO - timedelta(hours=2)


def test_what_is_doubted_depends_on_the_moment_given(desk: Desk) -> None:
    old, new = desk.write(AMY, opens=LONG_AGO), desk.write(BEN, opens=YEARS_AGO)

    desk.ask("doubt", "--before", "2020-06-01T00:00+02:00")

    assert [desk.state(number)[0] for number in (old, new)] == ["doubtful", "ready"]


def test_every_decision_leaves_one_line_of_ids_in_the_log(tmp_path: Path) -> None:
    engine = migrated_sqlite(tmp_path / "trellis.db")
    address = {"PATH": os.defpath, "DATABASE_URL": f"sqlite:///{tmp_path / 'trellis.db'}"}
    desk = Desk(Sessions(engine), lambda *words: run_apart(["outbox", *map(str, words)], address))
    number = desk.write(state="failed")

    logs = [
        desk.ask(*words).stderr
        for words in (
            ["retry", number],
            ["doubt", "--before", "2026-01-01T00:00Z"],
            ["cancel", number, "--reason", "by phone"],
            ["list"],
        )
    ]
    engine.dispose()

    assert [log.partition(" INFO ")[2] for log in logs] == [
        f"delivery_retried delivery={number} state=ready absent=False\n",
        "deliveries_doubted count=1 before=2026-01-01T00:00:00+00:00\n",
        f"delivery_cancelled delivery={number}\n",
        "",
    ]


def test_a_store_without_our_tables_is_told_to_migrate_first(run: Run, tmp_path: Path) -> None:
    done = run(["outbox", "list"], {"DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"})

    assert done.returncode == 1
    assert "run `python app.py migrate` first" in done.stderr
