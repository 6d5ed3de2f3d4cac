"""Trellis' commands: wires the parts together and runs one form of it; nobody imports this file."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from slack_bolt import App
from sqlalchemy.exc import DBAPIError

from bot.runtime import backup, config, database, demo, desk_words, doctor, logs, manifest
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.config import ANY_DOOR, HTTP_DOOR, OUR_NAME, ROOT, BadSettings, Need, Settings
from bot.runtime.database import Sessions
from bot.runtime.desk import Desk, NotDone
from bot.runtime.engine import BadTickTime, Work, run_tick_once, tick_time
from bot.runtime.occupancy import OCCUPIED, Occupied, Unlockable, occupied
from bot.runtime.process import Process, clock_for
from bot.zones import ZONE_DATA_VERSION
from handlers import wiring

TOUR = ROOT / "handlers" / "views" / "tour.toml"
WRONG_USE = 2


class NotReady(Exception):
    """Something must be done before this can run."""


def main(arguments: Sequence[str]) -> int:
    """Run the command and give its exit code; faults are told in plain words on stderr."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except BadSettings as bad:
        return _fail(*bad.faults, code=WRONG_USE)
    except (BadTickTime, manifest.BadAddress, backup.NotAFile) as bad:
        return _fail(str(bad), code=WRONG_USE)
    except (NotReady, NotDone, Unlockable, backup.NotBackedUp) as refusal:
        return _fail(str(refusal))
    except Occupied as other:
        return _fail(str(other), code=OCCUPIED)
    except DBAPIError as away:
        return _fail(f"The database does not answer: {away.orig}")


def _fail(*sentences: str, code: int = 1) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return code


def _settings(*needs: Need) -> Settings:
    settings = config.load(config.read_environment(), needs=needs)
    logs.set_up(settings.log_level)
    return settings


def _app(settings: Settings, sessions: Sessions, clock: Clock) -> App:
    return wiring.build_app(settings, sessions=sessions, clock=clock)


def _work(settings: Settings, clock: Clock) -> Work:
    return wiring.work(wiring.slack_client(settings), clock)


def run_everything(_: argparse.Namespace) -> int:
    """Doors, clock and delivery in one process; a SQLite file gets its tables by itself."""
    settings = _settings(OUR_NAME, ANY_DOOR)
    with occupied(settings.database_url, alone=True):
        if settings.database_url.startswith("sqlite"):
            _migrate(settings.database_url)
        else:
            _require_migrations(settings)
        Process(settings, build_app=_app, build_work=_work).serve(processes=1)
    return 0


def run_web(_: argparse.Namespace) -> int:
    """Slack's door over HTTP, without clock and delivery."""
    settings = _settings(OUR_NAME, HTTP_DOOR)
    Process(settings, build_app=_app, build_work=None).serve(processes=settings.processes)
    return 0


def run_worker(options: argparse.Namespace) -> int:
    """Clock and delivery; with a port also what operators ask over HTTP."""
    settings = _settings(OUR_NAME)
    process = Process(settings, build_app=None, build_work=_work)
    with occupied(settings.database_url, alone=False):
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
    settings = _settings(OUR_NAME)
    _require_migrations(settings)
    clock, at = clock_for(settings), None
    if options.at:
        at = tick_time(options.at, machine_now=clock.machine_now(), may_be_future=settings.is_local_slack)
    engine = database.connect(settings.database_url)
    work = _work(settings, clock)
    counts = run_tick_once(Sessions(engine), clock, work, at=at, chance=random.SystemRandom())
    engine.dispose()
    print(", ".join(f"{number} {name}" for name, number in counts.items()))
    return 0


def ask_the_outbox(options: argparse.Namespace) -> int:
    """Look at the messages the bot is to send and decide about single ones; what they say is never shown."""
    settings = _settings()
    _require_migrations(settings)
    engine = database.connect(settings.database_url)
    ask: desk_words.Ask = options.ask
    try:
        print("\n".join(ask(Desk(Sessions(engine), clock_for(settings)), options)))
    finally:
        engine.dispose()
    return 0


def back_up(options: argparse.Namespace) -> int:
    """Copy a SQLite store while the bot runs, check the copy, and say how large it is."""
    print(backup.back_up(_settings().database_url, options.path, force=options.force))
    return 0


def run_doctor(_: argparse.Namespace) -> int:
    """Say what is missing or wrong."""
    logs.set_up("ERROR")
    findings = doctor.examine(config.read_environment(), zone_data=ZONE_DATA_VERSION, clock=SystemClock())
    print("\n".join(map(str, findings)))
    return 1 if any(finding.is_wrong for finding in findings) else 0


def print_manifest(options: argparse.Namespace) -> int:
    """Print what is pasted at api.slack.com/apps."""
    wanted = manifest.read()
    print(json.dumps(manifest.for_http(wanted, options.url) if options.url else wanted, indent=2))
    return 0


def run_sandbox(options: argparse.Namespace) -> int:
    """Run the sandbox workspace with Trellis installed in it."""
    # A program of its own, which nobody who runs Trellis needs to load.
    from sandbox import __main__ as sandbox

    arguments = ["--manifest", str(manifest.PATH), "--tour", str(TOUR), "--port", str(options.port)]
    return sandbox.main([*arguments, *(["--state", options.state] if options.state else [])])


def run_demo(options: argparse.Namespace) -> int:
    """Run the sandbox and the bot attached to it until Ctrl-C."""
    from sandbox import identity

    tokens = demo.Tokens(identity.BOT_TOKEN, identity.APP_TOKEN, identity.SIGNING_SECRET)
    folder = Path(options.folder).absolute()
    return demo.run(
        demo.Demo(folder, Path(__file__), tokens, config.read_environment(), _migrate), fresh=options.fresh
    )


def _migrate(url: str, *, to: str = "head") -> None:
    engine = database.connect(url)
    database.migrate(engine, to=to)
    engine.dispose()


def _require_migrations(settings: Settings) -> None:
    engine = database.connect(settings.database_url)
    missing = database.missing_migrations(engine)
    engine.dispose()
    if missing:
        raise NotReady(f"{missing} migrations are missing: run `python app.py migrate` first")


def _parser() -> argparse.ArgumentParser:
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
    desk_words.add_to(add("outbox", ask_the_outbox, "what waits to be sent, and why; retry, cancel, doubt"))
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
    both.add_argument("--folder", default=demo.FOLDER, help="where data and logs go")
    return parser


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
