"""The image, the compose file and the systemd units, as far as they can be tried without Docker and systemd."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from werkzeug.serving import make_server

from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions
from bot.runtime.serving import LAST_SECONDS
from bot.runtime.web import build_web
from tests.deploy.judges import judge, told
from tests.runtime.command_line import program
from tests.trellis import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
UNITS = sorted(DEPLOY.glob("*.service"))
NOBODY = "http://127.0.0.1:1/api/"
"""An address at which no Slack answers."""
STOPPED_WITHIN_SECONDS = LAST_SECONDS + 5
"""The grace of requests, and the writing down of what came of them."""


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile: each instruction with what follows it, continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined if line.strip()]


def final_stage() -> list[tuple[str, str]]:
    every = instructions()
    last = max(place for place, (name, _) in enumerate(every) if name == "FROM")
    return every[last:]


def copied() -> list[str]:
    """List what of the repository the image holds."""
    lines = [words.split()[:-1] for name, words in final_stage() if name == "COPY" and "--from" not in words]
    return [source for sources in lines for source in sources]


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())["services"]
    return found


def our_services() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in services().items() if service["image"] == "trellis"}


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"]}  # noqa: TID251 - the machine's own
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Give a folder with what the image holds of the repository, and nothing else of it."""
    folder = tmp_path / "trellis"
    folder.mkdir()
    for source in copied():
        place = ROOT / source
        if place.is_dir():
            # What is compiled already serves the copy too: its sources have the same age.
            shutil.copytree(place, folder / source)
        else:
            shutil.copy(place, folder / source)
    return folder


def test_the_image_holds_all_that_the_program_needs(image: Path, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'data.db'}"

    migrated = run(image, "app.py", "migrate", DATABASE_URL=store)
    printed = run(image, "app.py", "manifest")
    ticked = run(image, "app.py", "tick", DATABASE_URL=store, SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL=NOBODY)

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert json.loads(printed.stdout)["display_information"]["name"] == "Trellis"
    # It is the one that loads every door and use case.
    assert (ticked.returncode, ticked.stdout) == (0, "0 planned\n"), ticked.stderr


@pytest.mark.siege
def test_the_image_holds_all_that_the_doctor_needs(image: Path, tmp_path: Path) -> None:
    examined = run(image, "app.py", "doctor", DATABASE_URL=f"sqlite:///{tmp_path / 'data.db'}")

    assert "SLACK_BOT_TOKEN" in examined.stdout
    assert "Traceback" not in examined.stderr


def test_the_builder_gets_what_is_copied_and_no_secrets() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert lines[0] == "*"
    assert let_through == {"requirements.txt", *copied()}


def test_the_image_runs_as_nobody_in_particular() -> None:
    users = [words for name, words in final_stage() if name == "USER"]

    assert len(users) == 1
    assert int(users[0]) > 0


def test_the_image_has_only_locked_wheels() -> None:
    installing = [words for name, words in instructions() if name == "RUN" and "install" in words]

    assert len(installing) == 1
    assert "--require-hashes" in installing[0]
    assert "--only-binary :all:" in installing[0]


@pytest.fixture
def port(sqlite: Engine) -> Iterator[int]:
    """Give the port of Trellis' own web app."""
    app = build_web(None, sessions=Sessions(sqlite), clock=SystemClock())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server.server_port
    server.shutdown()
    serving.join()
    server.server_close()


def health_check() -> list[str]:
    """Read the arguments that the health check gives to Python."""
    [words] = [words for name, words in final_stage() if name == "HEALTHCHECK"]
    program, *arguments = json.loads(words[words.index("[") :])
    assert program == "python"
    return list(arguments)


def test_the_health_check_tells_who_lives(port: int, tmp_path: Path) -> None:
    alive = run(tmp_path, *health_check(), PORT=str(port))
    dead = run(tmp_path, *health_check(), PORT="1")

    assert (alive.returncode, alive.stderr) == (0, "")
    assert dead.returncode != 0


def test_only_the_web_is_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}

    assert published == {"web": ["127.0.0.1:3000:3000"]}


