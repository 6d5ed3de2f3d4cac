"""Asking for many rows with one statement: the store is to find them by an index."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, Select
from sqlalchemy.dialects import sqlite as dialect

from models.members import Member
from models.programmes import Participant
from models.prompts import Prompt
from models.rounds import Pairing, Partner


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
    words = asked.compile(dialect=dialect.dialect(), compile_kwargs={"literal_binds": True})

    with sqlite.connect() as connection:
        steps = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]

    assert [step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step] == []
