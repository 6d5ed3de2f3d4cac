"""Trellis' commands: wires the parts together and runs one form of it; nobody imports this file.

A command loads what it runs with by itself: all of it takes over a second, and most commands need little of it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.runtime import config, logs, manifest
from bot.runtime.clock import Clock, FollowedClock, SystemClock
from bot.runtime.config import ANY_DOOR, HTTP_DOOR, OUR_NAME, ROOT, Need, Settings
from bot.runtime.faults import Fault

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

    from bot.runtime.database import Sessions
    from bot.runtime.desk_words import Ask
    from bot.runtime.engine import Work
    from bot.runtime.process import Door, Process

OUTBOX = "outbox"
TOUR = ROOT / "handlers" / "views" / "tour.toml"


class NotReady(Fault):
    """Something must be done before this can run."""


def main(arguments: Sequence[str]) -> int:
    """Run the command and give its exit code; faults are told in plain words on stderr."""
    options = _parser(arguments).parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except Fault as fault:
        return _fail(str(fault), code=fault.code)
    except _no_answer() as away:
        return _fail(f"The database does not answer: {logs.told_by_store(away) or type(away).__name__}")


def _say(text: str) -> None:
    """Print an answer, whose reader may have read enough."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The interpreter flushes once more when it ends, and would tell of the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentences: str, *, code: int = 1) -> int:
    print(sentences, file=sys.stderr)
    return code


def _no_answer() -> type[DBAPIError]:
    """Name what is raised when the database is away; nobody asks before something is raised."""
    from sqlalchemy.exc import DBAPIError

    return DBAPIError


def _settings(*needs: Need) -> Settings:
    settings = config.load(config.read_environment(), needs=needs)
    logs.set_up(settings.log_level)
    return settings


def _clock(settings: Settings) -> Clock:
    """Choose the clock: the machine's, or the one of a sandbox that CLOCK_URL names."""
    return FollowedClock(settings.clock_url) if settings.clock_url else SystemClock()


def _app(settings: Settings, sessions: Sessions, clock: Clock) -> Door:
    from handlers import wiring

    return wiring.build_app(settings, sessions=sessions, clock=clock)


def _work(settings: Settings, clock: Clock) -> Work:
    from handlers import wiring

    return wiring.work(wiring.slack_client(settings), clock, mapped=settings.profile_fields)


def _process(settings: Settings, *, answers: bool = True, works: bool = True) -> Process:
    """Make a process with doors for Slack that answer, with an engine that plans and delivers, or with both."""
    from bot.runtime.process import Process

    # Built in each of gunicorn's workers, but loaded before: they share it.
    from handlers import wiring  # noqa: F401

    # What is loaded stays until the end: nobody need look through it for garbage, least of all each fork for itself,
    # which would copy the pages it shares. A process with a server starts and ends in two thirds of the time.
    gc.freeze()
    return Process(
        settings, _clock(settings), build_app=_app if answers else None, build_work=_work if works else None
    )


def run_everything(_: argparse.Namespace) -> int:
    """Doors, clock and delivery in one process; a SQLite file gets its tables by itself."""
    from bot.runtime.occupancy import occupied

    settings = _settings(OUR_NAME, ANY_DOOR)
    with occupied(settings.database_url, alone=True):
        if settings.database_url.startswith("sqlite"):
            _migrate(settings.database_url)
        else:
            _require_migrations(settings)
        _process(settings).serve(processes=1)
    return 0


def run_web(_: argparse.Namespace) -> int:
    """Slack's door over HTTP, without clock and delivery."""
    settings = _settings(OUR_NAME, HTTP_DOOR)
    _process(settings, works=False).serve(processes=settings.processes)
    return 0


def run_worker(options: argparse.Namespace) -> int:
    """Clock and delivery; with a port also what operators ask over HTTP."""
    from bot.runtime.occupancy import occupied

    settings = _settings(OUR_NAME)
    with occupied(settings.database_url, alone=False):
        process = _process(settings, answers=False)
        if options.probes:
            process.serve(processes=1)
        process.run()
    return 0


def migrate(options: argparse.Namespace) -> int:
    """Bring the tables to this version, or to the revision named."""
    settings = _settings()
    _migrate(settings.database_url, to=options.to)
    return 0


def tick(options: argparse.Namespace) -> int:
    """Do once what is due, print what became of it."""
    from bot.runtime.database import Sessions, connect
    from bot.runtime.engine import run_tick_once, tick_time

    settings = _settings(OUR_NAME)
    _require_migrations(settings)
    clock, at = _clock(settings), None
    if options.at:
        at = tick_time(options.at, machine_now=clock.machine_now(), may_be_future=settings.is_local_slack)
    engine = connect(settings.database_url)
    work = _work(settings, clock)
    counts = run_tick_once(Sessions(engine), clock, work, at=at, chance=random.SystemRandom())
    engine.dispose()
    _say(", ".join(f"{number} {name}" for name, number in counts.items()))
    return 0


