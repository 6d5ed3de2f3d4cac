"""What is done to a run and when, drawn from a seed, so that the same seed attacks in the same way."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.chaos.ways import Way
from tests.chaos.worker import PACE, WORKSPACES

ACCEPTED_LATE = "accepted late"
POST, HISTORY, OPEN = "chat.postMessage", "conversations.history", "conversations.open"
WAVE_SECONDS = 0.25
MESSAGES_A_SECOND = 30
"""Fewer than the pace allows, so that what an attack held up is caught up with."""
LATE = (1.4, 2.4)
"""Seconds: after the sender has given up, and well before the doubt has settled."""
HELD_SECONDS, HELD_PART, DELAYED_PART = 4.0, 0.78, 0.2
"""Longer than anybody takes to look for work and then waits for the store; at most a part of the stretch for it."""
BURST, AHEAD_SECONDS = 20, 0.1
"""Messages written just before something is taken away, so that somebody has need of it: who is idle feels nothing."""
FAULTS_END = 0.85
"""The part of a run in which Slack fails: who would meet it after the last message?"""
STOPPED_SECONDS = PACE.lease.total_seconds() + 0.2
"""Past the lease, and not so long that what a stopped sender had begun comes after the look-up."""
HOUR_SECONDS = 3600
UNWRITTEN = 3
"""One message in so many is written after the copy has been made, which does not know it."""
AFTERMATH_SECONDS = 4.0

FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "accepted, then dropped": ("drop", {"after": True}),
    "accepted, then 500": ("status", {"status": 500, "after": True}),
    "accepted, then silent": ("hang", {"after": True}),
    "accepted, then cut short": ("truncated", {"after": True}),
    "accepted, then a page": ("html", {"status": 200, "after": True}),
    "accepted, answered slowly": ("delay", {"after": True, "seconds": 0.4}),
    ACCEPTED_LATE: ("delay", {}),
    "500": ("status", {"status": 500}),
    "503": ("status", {"status": 503}),
    "internal_error": ("error", {"error": "internal_error"}),
    "429": ("status", {"status": 429, "retry_after": 1}),
    "dropped": ("drop", {}),
    "silent": ("hang", {}),
    "a proxy's page": ("html", {"status": 403}),
}
"""What a post may meet, by name: the sandbox's kind of fault and its fields."""
LOOK_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "history 429": ("status", {"status": 429, "retry_after": 1}),
    "history 500": ("status", {"status": 500}),
    "history a page": ("html", {"status": 403}),
}
SOON_REPEATED = ("history 429",)
OPEN_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "opening 429": ("status", {"status": 429, "retry_after": 1}),
    "opening 500": ("status", {"status": 500}),
    "opened, then dropped": ("drop", {"after": True}),
    "opened, then cut short": ("truncated", {"after": True}),
    "opening silent": ("hang", {}),
}


