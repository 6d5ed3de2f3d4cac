"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import importlib
import inspect
import random
import tomllib
from pathlib import Path

from slack_bolt.kwargs_injection.args import Args
from slack_bolt.listener.custom_listener import CustomListener

from bot.runtime.clock import MovedClock
from bot.runtime.database import Sessions, connect
from handlers import wiring
from models.base import Base
from sandbox.testing import Running
from tests.people import MONDAY_NOON
from tests.trellis import ROOT, settings_for

OURS = {"actor", "clock", "screen", "sessions", "visit"}
"""What our middleware adds to what Bolt offers by parameter name."""


def use_cases_and_doors() -> list[Path]:
    runtime = ROOT / "bot" / "runtime"
    files = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")]
    return sorted(path for path in files if runtime not in path.parents)


QUERIES = {"select", "update", "delete", "insert", "text"}


def imported(path: Path) -> set[str]:
    """Read every module a file imports, and every name it imports from one, with dots."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_queries_stand_on_their_tables() -> None:
    banned = {"sqlalchemy", *(f"sqlalchemy.{name}" for name in QUERIES)}
    files = {str(path.relative_to(ROOT)): imported(path) for path in use_cases_and_doors()}

    astray = {
        path: found
        for path, names in files.items()
        if (found := {name for name in names if name in banned or name.startswith("sqlalchemy.sql")})
    }

    assert len(files) > 100
    assert astray == {}


def test_every_table_belongs_to_a_workspace() -> None:
    for module in (ROOT / "models").glob("[!_]*.py"):
        importlib.import_module(f"models.{module.stem}")

    lacking = [name for name, table in Base.metadata.tables.items() if "workspace_id" not in table.columns]

    assert len(Base.metadata.tables) > 8
    assert lacking == []
    assert [name for name, table in Base.metadata.tables.items() if table.c.workspace_id.nullable] == []


def test_every_parameter_of_a_listener_is_one_that_is_offered(workspace: Running) -> None:
    offered = {*inspect.signature(Args.__init__).parameters, *OURS, "error", "next_"}
    sessions = Sessions(connect("sqlite:///never-opened.db"))
    clock = MovedClock(MONDAY_NOON)
    app = wiring.build_app(settings_for(workspace.api_url), sessions=sessions, clock=clock)

    wanted = {
        f"{listener.ack_function.__module__}.{listener.ack_function.__name__}": set(listener.arg_names)
        for listener in app._listeners
        if isinstance(listener, CustomListener)
    }

    assert len(wanted) > 40
    assert {name: names - offered for name, names in wanted.items() if names - offered} == {}


def test_chance_is_handed_over_and_never_the_modules_own() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    banned = settings["flake8-tidy-imports"]["banned-api"]
    functions = {name for name in random.__all__ if not inspect.isclass(getattr(random, name))}

    assert {name for name in functions if f"random.{name}" not in banned} == set()
