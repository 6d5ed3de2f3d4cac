"""What a store that was put back gives out again: the ids of messages it does not remember."""

from __future__ import annotations

from sqlalchemy import Engine, delete

from bot.outbox import Message, enqueue
from bot.runtime.clock import SystemClock
from bot.runtime.database import Sessions
from bot.runtime.slack import InDoubt, Outcome, Outgoing
from models.outbox import Delivery
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from sandbox.testing import Running
from tests.people import AMY, DAY
from tests.runtime.stage import KIND, Office


def test_a_number_given_out_again_after_a_restore_is_not_taken_for_the_old_message(
    sqlite: Engine, slack: Driver, workspace: Running
) -> None:
    def refuse(message: Outgoing) -> Outcome:
        return InDoubt("503")

    office = Office(Sessions(sqlite), workspace.api_url)
    office.clock.machine = SystemClock().machine_now()
    (planned_after_the_backup,) = office.write(AMY)
    office.loop().drain()
    with office.sessions.begin() as session:
        session.execute(delete(Delivery))  # what the backup does not know
        now = office.clock.people
        enqueue(session, [Message(TEAM_ID, "another", KIND, AMY, 1, now, now + DAY)])
    assert office.row(planned_after_the_backup).key == "another"
    office.loop(send=refuse).drain()
    office.settle()

    office.loop().drain()

    office.close()
    assert len(slack.dms(AMY)) == 2
