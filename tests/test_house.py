"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
from slack_bolt.kwargs_injection.args import Args
from sqlalchemy import create_engine

from bot.runtime.clock import MovedClock
from bot.runtime.database import Sessions
from handlers import wiring
from sandbox.testing import Running
from tests.people import MONDAY_NOON
from tests.trellis import ROOT, settings_for

OURS = {"actor", "clock", "member", "refresh_home", "sessions", "visit"}
"""What our middleware adds to what Bolt offers by parameter name."""


def use_cases_and_doors() -> list[Path]:
    runtime = ROOT / "bot" / "runtime"
    files = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")]
    return sorted(path for path in files if runtime not in path.parents)


def names_from_sqlalchemy(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in imports if node.module == "sqlalchemy" for alias in node.names}


@pytest.mark.parametrize("path", use_cases_and_doors(), ids=lambda path: str(path.relative_to(ROOT)))
def test_queries_stand_on_their_tables(path: Path) -> None:
    assert names_from_sqlalchemy(path) & {"select", "update", "delete", "insert", "text"} == set()


def test_every_parameter_of_a_listener_is_one_that_is_offered(workspace: Running) -> None:
    offered = {*inspect.signature(Args.__init__).parameters, *OURS, "error", "next_"}
    sessions = Sessions(create_engine("sqlite://"))
    clock = MovedClock(MONDAY_NOON)
    app = wiring.build_app(settings_for(workspace.api_url), sessions=sessions, clock=clock)

    wanted = {
        f"{listener.ack_function.__module__}.{listener.ack_function.__name__}": set(listener.arg_names)
        for listener in app._listeners
    }

    assert len(wanted) > 40
    assert {name: names - offered for name, names in wanted.items() if names - offered} == {}