def test_everything_of_ours_waits_for_the_migration() -> None:
    waiting = {
        name: service["depends_on"].get("migrate", {}).get("condition")
        for name, service in our_services().items()
        if name != "migrate"
    }

    assert waiting == dict.fromkeys(("worker", "web"), "service_completed_successfully")
    assert services()["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services()["worker"]["deploy"]["replicas"] == 2


def test_secrets_come_from_a_file_beside_the_compose_file() -> None:
    password = "${POSTGRES_PASSWORD:?write it into deploy/.env}"

    assert {service["env_file"] for service in our_services().values()} == {".env"}
    assert services()["database"]["environment"]["POSTGRES_PASSWORD"] == password
    assert {
        f":{password}@" in service["environment"]["DATABASE_URL"] for service in our_services().values()
    } == {True}
    # Each service that has settings of its own repeats nothing: SLACK_… stand in the file alone.
    assert [key for each in services().values() for key in each["environment"] if "SLACK" in key] == []


def test_a_container_may_bring_home_what_it_has_in_hand() -> None:
    graces = {service["stop_grace_period"] for service in our_services().values()}

    assert [grace for grace in graces if int(grace.removesuffix("s")) <= STOPPED_WITHIN_SECONDS] == []


def settings_of(unit: Path) -> dict[str, list[str]]:
    """Read a unit; a name may stand there more than once."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_may_bring_home_what_it_has_in_hand(unit: Path) -> None:
    settings = settings_of(unit)

    assert settings["KillSignal"] == ["SIGTERM"]
    assert int(settings["TimeoutStopSec"][0]) > STOPPED_WITHIN_SECONDS
    assert settings["Restart"] == ["on-failure"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_listens_to_this_machine_alone_unless_the_settings_say_otherwise(unit: Path) -> None:
    names = [
        line.partition("=")[0] for line in unit.read_text().splitlines() if "HOST=" in line or "File=" in line
    ]

    assert "HOST=127.0.0.1" in settings_of(unit)["Environment"]
    assert names == ["Environment", "EnvironmentFile"]


def test_the_image_by_itself_is_run_with_the_time_it_takes_to_end() -> None:
    running = re.findall(r"docker run --init ([^`]*)", (DEPLOY / "README.md").read_text())

    assert running
    for words in running:
        assert int(words.split("--stop-timeout ")[1].split()[0]) > STOPPED_WITHIN_SECONDS


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    analyzer = judge("systemd-analyze")
    # It wants the program to be where the unit says.
    text = unit.read_text().replace("/opt/trellis/.venv/bin/python", sys.executable)
    placed = tmp_path / unit.name.replace("@", "@1")
    placed.write_text(text.replace("/opt/trellis", str(tmp_path)))

    verified = told(analyzer, "verify", "--man=no", placed)
    exposed, words = told(analyzer, "security", "--offline=true", "--threshold=25", "--no-pager", placed)

    assert verified == (0, "")
    assert exposed == 0, words


def test_the_linter_of_dockerfiles_has_nothing_to_say() -> None:
    assert told(judge("hadolint"), DOCKERFILE) == (0, "")


def commands() -> dict[str, list[str]]:
    """Name every way in which the files here, and the Procfile, start the program: what follows `app.py`."""
    procfile = re.findall(r"^(\w+): (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    started = {f"Procfile {name}": shlex.split(line) for name, line in procfile}
    started |= {f"compose {name}": service["command"] for name, service in our_services().items()}
    started |= {unit.name: shlex.split(settings_of(unit)["ExecStart"][0]) for unit in UNITS}
    [default] = [words for name, words in final_stage() if name == "CMD"]
    started["Dockerfile"] = json.loads(default)
    return {place: words[words.index("app.py") + 1 :] for place, words in started.items()}


def test_every_command_is_one_the_program_knows() -> None:
    found = commands()

    assert len(found) == 3 + 3 + 3 + 1
    for words in sorted({tuple(words) for words in found.values()}):
        with pytest.raises(SystemExit) as end:
            program()([*words, "--help"])
        assert end.value.code == 0, words
