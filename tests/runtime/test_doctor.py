"""The doctor: each thing that may be wrong is said in words, and no token ever is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Engine, event, update

from bot.outbox import Message, enqueue
from bot.runtime import manifest
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.database import Sessions, connect, migrate
from bot.runtime.doctor import examine
from bot.runtime.findings import Finding
from bot.runtime.queues import NAMED_AT_MOST
from bot.runtime.waits import moment
from models.outbox import DOUBTFUL, FAILED, UNRESOLVED, Delivery
from models.workspaces import Workspace
from sandbox.driver import Driver
from sandbox.identity import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from sandbox.testing import Running, running
from tests.people import AMY, BEN, MIA, RAY
from tests.runtime.stage import Office
from tests.stores import Postgres, migrated_sqlite

ZONES = "2026.6"


@pytest.fixture
def healthy(workspace: Running, slack: Driver, tmp_path: Path) -> dict[str, str]:
    """Give the environment of an installation with which nothing is wrong."""
    store = tmp_path / "healthy.db"
    migrated_sqlite(store).dispose()
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": workspace.api_url,
        "DATABASE_URL": f"sqlite:///{store}",
    }


def findings(environment: dict[str, str], clock: Clock | None = None) -> list[Finding]:
    found = examine(environment, zone_data=ZONES, clock=clock or SystemClock())
    for finding in found:
        assert BOT_TOKEN not in str(finding)
        assert APP_TOKEN not in str(finding)
        assert SIGNING_SECRET not in str(finding)
    return found


def wrong(environment: dict[str, str], clock: Clock | None = None) -> list[str]:
    return [finding.sentence for finding in findings(environment, clock) if finding.is_wrong]


def notes(environment: dict[str, str]) -> list[str]:
    return [finding.sentence for finding in findings(environment) if finding.verdict == "note"]


def test_nothing_is_wrong_with_a_healthy_installation(healthy: dict[str, str]) -> None:
    found = findings(healthy)

    assert {finding.verdict for finding in found} == {"ok"}
    assert str(found[0]) == "ok     The settings are complete"


def test_missing_tokens_are_named_and_the_store_is_looked_at_all_the_same(healthy: dict[str, str]) -> None:
    found = findings({**healthy, "SLACK_BOT_TOKEN": ""})

    assert found[0].is_wrong
    assert any("tables are those of this version" in finding.sentence for finding in found)


def test_a_bot_token_slack_does_not_know(healthy: dict[str, str]) -> None:
    (sentence,) = wrong({**healthy, "SLACK_BOT_TOKEN": "xoxb-other"})

    assert sentence.startswith("Slack refuses SLACK_BOT_TOKEN (invalid_auth)")
    assert "xoxb-other" not in sentence


def test_an_app_token_slack_does_not_know(healthy: dict[str, str]) -> None:
    (sentence,) = wrong({**healthy, "SLACK_APP_TOKEN": "xapp-other"})

    assert sentence.startswith("Slack refuses SLACK_APP_TOKEN")


def test_a_slack_that_does_not_answer(healthy: dict[str, str]) -> None:
    (sentence,) = wrong({**healthy, "SLACK_API_URL": "http://127.0.0.1:9/api/"})

    assert sentence.startswith("Slack does not answer at http://127.0.0.1:9/api/")


def test_scopes_that_were_not_granted(healthy: dict[str, str]) -> None:
    fewer = {
        "display_information": {"name": "Trellis"},
        "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "channels:read"]}},
    }
    with running(manifest=fewer) as elsewhere:
        (sentence,) = wrong({**healthy, "SLACK_API_URL": elsewhere.api_url})

    assert all(scope in sentence for scope in ("files:read", "im:history", "mpim:write", "users:read.email"))


def scopes_besides(healthy: dict[str, str], *scopes: str) -> Finding:
    """Say what is said of the scopes when these are granted besides those asked for."""
    more = manifest.read()
    more["oauth_config"]["scopes"]["bot"] += scopes
    with running(manifest=more) as elsewhere:
        found = findings({**healthy, "SLACK_API_URL": elsewhere.api_url})
    return next(finding for finding in found if "scopes" in finding.sentence)


def test_scopes_that_may_be_granted_besides_are_said_to_be_used(healthy: dict[str, str]) -> None:
    finding = scopes_besides(healthy, "channels:history", "groups:history")

    assert finding.verdict == "ok"
    assert finding.sentence.endswith("in channels with channels:history, groups:history")


def test_a_scope_nobody_uses_is_named_without_those_that_are_used(healthy: dict[str, str]) -> None:
    finding = scopes_besides(healthy, "channels:history", "pins:read")

    assert (finding.verdict, finding.sentence) == ("note", "The bot has scopes it does not use: pins:read")


class SlowClock(SystemClock):
    """A machine whose clock is two minutes behind."""

    def machine_now(self):  # type: ignore[no-untyped-def]
        return super().machine_now() - timedelta(minutes=2)


def test_a_clock_that_is_off_is_wrong_against_slack_and_the_database(
    healthy: dict[str, str], postgres: Postgres
) -> None:
    with postgres.database() as name:
        sentences = wrong({**healthy, "DATABASE_URL": postgres.address(name)}, SlowClock())

    assert [sentence.partition(":")[0].partition("behind ")[2] for sentence in sentences] == [
        "Slack's",
        "the database's",
    ]


def test_a_database_that_is_away(healthy: dict[str, str], postgres: Postgres) -> None:
    (sentence,) = wrong({**healthy, "DATABASE_URL": postgres.address("nowhere")})

    assert sentence.startswith("The database does not answer")


def test_missing_migrations(healthy: dict[str, str]) -> None:
    store = store_of(healthy)
    migrate(store, to="0012")
    store.dispose()

    (sentence,) = wrong(healthy)

    assert sentence.endswith("migrations are missing: run `python app.py migrate`")


def test_a_database_that_is_not_there_is_not_made(healthy: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "new.db"

    (sentence,) = notes({**healthy, "DATABASE_URL": f"sqlite:///{file}"})

    assert sentence.startswith(f"There is no database at {file} yet")
    assert not file.exists()


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("kind", ["html", "truncated"])
def test_something_that_answers_in_slacks_place_refuses_no_token(
    method: str, kind: Literal["html", "truncated"], healthy: dict[str, str], slack: Driver
) -> None:
    slack.fault(method, kind, **({"status": 403} if kind == "html" else {}))

    (sentence,) = wrong(healthy)

    assert "is not Slack, or was cut short" in sentence


def test_a_folder_that_is_not_there(healthy: dict[str, str], tmp_path: Path) -> None:
    (sentence,) = wrong({**healthy, "DATABASE_URL": f"sqlite:///{tmp_path / 'no' / 'where.db'}"})

    assert "cannot be written" in sentence


def test_a_stopped_workspace_and_other_zone_data(healthy: dict[str, str]) -> None:
    store = store_of(healthy)
    with Sessions(store).begin() as session:
        session.add(Workspace(workspace_id="TSANDBOX", stopped_because="token_revoked", zone_data="2020.1"))
    store.dispose()

    (sentence,) = wrong(healthy)

    assert sentence == "Nothing is sent to TSANDBOX, for Slack said token_revoked: reinstall the app"
    assert notes(healthy)[0].startswith("1 workspace was planned with other time zone data")


def store_of(environment: dict[str, str]) -> Engine:
    return connect(environment["DATABASE_URL"])


def test_what_waits_and_what_failed_in_the_outbox(healthy: dict[str, str]) -> None:
    store = store_of(healthy)
    office = Office(Sessions(store), healthy["SLACK_API_URL"])
    now = SystemClock().people_now()
    office.clock.people = now - timedelta(minutes=10)
    _, doubted, failed, unseen = office.write(AMY, BEN, RAY, MIA)
    with office.sessions.begin() as session:
        session.execute(update(Delivery).where(Delivery.id == doubted).values(state=DOUBTFUL))
        session.execute(update(Delivery).where(Delivery.id == failed).values(state=FAILED))
        unresolved = {"state": FAILED, "reason": f"{UNRESOLVED}missing_scope"}
        session.execute(update(Delivery).where(Delivery.id == unseen).values(unresolved))
    store.dispose()

    said = [note for note in notes(healthy) if "zone" not in note]

    assert said[0].startswith("1 message waits to be sent, the oldest for 60")
    assert said[0].endswith("is a worker running?")
    assert said[1].startswith("Of 1 message nobody knows")
    assert said[2] == "Slack refused 1 message; `python app.py outbox list --state failed` has the reasons"
    assert said[3].startswith("1 message may be in Slack, which does not let us look there")


def test_what_slack_holds_up_is_said_of_each_workspace_and_no_worker_is_asked_for(
    healthy: dict[str, str],
) -> None:
    now = SystemClock().machine_now()
    blocked_until = now + timedelta(hours=1)
    store = store_of(healthy)
    wait_in(store, "TBLOCKED", messages=3, blocked_until=blocked_until)
    wait_in(store, "TBUSY", messages=2, posts_tat=now + timedelta(minutes=1))
    wait_in(store, "TGONE", messages=1, stopped_because="token_revoked", blocked_until=now)
    store.dispose()

    said = [note for note in notes(healthy) if "zone" not in note]

    assert said == [
        f"3 messages wait in TBLOCKED: Slack told us to send nothing there until {moment(blocked_until)}",
        "2 messages wait in TBUSY: it just had as many as Slack takes at once, and gets 5 a second",
        "1 message waits in TGONE: Slack said token_revoked, and the app has to be reinstalled",
    ]


def test_of_very_many_workspaces_that_wait_for_slack_those_with_most_are_named(
    healthy: dict[str, str],
) -> None:
    store, until = store_of(healthy), SystemClock().machine_now() + timedelta(hours=1)
    for number in range(NAMED_AT_MOST + 2):
        wait_in(store, f"T{number}", messages=1 + (number == 1), blocked_until=until)
    wait_in(store, "TFREE", messages=1, posts_tat=SystemClock().machine_now())
    store.dispose()

    said = [note for note in notes(healthy) if "zone" not in note]

    assert said[0].startswith("2 messages wait in T1:")
    assert said[NAMED_AT_MOST] == "2 messages wait in 2 more workspaces, each held up by Slack too"
    assert said[NAMED_AT_MOST + 1].endswith("is a worker running?")


def wait_in(store: Engine, team: str, *, messages: int, **told: object) -> None:
    """Let messages wait in a workspace about which Slack told us this."""
    opens = SystemClock().people_now() - timedelta(minutes=1)
    closes = opens + timedelta(days=1)
    with Sessions(store).begin() as session:
        session.add(Workspace(workspace_id=team, **told))
        session.flush()
        keys = [f"note:{number}" for number in range(messages)]
        enqueue(session, [Message(team, key, "test.note", AMY, 1, opens, closes) for key in keys])


def test_no_question_about_the_outbox_reads_all_that_was_ever_sent(healthy: dict[str, str]) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_others: Any) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        findings(healthy)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    about_it = [(statement, values) for statement, values in asked if "FROM delivery" in statement]
    assert len(about_it) == 5
    assert [
        plan for plan in map(planned(healthy), about_it) if not all("USING" in step for step in plan)
    ] == []


def planned(environment: dict[str, str]) -> Callable[[tuple[str, Any]], list[str]]:
    """Ask the store how it would find the deliveries that a statement is about."""
    store = store_of(environment)

    def plan(question: tuple[str, Any]) -> list[str]:
        with store.connect() as connection:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question[0]}", question[1]).all()
        store.dispose()
        return [step.detail for step in steps if " delivery" in step.detail]

    return plan