def ask_the_outbox(options: argparse.Namespace) -> int:
    """Look at the messages the bot is to send and decide about single ones; what they say is never shown."""
    from bot.runtime.database import Sessions, connect
    from bot.runtime.desk import Desk

    settings = _settings()
    _require_migrations(settings)
    engine = connect(settings.database_url)
    ask: Ask = options.ask
    try:
        _say("\n".join(ask(Desk(Sessions(engine), _clock(settings)), options)))
    finally:
        engine.dispose()
    return 0


def back_up(options: argparse.Namespace) -> int:
    """Copy a SQLite store while the bot runs, check the copy, and say how large it is."""
    from bot.runtime import backup

    _say(str(backup.back_up(_settings().database_url, options.path, force=options.force)))
    return 0


def run_doctor(_: argparse.Namespace) -> int:
    """Say what is missing or wrong."""
    from bot.runtime import doctor
    from bot.zones import ZONE_DATA_VERSION

    logs.set_up("ERROR")
    findings = doctor.examine(config.read_environment(), zone_data=ZONE_DATA_VERSION, clock=SystemClock())
    _say("\n".join(map(str, findings)))
    return 1 if any(finding.is_wrong for finding in findings) else 0


def print_manifest(options: argparse.Namespace) -> int:
    """Print what is pasted at api.slack.com/apps."""
    wanted = manifest.read()
    _say(json.dumps(manifest.for_http(wanted, options.url) if options.url else wanted, indent=2))
    return 0


def run_sandbox(options: argparse.Namespace) -> int:
    """Run the sandbox workspace with Trellis installed in it."""
    from sandbox import __main__ as sandbox

    arguments = ["--manifest", str(manifest.PATH), "--tour", str(TOUR), "--port", str(options.port)]
    return sandbox.main([*arguments, *(["--state", options.state] if options.state else [])])


def run_demo(options: argparse.Namespace) -> int:
    """Run the sandbox and the bot attached to it until Ctrl-C."""
    from bot.runtime import demo
    from sandbox import identity

    tokens = demo.Tokens(identity.BOT_TOKEN, identity.APP_TOKEN, identity.SIGNING_SECRET)
    folder = Path(options.folder).absolute() if options.folder else demo.FOLDER
    return demo.run(demo.Demo(folder, Path(__file__), tokens, config.read_environment()), fresh=options.fresh)


def _migrate(url: str, *, to: str = "head") -> None:
    from bot.runtime import database
    from bot.runtime.occupancy import file_of, keep_private

    if file := file_of(url):
        keep_private(file)
    engine = database.connect(url)
    database.migrate(engine, to=to)
    engine.dispose()


def _require_migrations(settings: Settings) -> None:
    from bot.runtime import database
    from bot.runtime.occupancy import file_of

    file = file_of(settings.database_url)
    if file and not file.exists():
        # To connect would make an empty one, which belongs to whoever asks.
        raise NotReady(f"There is no database at {file}: run `python app.py migrate` first")
    engine = database.connect(settings.database_url)
    missing = database.missing_migrations(engine)
    engine.dispose()
    if missing:
        raise NotReady(f"{missing} migrations are missing: run `python app.py migrate` first")


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python app.py", description="Trellis, a Slack bot for career development."
    )
    parser.set_defaults(command=run_everything)
    commands = parser.add_subparsers(title="forms and tools", description="Without any: all in one process.")
    add = partial(_add, commands)
    add("web", run_web, "Slack's door over HTTP")
    worker = add("worker", run_worker, "clock and delivery")
    worker.add_argument("--probes", action="store_true", help="serve /healthz, /readyz and /metrics on PORT")
    add("migrate", migrate, "bring the tables to this version").add_argument("--to", default="head")
    add("tick", tick, "do once what is due, for hosting by cron").add_argument("--at", metavar="TIME")
    outbox = add(OUTBOX, ask_the_outbox, "what waits to be sent, and why; retry, cancel, doubt")
    if OUTBOX in arguments:
        _teach_questions(outbox)
    copy = add("backup", back_up, "copy a SQLite store while the bot runs")
    copy.add_argument("path", type=Path, help="the new file")
    copy.add_argument("--force", action="store_true", help="replace a file of that name")
    add("doctor", run_doctor, "say what is missing or wrong")
    add("manifest", print_manifest, "print the app manifest").add_argument("--url", help="https://…")
    local = add("sandbox", run_sandbox, "a Slack workspace on this machine")
    local.add_argument("--port", type=int, default=3900)
    local.add_argument("--state", help="file that keeps it between starts")
    both = add("demo", run_demo, "sandbox and bot together")
    both.add_argument("--fresh", action="store_true", help="forget what was before")
    both.add_argument("--folder", help="where data and logs go, instead of .demo")
    return parser


def _teach_questions(outbox: argparse.ArgumentParser) -> None:
    # Its words name the states of the tables, which the parser of another command does without.
    from bot.runtime import desk_words

    desk_words.add_to(outbox)


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=words, description=command.__doc__)
    added.set_defaults(command=command)
    return added


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
