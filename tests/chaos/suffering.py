"""What is done to workers whatever their store: disk, log, connections and clock are taken from them and given back."""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping
from functools import partial

from tests.chaos.conditions import FULL_LOG, MACHINE, NO_POOL, Conditions
from tests.chaos.crew import Crew
from tests.chaos.disks import Disk
from tests.chaos.places import Place
from tests.chaos.schedule import HOUR_SECONDS


def deeds_on_workers(
    conditions: Conditions, crew: Crew, disk: Disk, place: Place
) -> Mapping[str, Callable[[], None]]:
    """Give each by its name."""
    cap, uncap = partial(crew.limit_files, 0), partial(crew.limit_files, resource.RLIM_INFINITY)
    return {
        # Where no disk can be mounted, a limit of files is the nearest there is.
        "fill the disk": partial(_fill, disk, place) if disk.is_small else cap,
        "clear the disk": disk.clear if disk.is_small else uncap,
        "cap files": cap,
        "uncap files": uncap,
        "fill the log": partial(conditions.begin, FULL_LOG),
        "clear the log": partial(conditions.end, FULL_LOG),
        "take the pool": partial(conditions.begin, NO_POOL),
        "give the pool": partial(conditions.end, NO_POOL),
        "put machines an hour ahead": partial(conditions.shift, MACHINE, HOUR_SECONDS),
        "put machines an hour back": partial(conditions.shift, MACHINE, -HOUR_SECONDS),
        "put machines right": partial(conditions.shift, MACHINE, 0),
    }


def _fill(disk: Disk, place: Place) -> None:
    """Leave no room, neither on the disk nor in what the store has of it already."""
    place.give_up_reserves()
    disk.fill()
