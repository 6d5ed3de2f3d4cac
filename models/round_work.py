"""What rounds are asked besides their rows: what is due on a beat, and what steps of thousands of people read and write."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Select, bindparam

from models.base import UtcDateTime
from models.bulk import which_exist
from models.pacts import Pact
from models.programmes import Programme
from models.rounds import Pairing, Round


@cache
def due() -> Select[*tuple[bool, ...]]:
    """Select of what there is a step to take by the moment `people_now`, built once as every beat asks it.

    These are programmes, rounds, matchings, pairings to be mended, and pacts.
    """
    people_now = bindparam("people_now", type_=UtcDateTime)
    return which_exist(
        Programme.due_ids(people_now),
        Round.due_ids(people_now),
        Round.to_match(),
        Pairing.broken_ids(),
        Pact.due_ids(people_now),
    )
