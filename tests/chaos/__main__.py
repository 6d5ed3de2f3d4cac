"""The long attack, `make chaos`: seeds and stores one after the other, a line each; replay one with its seed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot.runtime.config import ROOT, read_environment
from tests.chaos.places import Place, SqliteFile, postgresql_database
from tests.chaos.runs import Outcome, Setting, run
from tests.chaos.schedule import FAULTS, Campaign
from tests.chaos.worker import IMPATIENT, SOUND, VARIANTS, nursery
from tests.chaos.workspaces import workspace_process
from tests.stores import Postgres, postgres_server

STORES = ("sqlite", "postgresql")
NO_ATTACK = {"write", "kill", "continue", "leave", "open", "clear", "recover"}
SECONDS_A_STOP, SECONDS_A_FAULT = 12.0, 0.4
PATIENCE_SECONDS = 240.0
"""A look-up that failed twice is repeated after a minute and a half."""


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; the exit code says whether everything arrived once."""
    options = _parser().parse_args(arguments)
    stores = STORES if options.store == "both" else (options.store,)
    is_clean = True
    _say(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if "postgresql" in stores else None
        for seed in options.seed:
            for store in stores:
                outcome = _attack(options, store, seed, server)
                _say(_line(options, store, seed, outcome))
                is_clean = is_clean and outcome.verdict.is_clean
    return 0 if is_clean else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=main.__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--store", choices=(*STORES, "both"), default="both")
    parser.add_argument("--variant", choices=VARIANTS, default=SOUND, help="an engine that is to be caught")
    parser.add_argument("--restore", action="store_true", help="put back a copy made half-way, at the end")
    parser.add_argument("--schedule", action="store_true", help="also print what was done when")
    parser.add_argument(
        "--logs", type=Path, help="keep the workers' logs and the SQLite store in this folder"
    )
    return parser


def campaign_of(options: argparse.Namespace) -> Campaign:
    """Spread attacks of every kind over a run of this size."""
    plain = Campaign(messages=options.messages, kills=options.kills)
    return Campaign(
        messages=options.messages,
        kills=options.kills,
        workers=options.workers,
        faults=int(plain.seconds / SECONDS_A_FAULT),
        # Whoever does not wait for a doubt to settle is caught by what is accepted late, and by nothing else.
        kinds=("accepted late",) if options.variant == IMPATIENT else tuple(FAULTS),
        stops=int(plain.seconds / SECONDS_A_STOP),
        # After a restore the command goes by the clock on the wall.
        jumps=0 if options.restore else 6,
        holds=max(1, int(plain.seconds / 40)) if options.variant == SOUND else 0,
        history_fails=options.variant == SOUND,
        backs_up=options.restore,
    )


def _attack(options: argparse.Namespace, store: str, seed: int, server: Postgres | None) -> Outcome:
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(options.logs, f"{store}-{seed}"))
        place = stack.enter_context(_place(folder, server if store == "postgresql" else None))
        setting = Setting(stack.enter_context(workspace_process()), stack.enter_context(nursery()), folder)
        return run(
            setting,
            place,
            campaign_of(options),
            seed=seed,
            variant=options.variant,
            doubt=_doubt,
            patience=PATIENCE_SECONDS,
        )


@contextmanager
def _folder(kept: Path | None, name: str) -> Iterator[Path]:
    if kept:
        (kept / name).mkdir(parents=True)
        yield kept / name
        return
    with tempfile.TemporaryDirectory(prefix="trellis-chaos-") as folder:
        yield Path(folder)


@contextmanager
def _place(folder: Path, server: Postgres | None) -> Iterator[Place]:
    if server is None:
        yield SqliteFile(folder)
        return
    with postgresql_database(server, may_crash=True) as database:
        yield database


def _doubt(address: str) -> None:
    """Tell a store that was put back so, as an operator does."""
    command = [sys.executable, "app.py", "outbox", "doubt", "--before", "now"]
    environment = {**read_environment(), "DATABASE_URL": address}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


COLUMNS = (
    "store",
    "seed",
    "workers",
    "engine",
    "messages",
    "kills",
    "lost",
    "twice",
    "misjudged",
    "seconds",
    "attacks",
)


def _line(options: argparse.Namespace, store: str, seed: int, outcome: Outcome) -> str:
    """Write a run as a line of the table, and what was lost or came twice below it."""
    found, deeds = outcome.verdict, outcome.deeds
    engine = options.variant + (", restored" if options.restore else "")
    attacks = ", ".join(f"{count} × {name}" for name, count in sorted(deeds.items()) if name not in NO_ATTACK)
    figures = (len(found.lost), len(found.twice), len(found.misjudged), round(outcome.seconds))
    cells = (store, seed, options.workers, engine, options.messages, deeds["kill"], *figures, attacks)
    lines = [f"| {' | '.join(map(str, cells))} |"]
    if not found.is_clean:
        lines.append(f"{found}")
    if options.schedule:
        lines += map(str, outcome.steps)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
