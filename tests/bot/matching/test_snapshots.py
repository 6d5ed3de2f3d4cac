"""A round that is kept can be read and played again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import (
    History,
    Mixing,
    Round,
    Rules,
    UnknownFormat,
    read,
    replay,
    restored,
    snapshot,
    written,
)
from tests.bot.matching.instances import company, small_round
from tests.bot.matching.test_invariants import few

ROOT = Path(__file__).parents[3]
REPLAY = "import sys; from bot.matching import *; print(written(replay(restored(sys.stdin.read()))))"


@given(st.integers(0, 2**32))
def test_a_round_is_read_as_it_was_written(seed: int) -> None:
    matched = small_round(seed)

    assert restored(snapshot(matched)) == matched


@few
@given(st.integers(0, 2**32))
def test_a_result_is_read_as_it_was_written(seed: int) -> None:
    result = replay(small_round(seed))

    assert read(written(result)) == result


@pytest.mark.parametrize("mixing", list(Mixing))
def test_every_kind_of_round_and_what_it_tells_is_kept(mixing: Mixing) -> None:
    people = [
        replace(each, mentees=place % 3, seeks_mentor=place % 2 == 0)
        for place, each in enumerate(company(25))
    ]
    matched = Round((*people, replace(people[0], id="X", is_guest=True)), History(3), Rules(mixing=mixing), 7)
    result = replay(matched)

    assert replay(restored(snapshot(matched))) == result
    assert read(written(result)) == result


def test_a_round_of_many_is_kept_in_few_bytes() -> None:
    people = company(2_000)
    groups = tuple((one.id, other.id) for one, other in zip(people[::2], people[1::2], strict=True))

    text = snapshot(Round(tuple(people), History(5, dict.fromkeys(range(5), groups)), Rules(), 1))

    assert len(text) < 200 * len(people)


@pytest.mark.parametrize("text", ['{"format": 3}', "{}"])
def test_what_another_version_wrote_is_refused(text: str) -> None:
    for reading in (restored, read):
        with pytest.raises(UnknownFormat):
            reading(text)


def test_what_is_kept_says_its_format() -> None:
    matched = small_round(1)

    assert json.loads(snapshot(matched))["format"] == json.loads(written(replay(matched)))["format"] == 2


def test_a_round_kept_before_channels_counted_is_played_as_it_was() -> None:
    kept, result = (Path(__file__).parent / "kept_in_format_1.jsonl").read_text().splitlines()

    matched = restored(kept)

    assert matched.rules.weights.channels == 0
    assert replay(matched) == read(result)
    assert restored(snapshot(matched)) == matched


@pytest.mark.siege
@pytest.mark.parametrize("size", [2, 3])
def test_no_process_plays_a_round_differently(size: int) -> None:
    text = snapshot(Round(tuple(company(331)), History(), Rules(group_size=size), 5))
    played = [
        subprocess.run(
            [sys.executable, "-c", REPLAY],
            input=text, capture_output=True, text=True, check=True, cwd=ROOT, env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    ]  # fmt: skip

    assert len(set(played)) == 1
    assert read(played[0]) == replay(restored(text))
