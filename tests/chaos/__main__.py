"""The long attack, `make chaos`: seeds and stores one after the other, a line each; replay one with its seed."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path

from bot.runtime.config import ROOT, read_environment
from tests.chaos.conductor import MESSAGES_A_MEETING
from tests.chaos.disks import Disk, small_disk
from tests.chaos.ledger import Forgotten
from tests.chaos.places import Place, SqliteFile, postgresql_database
from tests.chaos.runs import NO_ATTACK, Outcome, Setting, run
from tests.chaos.schedule import ACCEPTED_LATE, FAULTS, Campaign
from tests.chaos.worker import BLIND, IMPATIENT, SOUND, VARIANTS, nursery
from tests.chaos.workspaces import workspace_process
from tests.stores import Postgres, postgres_server

STORES = ("sqlite", "postgresql")
MEETINGS = 70
FULL_LENGTH = 3000
"""Messages: a run as long as this meets every kind of attack, or proves nothing."""
SECONDS_A_STOP, SECONDS_A_FAULT = 12.0, 0.4
SECONDS_A_HOLD = 40.0
LEAST_SECONDS = 40.0
"""All ways of taking something away have to find room one after the other."""


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; the exit code says whether everything arrived once, or was caught."""
    options = _parser().parse_args(arguments)
    stores = STORES if options.store == "both" else (options.store,)
    is_expected = True
    _say(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if "postgresql" in stores else None
        for seed, workers, store in product(options.seed, options.workers, stores):
            campaign = campaign_of(options, workers)
            outcome = _attack(options, campaign, store, seed, server)
            _say(_line(options, campaign, store, seed, outcome))
            is_expected = is_expected and _is_expected(options, outcome)
    return 0 if is_expected else 1


def _is_expected(options: argparse.Namespace, outcome: Outcome) -> bool:
    """Say whether all arrived once, or, of an engine that is to be caught, whether it was.

    A copy that knew of everything when it was put back proves nothing, nor does an attack that nobody met.
    """
    found = outcome.verdict
    if options.variant == SOUND:
        # In the wrong hour workspaces fall silent, and who sends nothing may miss what is taken away meanwhile.
        is_whole = options.messages >= FULL_LENGTH and not options.wrong_hour
        is_proof = not (outcome.unmet and is_whole)
        return found.is_clean and is_proof and (_has_forgotten(outcome) or not options.restore)
    return bool(found.lost if options.variant == BLIND else found.twice)


def _has_forgotten(outcome: Outcome) -> bool:
    return bool(outcome.forgotten.sent and outcome.forgotten.written)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=main.__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--store", choices=(*STORES, "both"), default="both")
    parser.add_argument("--variant", choices=VARIANTS, default=SOUND, help="an engine that is to be caught")
    parser.add_argument("--restore", action="store_true", help="put back a copy made half-way, at the end")
    parser.add_argument(
        "--wrong-hour",
        action="store_true",
        help="also put the machine of a SQLite store an hour ahead and back",
    )
    parser.add_argument("--schedule", action="store_true", help="also print what was done when")
    parser.add_argument(
        "--logs", type=Path, help="keep the workers' logs and the SQLite store in this folder"
    )
    return parser


def campaign_of(options: argparse.Namespace, workers: int) -> Campaign:
    """Spread attacks of every kind over a run of this size."""
    is_sound = options.variant == SOUND
    least = LEAST_SECONDS if is_sound else 2.0
    plain = Campaign(messages=options.messages, kills=options.kills, least_seconds=least)
    return Campaign(
        messages=options.messages,
        kills=options.kills,
        workers=workers,
        faults=int(plain.seconds / SECONDS_A_FAULT),
        kinds=_kinds(options),
        # They are registered while messages are written, and there have to be enough of these.
        meetings=min(MEETINGS, options.messages // MESSAGES_A_MEETING)
        if is_sound and not options.restore
        else 0,
        stops=int(plain.seconds / SECONDS_A_STOP),
        # After a restore the command goes by the clock on the wall.
        jumps=0 if options.restore else 6,
        holds=max(1, int(plain.seconds / SECONDS_A_HOLD)) if is_sound else 0,
        history_fails=is_sound,
        backs_up=options.restore,
        least_seconds=least,
    )


def _kinds(options: argparse.Namespace) -> tuple[str, ...]:
    """Choose what posts may meet."""
    if options.variant == IMPATIENT:
        # Whoever does not wait for a doubt to settle is caught by what is accepted late, and by nothing else.
        return (ACCEPTED_LATE,)
    # A clock put ahead ends the settling before its time. No store in a file can tell: what Slack accepts only then
    # comes twice, and is left out where this is known to happen.
    return tuple(kind for kind in FAULTS if not (options.wrong_hour and kind == ACCEPTED_LATE))


def _attack(
    options: argparse.Namespace, campaign: Campaign, store: str, seed: int, server: Postgres | None
) -> Outcome:
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(options.logs, f"{store}-{seed}-{campaign.workers}"))
        disk = stack.enter_context(small_disk(folder / "disk"))
        place = stack.enter_context(_place(options, disk, server if store == "postgresql" else None))
        workspace, workers = stack.enter_context(workspace_process()), stack.enter_context(nursery())
        setting = Setting(workspace, workers, folder, disk)
        return run(
            setting,
            place,
            campaign,
            seed=seed,
            variant=options.variant,
            doubt=_doubt,
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
def _place(options: argparse.Namespace, disk: Disk, server: Postgres | None) -> Iterator[Place]:
    if server is None:
        yield SqliteFile(disk.folder, in_the_wrong_hour=options.wrong_hour)
        return
    with postgresql_database(server) as database:
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
    "met",
    "failures felt",
)


def _told(forgotten: Forgotten) -> str:
    return f"restored without {forgotten.sent} that were sent, and {forgotten.written} that were written and sent"


def _line(options: argparse.Namespace, campaign: Campaign, store: str, seed: int, outcome: Outcome) -> str:
    """Write a run as a line of the table, and what was lost or came twice below it."""
    found, met = outcome.verdict, outcome.met
    engine = options.variant + (f", {_told(outcome.forgotten)}" if options.restore else "")
    figures = (len(found.lost), len(found.twice), len(found.misjudged), round(outcome.seconds))
    befell = (_listed(met, NO_ATTACK | {"kill"}), _listed(outcome.felt, set()))
    cells = (store, seed, campaign.workers, engine, options.messages, met["kill"], *figures, *befell)
    lines = [f"| {' | '.join(map(str, cells))} |"]
    if not found.is_clean:
        lines.append(f"{found}")
    if outcome.unmet:
        lines.append(f"met by nobody: {', '.join(sorted(outcome.unmet))}")
    if options.schedule:
        lines += map(str, outcome.steps)
    return "\n".join(lines)


def _listed(counted: Mapping[str, int], left_out: Collection[str]) -> str:
    named = sorted(counted.items())
    return ", ".join(f"{count} × {name}" for name, count in named if count and name not in left_out)


if __name__ == "__main__":
    # Ended from outside, it leaves no disk mounted and no server running either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
