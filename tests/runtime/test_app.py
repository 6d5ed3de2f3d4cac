"""Trellis as an operator runs it: the real program, in a process of its own for every form of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest

from bot.runtime.config import ROOT
from bot.runtime.database import connect, migrate, missing_migrations
from bot.runtime.occupancy import OCCUPIED
from sandbox.driver import Driver
from sandbox.identity import APP_TOKEN, BOT_TOKEN
from sandbox.testing import Running
from tests.people import AMY, BEN
from tests.runtime.command_line import Run, run_apart
from tests.runtime.programs import (
    END_SECONDS,
    START_SECONDS,
    fetch,
    free_port,
    running_app,
    wait_until_ready,
)
from tests.runtime.programs import environment as environment
from tests.stores import Postgres

FAULTS = [
    ([], {"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is missing"),
    (["web"], {"SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET is missing"),
    (["tick", "--at", "noon"], {}, "'noon' is not a time"),
    (["migrate", "--to", "0099"], {}, "There is no migration '0099': they are 0001 to "),
    (["manifest", "--url", "http://insecure.example"], {}, "begins with https://"),
]
SPARED = [
    (["manifest"], {"sqlalchemy", "slack_sdk", "slack_bolt", "flask"}),
    (["outbox", "list"], {"alembic", "slack_sdk", "slack_bolt", "flask", "prometheus_client", "apscheduler"}),
]
"""What is not loaded for a command: loading costs more than all that such a command does."""
ALONE = [[], ["worker"], ["worker", "--probes"]]
"""They have a SQLite file for themselves, or say which process has it."""
BESIDE = [["migrate"], ["tick"], ["doctor"], ["outbox", "list"]]
"""They run for a moment under the same leases and locks as everything else, and an operator needs them meanwhile."""


@pytest.mark.parametrize(("arguments", "change", "words"), FAULTS)
def test_wrong_use_is_told_in_words_with_code_2(
    arguments: list[str], change: dict[str, str], words: str, environment: dict[str, str], run: Run
) -> None:
    done = run(arguments, {**environment, **change})

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workspace_in_another_encoding_is_refused_in_words(
    environment: dict[str, str], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(["outbox", "list", "--workspace", "\udcff"], environment)

    assert "should be text in UTF-8" in capsys.readouterr().err


def test_whoever_reads_no_further_is_told_nothing_more(environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing) as closed:
        command = [sys.executable, "app.py", "manifest"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=closed, stderr=subprocess.PIPE, timeout=60
        )

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_tick_in_the_future_is_refused_beside_the_real_slack(environment: dict[str, str], run: Run) -> None:
    done = run(
        ["tick", "--at", "2099-01-01T00:00Z"], {**environment, "SLACK_API_URL": "https://slack.com/api/"}
    )

    assert done.returncode == 2
    assert "lies in the future" in done.stderr


def test_a_tick_at_a_time_prints_what_it_did(environment: dict[str, str], run: Run) -> None:
    done = run(["tick", "--at", "2099-01-01T00:00Z"], environment)

    assert (done.returncode, done.stdout) == (0, "0 planned\n")


def test_a_tick_without_tables_says_what_to_do(environment: dict[str, str], tmp_path: Path, run: Run) -> None:
    done = run(["tick"], {**environment, "DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"})

    assert done.returncode == 1
    assert "run `python app.py migrate` first" in done.stderr
    assert not (tmp_path / "new.db").exists()


def test_a_store_is_made_so_that_nobody_else_may_read_it(run: Run, tmp_path: Path) -> None:
    store = tmp_path / "new.db"
    assert run(["migrate"], {"DATABASE_URL": f"sqlite:///{store}"}).returncode == 0
    made = S_IMODE(store.stat().st_mode)
    store.chmod(0o640)
    assert run(["migrate"], {"DATABASE_URL": f"sqlite:///{store}"}).returncode == 0

    assert (made, S_IMODE(store.stat().st_mode)) == (0o600, 0o640)


def test_the_manifest_is_printed_to_be_pasted(environment: dict[str, str], run: Run) -> None:
    printed = run(["manifest"], environment)

    assert json.loads(printed.stdout) == json.loads((ROOT / "manifest.json").read_text())


def test_the_doctor_is_content_and_says_so(environment: dict[str, str], run: Run) -> None:
    done = run(["doctor"], environment)

    assert done.returncode == 0, done.stdout
    assert BOT_TOKEN not in done.stdout + done.stderr
    assert done.stdout.startswith("ok     The settings are complete\n")


@pytest.mark.parametrize(("arguments", "spared"), SPARED, ids=["manifest", "outbox"])
def test_a_command_loads_only_what_it_needs(
    arguments: list[str], spared: set[str], environment: dict[str, str]
) -> None:
    done = run_apart(arguments, {**environment, "PYTHONPROFILEIMPORTTIME": "1"})

    loaded = {
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert done.returncode == 0, done.stderr
    assert "bot.runtime.config" in loaded
    assert loaded & spared == set()


def test_all_in_one_makes_its_tables_answers_over_a_socket_and_has_its_file_for_itself(
    environment: dict[str, str], slack: Driver, tmp_path: Path, run: Run
) -> None:
    mine = {
        **environment,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": "",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}",
    }
    with running_app([], mine) as process:
        wait_until_ready(process, mine)
        answer = slack.command(AMY, "/1on1 add @ben every tuesday 10:00")
        door_for_anybody = fetch(mine, "/slack/events")
        refused = [run(arguments, mine) for arguments in ALONE]
        beside = [run(arguments, mine) for arguments in [*BESIDE, ["backup", str(tmp_path / "copy.db")]]]
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=END_SECONDS)

    assert f"<@{BEN}>" in (answer.text or "")
    assert door_for_anybody == 404
    assert process.returncode == 0, log
    assert "engine_stopped" in log
    for each in refused:
        assert each.returncode == OCCUPIED
        assert f"process {process.pid}" in each.stderr
        assert "PostgreSQL" in each.stderr
        assert "Traceback" not in each.stderr
    assert [each.returncode for each in beside] == [0] * len(beside), beside


@pytest.mark.siege
def test_all_in_one_waits_for_an_operator_to_migrate_postgresql(
    environment: dict[str, str], postgres: Postgres, run: Run
) -> None:
    with postgres.database() as name:
        address = {**environment, "DATABASE_URL": postgres.address(name)}
        engine = connect(address["DATABASE_URL"])
        migrate(engine, to="base")
        refused = run([], address)
        migrated = run(["migrate"], address)
        missing = missing_migrations(engine)
        engine.dispose()

    assert (migrated.returncode, missing) == (0, 0)

    assert refused.returncode == 1
    assert "run `python app.py migrate` first" in refused.stderr


def test_web_answers_over_http_and_a_worker_with_probes_sends_and_has_no_door(
    environment: dict[str, str], workspace: Running, slack: Driver
) -> None:
    slack.move_clock(next_working_hour(slack.now()))
    followed = {**environment, "CLOCK_URL": f"{workspace.url}/clock"}
    probed = {**followed, "PORT": str(free_port())}
    with running_app(["web"], followed) as web:
        wait_until_ready(web, followed)
        slack.event_url(f"http://127.0.0.1:{followed['PORT']}/slack/events", verify=True)
        answer = slack.command(AMY, "/1on1 add @ben every tuesday 10:00")
        slack.event_url(None)
        unsent = slack.dms(BEN)
        with running_app(["worker", "--probes"], probed) as worker:
            told = slack.eventually(lambda: slack.dms(BEN), seconds=START_SECONDS)[0]
            wait_until_ready(worker, probed)
            found = [fetch(probed, path) for path in ("/metrics", "/slack/events")]

    assert f"<@{BEN}>" in (answer.text or "")
    assert unsent == []
    assert f"<@{AMY}> registered your 1-on-1" in told.text
    assert found == [200, 404]


def next_working_hour(now: datetime) -> datetime:
    """Give a Wednesday to come, 17:00 UTC: noon or one o'clock in New York."""
    day = now.date() + timedelta(days=(2 - now.weekday()) % 7 or 7)
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


def test_a_token_slack_refuses_ends_the_program_with_a_word(environment: dict[str, str]) -> None:
    done = run_apart([], {**environment, "SLACK_BOT_TOKEN": "xoxb-other"})

    assert done.returncode != 0
    assert "slack_refused" in done.stderr
    assert "xoxb-other" not in done.stderr
