"""What the owner of a buddy programme sets, and what of it is possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import time
from typing import Any, Final

from bot.errors import Refusal
from bot.programme_rhythms import Rhythm
from bot.zones import is_known
from models.programmes import ACROSS, ANY, ASKED, EVERYONE, LESS, MENTORING, MORE, OFF, WITHIN, Programme

MIXINGS: Final = (ANY, ACROSS, WITHIN, MENTORING)
ENROLMENTS: Final = (ASKED, EVERYONE)
GROUP_SIZES: Final = range(2, 5)
WEEKS: Final = range(1, 13)
REPEAT_WINDOWS: Final = range(27)
SHARED_MINUTES: Final = range(0, 9 * 60, 60)
PACT_WEEKS: Final = range(4, 7)
TERMS: Final = (
    *("skills", "department", "hours", "tenure"),
    *("newness", "channels", "language", "location"),
)
"""What counts in who fits whom, named as the weights of `bot.matching.people`."""
LEVELS: Final = (MORE, LESS, OFF)
USUAL: Final = "usual"
"""What is said to take a level back; it is not kept."""


class ImpossibleGroup(Refusal):
    """Groups have 2 to 4 people."""


class ImpossibleWeeks(Refusal):
    """Rounds come every week to every 12 weeks."""


class ImpossibleWindow(Refusal):
    """Two people can be kept from meeting again for 0 to 26 rounds."""


class ImpossibleHours(Refusal):
    """Two people can be asked to share 0 to 8 working hours."""


class ImpossiblePact(Refusal):
    """Two can agree to stay together for 4, 5 or 6 weeks."""


class NothingCounts(Refusal):
    """Something has to count, or I could tell nobody why these two. Leave at least one thing in."""


class ImpossibleSetting(Refusal):
    """That is none of the choices. Close the form and open it again."""


@dataclass(frozen=True)
class Settings:
    """All that an owner sets, named as in `models.programmes.Programme`."""

    zone: str
    mixing: str = ANY
    is_mixing_required: bool = False
    group_size: int = 2
    every_weeks: int = 2
    weekday: int = 1
    at: time = time(10)
    enrolment: str = ASKED
    repeat_window: int = 6
    shared_minutes: int = 120
    announces: bool = True
    takes_guests: bool = False
    pact_weeks: int | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    """How much a term counts, where not as usual."""

    @property
    def rhythm(self) -> Rhythm:
        """When rounds are held."""
        return Rhythm(self.every_weeks, self.weekday, self.at, self.zone)

    @property
    def values(self) -> dict[str, Any]:
        """What the programme's columns hold."""
        return asdict(self)

    def is_entered_otherwise_than(self, other: Settings) -> bool:
        """Whether people take part in another way than by other settings: asked or not, with a role or without."""
        mine, theirs = self.mixing == MENTORING, other.mixing == MENTORING
        return self.enrolment != other.enrolment or mine != theirs

    def changed(self, said: Mapping[str, Any]) -> Settings:
        """Take over what was said, named as here, and leave the rest as it is; of weights each by itself."""
        weights = {**self.weights, **said.get("weights", {})}
        unusual = {term: level for term, level in weights.items() if level != USUAL}
        return replace(self, **{**said, "weights": unusual})


def settings_of(programme: Programme) -> Settings:
    """Say what holds in a programme."""
    return Settings(**{name: getattr(programme, name) for name in Settings.__dataclass_fields__})


def check(settings: Settings) -> None:
    """Refuse what no programme can be; each refusal names the form's field."""
    pact, weights = settings.pact_weeks, settings.weights
    is_known_weight = weights.keys() <= set(TERMS) and set(weights.values()) <= set(LEVELS)
    possible: tuple[tuple[bool, type[Refusal], str], ...] = (
        (settings.mixing in MIXINGS, ImpossibleSetting, "mixing"),
        (settings.enrolment in ENROLMENTS, ImpossibleSetting, "enrolment"),
        (is_known(settings.zone), ImpossibleSetting, "zone"),
        (settings.weekday in range(7), ImpossibleSetting, "weekday"),
        (settings.group_size in GROUP_SIZES, ImpossibleGroup, "group_size"),
        (settings.every_weeks in WEEKS, ImpossibleWeeks, "every_weeks"),
        (settings.repeat_window in REPEAT_WINDOWS, ImpossibleWindow, "repeat_window"),
        (settings.shared_minutes in SHARED_MINUTES, ImpossibleHours, "shared_minutes"),
        (pact is None or pact in PACT_WEEKS, ImpossiblePact, "pact_weeks"),
        (is_known_weight, ImpossibleSetting, "weights"),
        (list(weights.values()) != [OFF] * len(TERMS), NothingCounts, "weights"),
    )
    for is_possible, refusal, name in possible:
        if not is_possible:
            raise refusal(field=f"buddies.{name}")
