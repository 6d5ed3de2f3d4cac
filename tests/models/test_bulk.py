"""Asking for many rows with one statement: the store is to find them by an index."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, Select

from models.members import Member
from models.programmes import Participant
from models.prompts import Prompt
from models.rounds import Pairing, Partner
from tests.stores import Postgres


@pytest.mark.parametrize(
    "asked",
    [
        Partner.of_pairings([1, 2]),
        Pairing.among(["T1"], [1, 2]),
        Participant.among([1], ["UAMY", "UBEN"]),
        Prompt.history_of(["T1"], ["UAMY:UBEN"]),
        Member.kinds_among("T1", ["UAMY"]),
    ],
    ids=["partners", "pairings", "participants", "prompts", "members"],
)
def test_one_of_many_values_is_found_without_reading_the_whole_table(
    sqlite: Engine, asked: Select[int]
) -> None:
    words = asked.compile(sqlite, compile_kwargs={"literal_binds": True})

    with sqlite.connect() as connection:
        steps = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]

    assert [step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step] == []


def test_postgresql_does_not_compare_each_row_with_each_of_many_values(postgres: Postgres) -> None:
    asked = Partner.of_pairings(range(5_000))

    with postgres.reused() as engine, engine.connect() as connection:
        words = asked.compile(engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {words}").scalars())

    assert "ANY" not in plan
    assert any(step in plan for step in ("Join", "Nested Loop", "hashed SubPlan"))