@dataclass(frozen=True, order=True)
class Step:
    """One thing done at a moment (seconds from the start), to a worker's place if it is about one."""

    at: float
    deed: str
    place: int = 0
    detail: str = ""
    fields: dict[str, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        whom = f" {self.place}" if self.deed in ("kill", "stop", "continue", "write") else ""
        return f"{self.at:7.2f} s  {self.deed}{whom} {self.detail}".rstrip()


@dataclass(frozen=True)
class Campaign:
    """How much of everything a run has."""

    messages: int
    kills: int
    workers: int = 2
    faults: int = 0
    kinds: tuple[str, ...] = tuple(FAULTS)
    meetings: int = 0
    """How many 1-on-1s come due, which workers plan; their messages come on top."""
    stops: int = 0
    jumps: int = 0
    holds: int = 0
    """How often the store is taken away, in each of the ways it can be."""
    history_fails: bool = True
    """A reading of the history that fails is not repeated for half a minute and more."""
    backs_up: bool = False
    least_seconds: float = 2.0

    @property
    def seconds(self) -> float:
        """How long the attack lasts."""
        return max(self.messages / MESSAGES_A_SECOND, self.kills * 0.8, self.least_seconds)


def schedule(campaign: Campaign, seed: int, ways: Sequence[Way]) -> list[Step]:
    """Draw when what happens, earliest first; `ways` are those of taking the store away and giving it back."""
    chance = random.Random(seed)
    steps = [
        *_killing(campaign, chance),
        *_stopping(campaign, chance),
        *_failing(campaign, chance),
        *_jumping(campaign, chance),
        *(holding := [*_holding(campaign, chance, ways)]),
        Step(_sometime(campaign, chance), "migrate"),
    ]
    if campaign.backs_up:
        steps.append(Step(_copied_at(campaign), "back up"))
    steps += _writing(campaign, [step.at for step in holding if step.deed in {take for take, _ in ways}])
    return sorted(steps)


def aftermath(campaign: Campaign, seed: int) -> list[Step]:
    """Draw what happens when a copy has been put back: what it did not know is planned anew, under further attack."""
    chance = random.Random(seed)
    short = replace(
        campaign,
        messages=_unwritten(campaign),
        kills=max(2, campaign.kills // UNWRITTEN),
        faults=campaign.faults // UNWRITTEN,
        backs_up=False,
        least_seconds=AFTERMATH_SECONDS,
    )
    again = [replace(step, deed="write again") for step in _waves(short, short.messages)]
    return sorted([*again, *_killing(short, chance), *_failing(short, chance)])


def _sometime(campaign: Campaign, chance: random.Random, *, until: float = 0.95) -> float:
    return round(chance.uniform(0.05, until) * campaign.seconds, 2)


def _writing(campaign: Campaign, taken_at: Sequence[float]) -> Iterator[Step]:
    """Write the messages in waves, and some more whenever something is about to be taken away.

    Where a copy is made, most are written at once, so that they are on their way then, and the others after it.
    """
    if campaign.backs_up:
        yield Step(0.0, "write", campaign.messages - _unwritten(campaign))
        for step in _waves(campaign, _unwritten(campaign)):
            yield replace(step, at=round(step.at + _copied_at(campaign), 2))
        return
    burst = min(BURST, campaign.messages // (2 * len(taken_at))) if taken_at else 0
    for at in taken_at:
        yield Step(round(max(0.0, at - AHEAD_SECONDS), 2), "write", burst)
    yield from _waves(campaign, campaign.messages - burst * len(taken_at))


def _waves(campaign: Campaign, messages: int) -> Iterator[Step]:
    waves = max(1, int(campaign.seconds * 0.9 / WAVE_SECONDS))
    written = 0
    for wave in range(waves):
        upto = messages * (wave + 1) // waves
        if upto > written:
            yield Step(round(wave * WAVE_SECONDS, 2), "write", upto - written)
        written = upto


def _copied_at(campaign: Campaign) -> float:
    """Say when a copy is of interest: what was written at once leaves as fast as it may, and half of it has."""
    a_message = PACE.workspace.interval.total_seconds() / len(WORKSPACES)
    half_sent = a_message * (campaign.messages - _unwritten(campaign)) / 2
    return round(min(half_sent, campaign.seconds / 2), 2)


def _unwritten(campaign: Campaign) -> int:
    return campaign.messages // UNWRITTEN


def _killing(campaign: Campaign, chance: random.Random) -> Iterator[Step]:
    for _ in range(campaign.kills):
        yield Step(_sometime(campaign, chance), "kill", chance.randrange(campaign.workers))


def _stopping(campaign: Campaign, chance: random.Random) -> Iterator[Step]:
    for _ in range(campaign.stops):
        at, place = _sometime(campaign, chance), chance.randrange(campaign.workers)
        yield Step(at, "stop", place)
        yield Step(round(at + STOPPED_SECONDS, 2), "continue", place)


def _failing(campaign: Campaign, chance: random.Random) -> Iterator[Step]:
    """Let Slack fail, each kind in its turn, so that a short run meets them all."""
    looks = [*LOOK_FAULTS] if campaign.history_fails else [*SOON_REPEATED]
    some = campaign.faults // 8
    for method, known, names, count in (
        (POST, FAULTS, campaign.kinds, campaign.faults),
        (HISTORY, LOOK_FAULTS, looks, some),
        (OPEN, OPEN_FAULTS, list(OPEN_FAULTS), some),
    ):
        for number in range(count):
            name = names[number % len(names)]
            kind, fields = known[name]
            if name == ACCEPTED_LATE:
                fields = {"seconds": round(chance.uniform(*LATE), 2)}
            at = _sometime(campaign, chance, until=FAULTS_END)
            yield Step(at, "fault", 0, name, {"method": method, "kind": kind, **fields})


def _jumping(campaign: Campaign, chance: random.Random) -> Iterator[Step]:
    for _ in range(campaign.jumps):
        by = chance.choice((-HOUR_SECONDS, 0, HOUR_SECONDS))
        yield Step(_sometime(campaign, chance), "set the clock", 0, f"{by:+} s", {"seconds": by})


def _holding(campaign: Campaign, chance: random.Random, ways: Sequence[Way]) -> Iterator[Step]:
    """Take the store away in every way, one after the other in stretches of their own."""
    turns = [*ways] * campaign.holds
    chance.shuffle(turns)
    stretch = campaign.seconds / max(1, len(turns))
    held = min(HELD_SECONDS, HELD_PART * stretch)
    for number, (take, give) in enumerate(turns):
        at = round((number + chance.uniform(0, DELAYED_PART)) * stretch, 2)
        yield Step(at, take)
        yield Step(round(at + held, 2), give)
