"""One run from beginning to end, as the command and the tests make it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bot.runtime.database import Sessions, connect
from bot.runtime.desk import Desk
from sandbox.testing import Running
from tests.chaos.conditions import Conditions, ShiftedClock
from tests.chaos.conductor import Conductor
from tests.chaos.crew import Crew
from tests.chaos.disks import LOG, Disk
from tests.chaos.felt import Ear, Signs
from tests.chaos.ledger import Forgotten, Verdict
from tests.chaos.places import Place
from tests.chaos.schedule import Campaign, Step, aftermath, schedule
from tests.chaos.ways import GIVING_BACK, OF_WORKERS
from tests.chaos.worker import PACE, SOUND, Nursery, Order

PATIENCE_SECONDS = 240.0
"""A look-up that failed is repeated after most of a minute, and one that failed twice after a minute and a half."""

NO_ATTACK = {"write", "write again", "continue", *GIVING_BACK}


@dataclass(frozen=True)
class Setting:
    """Where a run takes place."""

    workspace: Running
    nursery: Nursery
    folder: Path
    """For what the workers live under."""
    disk: Disk
    """For logs, and for a store that is a file."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    verdict: Verdict
    steps: list[Step]
    seconds: float
    forgotten: Forgotten = field(default_factory=Forgotten)
    """What a store that was put back did not know."""

    met: Counter[str] = field(default_factory=Counter)
    """How often what befell somebody, faults by their names."""
    felt: Counter[str] = field(default_factory=Counter)
    """Of what was taken away: how often a worker failed for the want of it."""

    @property
    def unmet(self) -> set[str]:
        """What was to befell somebody, and nobody met: a run that passed without it says nothing about it."""
        planned = {step.detail if step.deed == "fault" else step.deed for step in self.steps}
        return planned - NO_ATTACK - (self.met + self.felt).keys()


def run(
    setting: Setting,
    place: Place,
    campaign: Campaign,
    *,
    seed: int,
    variant: str = SOUND,
    doubt: Callable[[str], None] | None = None,
) -> Outcome:
    """Attack a store; after a backup half-way also put the copy back, and see that through."""
    began = time.monotonic()
    steps = schedule(campaign, seed, (*place.ways, *OF_WORKERS))
    conditions = Conditions(setting.folder)
    order = Order(
        place.address,
        setting.workspace.api_url,
        str(setting.folder),
        str(setting.disk.folder / LOG),
        seed,
        variant,
    )
    crew, ear = Crew(setting.nursery, order), Ear(setting.folder)
    conductor = Conductor(setting.workspace.driver, place, crew, setting.disk, campaign, ear)
    try:
        conductor.prepare()
        conductor.attack(steps)
        conductor.rest(patience=PATIENCE_SECONDS)
        forgotten = Forgotten()
        if campaign.backs_up:
            later = aftermath(campaign, seed)
            forgotten = conductor.restore(lambda: (doubt or doubt_soon(conditions))(place.address), later)
            steps += later
            conductor.rest(patience=PATIENCE_SECONDS)
        seconds = time.monotonic() - began
        felt = ear.felt(_signs(place, setting.disk))
        return Outcome(conductor.verdict(), steps, seconds, forgotten, conductor.met(steps), felt)
    finally:
        conductor.end()
        ear.close()


def _signs(place: Place, disk: Disk) -> Signs:
    """Where no disk can be mounted, a limit of files stands for it."""
    return place.signs if disk.is_small else {**place.signs, "fill the disk": place.signs["cap files"]}


def doubt_soon(conditions: Conditions) -> Callable[[str], None]:
    """Do what `app.py outbox doubt --before now` does, with a settling time as short as all others here."""

    def doubt(address: str) -> None:
        with closing(_Opened(address)) as opened:
            desk = Desk(opened.sessions, ShiftedClock(conditions), PACE)
            desk.doubt(desk.people_now())

    return doubt


class _Opened:
    def __init__(self, address: str) -> None:
        self.sessions = Sessions(connect(address))

    def close(self) -> None:
        self.sessions.engine.dispose()
