"""The operator at the outbox: what the command line shows and decides, on both stores."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from models.outbox import Delivery
from tests.people import AMY, BEN, MIA, RAY
from tests.runtime.command_line import Done, Run
from tests.runtime.desk_stage import (
    FAR_OFF,
    IN_YEARS,
    KIND,
    LONG_AGO,
    OTHER_TEAM,
    TEAM,
    YEARS_AGO,
    Desk,
    soon,
)
from tests.stores import on_postgresql_in_the_siege


def listed(done: Done) -> list[int]:
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


@on_postgresql_in_the_siege
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


def test_an_empty_outbox_says_so(one_desk: Desk) -> None:
    assert one_desk.ask("list").stdout == "No message waits.\n"
    assert one_desk.ask("list", "--state", "failed").stdout == "No message is in this state.\n"


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


def test_a_time_that_is_none_ends_with_code_2(one_desk: Desk) -> None:
    for words in (["--before", "yesterday"], ["--before", "now", "--since", "yesterday"]):
        done = one_desk.ask("doubt", *words)

        assert done.returncode == 2
        assert "'yesterday' is not a time" in done.stderr


@pytest.mark.parametrize("question", ["why", "retry", "cancel"])
def test_a_message_that_is_not_there_is_said_in_words(question: str, one_desk: Desk) -> None:
    done = one_desk.ask(question, 4711)

    assert done.returncode == 1
    assert "There is no message 4711" in done.stderr
    assert done.stdout == ""


@on_postgresql_in_the_siege
@pytest.mark.parametrize("state", ["failed", "expired", "cancelled"])
def test_what_was_given_up_is_ready_again_while_its_window_is_open(state: str, desk: Desk) -> None:
    number = desk.write(state=state, attempt=3, reason="x", retry_at=FAR_OFF, lease_until=FAR_OFF)

    done = desk.ask("retry", number)

    row = desk.row(number)
    assert (done.returncode, row.state, row.attempt, row.retry_at) == (0, "ready", 3, None)
    assert row.lease_until is None
    assert f"Message {number} is ready" in done.stdout


@on_postgresql_in_the_siege
def test_nothing_is_put_back_whose_time_is_over(desk: Desk) -> None:
    numbers = [desk.write(state=state, closes=YEARS_AGO) for state in ("failed", "expired", "doubtful")]

    for number in numbers:
        done = desk.ask("retry", number, "--absent")

        assert done.returncode == 1
        assert "was of use until 2021-01-01 00:00:00Z: its time is over" in done.stderr
    assert [desk.state(number)[0] for number in numbers] == ["failed", "expired", "doubtful"]


@on_postgresql_in_the_siege
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


@on_postgresql_in_the_siege
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
def test_what_was_not_given_up_is_left_alone(state: str, one_desk: Desk) -> None:
    number = one_desk.write(state=state, retry_at=FAR_OFF)

    for more in ([], ["--absent"]):
        done = one_desk.ask("retry", number, *more)

        assert done.returncode == 1
        assert f"Message {number} is {state}: only what was given up can be put back" in done.stderr
    assert (one_desk.state(number)[0], one_desk.row(number).retry_at) == (state, FAR_OFF)


@on_postgresql_in_the_siege
@pytest.mark.parametrize("state", ["ready", "doubtful"])
def test_what_has_not_been_sent_is_cancelled_with_its_reason(state: str, desk: Desk) -> None:
    first, second = desk.write(BEN, state=state), desk.write(AMY, state=state)

    done = desk.ask("cancel", first)
    desk.ask("cancel", second, "--reason", "asked to\nby phone")

    assert done.returncode == 0
    assert desk.state(first) == ("cancelled", "taken back by an operator")
    assert desk.state(second) == ("cancelled", "asked to by phone")


@pytest.mark.parametrize("state", ["sending", "sent", "failed", "expired", "cancelled"])
def test_what_is_on_its_way_or_finished_is_not_cancelled(state: str, one_desk: Desk) -> None:
    number = one_desk.write(state=state, reason="as it was")

    done = one_desk.ask("cancel", number)

    assert done.returncode == 1
    assert ("on its way" if state == "sending" else f"is {state} already") in done.stderr
    assert one_desk.state(number) == (state, "as it was")


def test_a_decision_waits_for_a_worker_that_holds_the_row(desk: Desk) -> None:
    number = desk.write()
    answers: list[Done] = []
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
    to_come = desk.write(MIA, opens=IN_YEARS)
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

    assert desk.row(number).doubt_since == YEARS_AGO


@on_postgresql_in_the_siege
def test_an_operator_who_knows_better_says_when_the_copy_was_made(desk: Desk) -> None:
    desk.write(state="sent", sent_at=YEARS_AGO)
    number = desk.write(BEN)

    desk.ask("doubt", "--before", "now", "--since", "2020-01-01T00:00Z")

    assert desk.row(number).doubt_since == LONG_AGO


@on_postgresql_in_the_siege
def test_what_is_doubted_depends_on_the_moment_given(desk: Desk) -> None:
    old, new = desk.write(AMY, opens=LONG_AGO), desk.write(BEN, opens=YEARS_AGO)

    desk.ask("doubt", "--before", "2020-06-01T00:00+02:00")

    assert [desk.state(number)[0] for number in (old, new)] == ["doubtful", "ready"]


def test_every_decision_leaves_one_line_of_ids_in_the_log(one_desk: Desk) -> None:
    number = one_desk.write(state="failed")

    logs = [
        one_desk.ask(*words).stderr
        for words in (
            ["retry", number],
            ["doubt", "--before", "2026-01-01T00:00Z"],
            ["cancel", number, "--reason", "by phone"],
            ["list"],
        )
    ]

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
