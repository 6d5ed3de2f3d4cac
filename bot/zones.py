"""Time zones: the one place they come from, with the data that Trellis ships instead of the machine's."""

from __future__ import annotations

import zoneinfo
from functools import cache
from importlib import metadata
from typing import Final
from zoneinfo import ZoneInfo

from bot.errors import UnknownZone

# zoneinfo prefers the system's files, which are often a year old and then move meetings by an hour in
# countries that changed their rules since. An empty search path leaves only the tzdata package, whose
# version the lock file names; zones built before this line came from the old path and are forgotten.
zoneinfo.reset_tzpath([])
ZoneInfo.clear_cache()

ZONE_DATA_VERSION: Final = metadata.version("tzdata")
"""Release of the zone data in use ("2026.6" is IANA's 2026f); when it changes, planned moments are computed anew."""


def zone(name: str) -> ZoneInfo:
    """Look up a zone by the IANA name that Slack gives; raises `UnknownZone`."""
    if name not in _known_names():
        raise UnknownZone(name=name)
    return ZoneInfo(name)


def is_known(name: str) -> bool:
    """Tell whether a zone of this name exists in our data."""
    return name in _known_names()


def named(text: str) -> str | None:
    """Find a zone by its name in small or capital letters; None if our data have none such."""
    return _by_small_name().get(text.casefold())


@cache
def _by_small_name() -> dict[str, str]:
    return {name.casefold(): name for name in _known_names()}


@cache
def _known_names() -> frozenset[str]:
    # Asking ZoneInfo instead would raise one of four unrelated exceptions, depending on what is odd.
    return frozenset(zoneinfo.available_timezones())
