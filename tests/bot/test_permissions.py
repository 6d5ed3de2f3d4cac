"""Who has part in a 1-on-1: the two, in their workspace, and nobody else."""

from __future__ import annotations

import pytest

from bot.permissions import Actor, NotYourMeeting, require_part
from models.one_on_ones import OneOnOne
from tests.people import AMY, BEN, RAY

TEAM = "TSANDBOX"
THEIRS = OneOnOne(workspace_id=TEAM, organiser=AMY, partner=BEN)


@pytest.mark.parametrize("who", [AMY, BEN])
def test_each_of_the_two_has_part(who: str) -> None:
    assert require_part(Actor(TEAM, who), THEIRS) is THEIRS


@pytest.mark.parametrize(
    ("actor", "one_on_one"),
    [
        (Actor(TEAM, RAY), THEIRS),
        (Actor("TOTHER", AMY), THEIRS),
        (Actor(TEAM, AMY), None),
        (Actor("", ""), THEIRS),
    ],
)
def test_nobody_else_has_nor_learns_whether_it_exists(actor: Actor, one_on_one: OneOnOne | None) -> None:
    with pytest.raises(NotYourMeeting, match="I do not know a standing 1-on-1 of yours"):
        require_part(actor, one_on_one)


@pytest.mark.parametrize(
    ("manager", "roles", "asking"),
    [
        (None, ("peer", "peer"), (True, True)),
        (AMY, ("manager", "report"), (True, False)),
        (BEN, ("report", "manager"), (False, True)),
    ],
)
def test_roles_say_who_asks(manager: str | None, roles: tuple[str, str], asking: tuple[bool, bool]) -> None:
    one_on_one = OneOnOne(workspace_id=TEAM, organiser=AMY, partner=BEN, manager=manager)

    assert (one_on_one.role_of(AMY), one_on_one.role_of(BEN)) == roles
    assert (one_on_one.asks(AMY), one_on_one.asks(BEN)) == asking
    assert (one_on_one.other(AMY), one_on_one.other(BEN)) == (BEN, AMY)
