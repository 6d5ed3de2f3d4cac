"""By which ways SQLite finds what a week holds, however much was ever sent; PostgreSQL chooses by its own counts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Executable, event

from models.attention import Attention, waiting_for
from tests.people import AMY, MONDAY_NOON

TEAM = "TSANDBOX"


def ways(engine: Engine, asked: Executable) -> list[str]:
    """Have the store explain by which ways it finds what is asked in tables."""
    questions: list[tuple[str, Any]] = []

    def hear(_connection: Connection, _cursor: object, words: str, values: Any, *_rest: object) -> None:
        questions.append((words, values))

    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", hear)
        connection.execute(asked)
        words, values = questions[-1]
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values).all()
    return [step.detail for step in steps if " delivery " in step.detail or " attention " in step.detail]


def test_what_waits_is_found_among_what_is_ready_and_what_is_in_doubt(sqlite: Engine) -> None:
    assert ways(sqlite, waiting_for([TEAM], [AMY], ["buddies.closing"])) == [
        "SEARCH delivery USING INDEX ix_delivery_receiver (workspace_id=? AND receiver=?)",
        "SCAN delivery USING INDEX ix_delivery_doubtful",
    ]


@pytest.mark.parametrize(
    "asked", [Attention.taken([TEAM], [AMY], [MONDAY_NOON.date()]), Attention.known([TEAM], [AMY])]
)
def test_what_was_taken_is_found_by_the_person_and_what_became_of_it_by_its_number(
    sqlite: Engine, asked: Executable
) -> None:
    person, message = ways(sqlite, asked)

    assert person.startswith("SEARCH attention USING COVERING INDEX")
    assert "(workspace_id=? AND user_id=?" in person
    assert message == "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)"
