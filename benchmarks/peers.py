"""The same messages to the same Slack by two engines that others made, in the same run, on PostgreSQL.

Two workers of 16 jobs at once, whose queue is filled before; PostgreSQL runs without fsync, for everybody.
They are not part of the development environment, whose versions are locked. What the extra `bench` names, and
`slack-sdk`, are looked for in `.venv-bench`, or where the interpreter named by BENCH_PYTHON finds them; where they are
missing the part says how to install them, and is left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.crews import Counts, crew, local_slack
from benchmarks.deliveries import EACH, LATENCY_SECONDS, MESSAGES, PROCESSES, WORKSPACES, books, deliver
from benchmarks.figures import Figure
from benchmarks.stores import each_store
from bot.runtime.config import ROOT, read_environment

PYTHON = "BENCH_PYTHON"
"""The variable that names the interpreter the peers are installed for."""
BESIDE = ROOT / ".venv-bench" / "bin" / "python"
INSTALLING = (
    "To install it: `python3 -m venv .venv-bench && "
    ".venv-bench/bin/pip install 'dbos>=3' 'procrastinate>=3' slack-sdk`; "
    f"or let {PYTHON} name an interpreter that has it."
)
FILLING_SECONDS = 120


@dataclass(frozen=True)
class Peer:
    """An engine to compare with: its program here, and how many times as fast Trellis has to be."""

    name: str
    program: str
    least_times: float


PEERS = (
    Peer("dbos", "benchmarks.dbos_sender", 2.5),
    Peer("procrastinate", "benchmarks.procrastinate_sender", 1.5),
)


def measure() -> Iterator[Figure]:
    """Measure Trellis, then each peer that is installed."""
    python = _interpreter()
    versions = _versions(python)
    if missing := [peer.name for peer in PEERS if peer.name not in versions]:
        print(f"{' and '.join(missing)} left out: {python} does not have it. {INSTALLING}", flush=True)
    if not versions:
        return
    with each_store() as stores:
        ours = deliver(stores["PostgreSQL"])
    for peer in PEERS:
        if peer.name in versions:
            yield _figure(peer, versions[peer.name], ours, _deliver_by(peer, python))


def _interpreter() -> Path:
    named = read_environment().get(PYTHON)
    if named:
        return Path(named)
    return BESIDE if BESIDE.exists() else Path(sys.executable)


def _versions(python: Path) -> Mapping[str, str]:
    """Ask the interpreter which of the peers it has."""
    question = (
        "import json, sys; from importlib import metadata\n"
        "found = {d.metadata['Name']: d.version for d in metadata.distributions()}\n"
        "print(json.dumps({name: found[name] for name in sys.argv[1:] if name in found}))"
    )
    command = [str(python), "-c", question, *(peer.name for peer in PEERS)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def _deliver_by(peer: Peer, python: Path) -> Counts:
    """Let a peer post the messages from a database of its own; only the delivering is timed."""
    with each_store() as stores, local_slack(latency=LATENCY_SECONDS) as slack:
        place = stores["PostgreSQL"], slack.api_url
        filling = [str(python), "-m", peer.program, *place, "fill", str(MESSAGES)]
        subprocess.run(filling, cwd=ROOT, check=True, capture_output=True, timeout=FILLING_SECONDS)
        programs = [(peer.program, *place, "work", f"worker-{number}") for number in range(PROCESSES)]
        with crew(programs, python=python):
            return slack.await_messages(MESSAGES)


def _figure(peer: Peer, version: str, ours: Counts, theirs: Counts) -> Figure:
    times = ours.per_second / theirs.per_second
    return Figure(
        f"the same {MESSAGES:,} messages ({WORKSPACES} × {EACH}), PostgreSQL",
        f"{ours.per_second:.0f}/s, {times:.1f} times; {books(ours)}",
        f"{peer.name} {version} {theirs.per_second:.0f}/s; {books(theirs)}",
        f"at least {peer.least_times} times",
        times >= peer.least_times and ours.lost(MESSAGES) == ours.twice == 0,
    )
