"""Backups: a copy is all of one moment, made while others write, and never takes the place of something wanted."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from bot import outbox
from bot.outbox import Message
from bot.runtime.backup import NotAFile, NotBackedUp, back_up
from bot.runtime.database import Sessions, connect, missing_migrations
from models.outbox import Delivery
from tests.people import AMY, BEN, DAY, MONDAY_NOON
from tests.runtime.command_line import Run
from tests.runtime.stage import KIND
from tests.stores import Postgres

TEAM = "T1"
DOUBLINGS = 14
AT_FIRST = 2**DOUBLINGS
"""Pairs of rows that make a copy take long enough for others to write meanwhile."""


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def file_of(engine: Engine) -> Path:
    return Path(str(engine.url.database))


def write(sessions: Sessions, numbers: Sequence[int]) -> None:
    """Write two messages a number, one for each of two people, in one transaction."""
    with sessions.begin() as session:
        outbox.enqueue(
            session,
            [
                Message(TEAM, f"note:{number}:{who}", KIND, who, number, MONDAY_NOON, MONDAY_NOON + DAY)
                for number in numbers
                for who in (AMY, BEN)
            ],
        )


def double(sessions: Sessions, turn: int) -> None:
    """Write each row once more, under a key that names the turn."""
    names = [column.name for column in Delivery.__table__.columns if column.name not in ("id", "key")]
    again = select(Delivery.key + f":{turn}", *(getattr(Delivery, name) for name in names))
    with sessions.begin() as session:
        session.execute(insert(Delivery).from_select(["key", *names], again))


def count(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalars(select(func.count()).select_from(Delivery)).one()


def check(path: Path, pragma: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as store:
        return store.execute(f"PRAGMA {pragma}").fetchall()


@contextmanager
def writer(sessions: Sessions) -> Iterator[threading.Event]:
    """Write pair after pair for as long as the block lasts; the event says that the first stands."""
    stopping, begun = threading.Event(), threading.Event()

    def go_on() -> None:
        number = AT_FIRST
        while not stopping.is_set():
            write(sessions, [number])
            begun.set()
            number += 1
            # Who asks for the lock again at once may keep it from the others for as long as they wait.
            stopping.wait(0.002)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield begun
    finally:
        stopping.set()
        thread.join()


def test_a_copy_made_while_others_write_is_whole_under_another_name(
    sqlite: Engine, tmp_path: Path, run: Run
) -> None:
    sessions = Sessions(sqlite)
    write(sessions, [0])
    for turn in range(DOUBLINGS):
        double(sessions, turn)
    copy, restored = tmp_path / "monday.db", tmp_path / "restored.db"

    with writer(sessions) as begun:
        assert begun.wait(timeout=60)
        done = run(["backup", str(copy)], {"DATABASE_URL": url_of(sqlite)})
        assert done.returncode == 0, done.stderr
        taken = count(sessions)
        write(sessions, [-1])
    shutil.copyfile(copy, restored)
    engine = connect(f"sqlite:///{restored}")
    found = count(Sessions(engine))
    missing = missing_migrations(engine)
    write(Sessions(engine), [-2])
    engine.dispose()

    assert 2 * AT_FIRST < found <= taken < count(sessions)
    assert found % 2 == 0
    assert missing == 0
    assert check(restored, "integrity_check") == [("ok",)]
    assert check(restored, "foreign_key_check") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["monday.db", "restored.db"]


def test_it_says_how_large_the_copy_is_and_where_it_stands(sqlite: Engine, tmp_path: Path, run: Run) -> None:
    done = run(["backup", str(tmp_path / "monday.db")], {"DATABASE_URL": url_of(sqlite)})

    assert done.returncode == 0
    assert done.stdout.startswith(f"{tmp_path / 'monday.db'}: 0.")
    assert " MB at migration 00" in done.stdout
    assert "copied and checked in" in done.stdout


def test_only_its_owner_reads_a_copy(sqlite: Engine, tmp_path: Path) -> None:
    back_up(url_of(sqlite), tmp_path / "monday.db")

    assert stat.S_IMODE((tmp_path / "monday.db").stat().st_mode) == 0o600


def test_a_file_that_is_there_is_replaced_only_by_force(sqlite: Engine, tmp_path: Path, run: Run) -> None:
    target = tmp_path / "monday.db"
    target.write_text("wanted")

    refused = run(["backup", str(target)], {"DATABASE_URL": url_of(sqlite)})
    left = target.read_text()
    forced = run(["backup", str(target), "--force"], {"DATABASE_URL": url_of(sqlite)})

    assert (refused.returncode, left) == (1, "wanted")
    assert "replace it with --force" in refused.stderr
    assert forced.returncode == 0
    assert check(target, "integrity_check") == [("ok",)]


@pytest.mark.parametrize("name", ["{store}", "{stem}"])
def test_the_store_is_never_overwritten(sqlite: Engine, name: str, tmp_path: Path) -> None:
    store = tmp_path / "trellis.part"
    shutil.copyfile(file_of(sqlite), store)
    before = store.read_bytes()
    target = tmp_path / name.format(store=store.name, stem=store.stem)

    with pytest.raises(NotBackedUp, match="is the store itself"):
        back_up(f"sqlite:///{store}", target, force=True)

    assert store.read_bytes() == before


def test_what_an_interrupted_backup_left_does_not_matter(sqlite: Engine, tmp_path: Path) -> None:
    (tmp_path / "monday.db.part").write_bytes(b"half a page" * 1000)

    back_up(url_of(sqlite), tmp_path / "monday.db")

    assert check(tmp_path / "monday.db", "integrity_check") == [("ok",)]
    assert not (tmp_path / "monday.db.part").exists()


def test_two_backups_to_one_name_do_not_meet(sqlite: Engine, tmp_path: Path) -> None:
    part = tmp_path / "monday.db.part"
    with part.open("w") as other:
        other.write("what the other one has so far")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(NotBackedUp, match="Another backup is writing"):
            back_up(url_of(sqlite), tmp_path / "monday.db")

        assert part.read_text() == "what the other one has so far"


def test_a_copy_of_a_damaged_store_gets_no_name(sqlite: Engine, tmp_path: Path, run: Run) -> None:
    write(Sessions(sqlite), range(500))
    sqlite.dispose()
    damaged = tmp_path / "damaged.db"
    content = bytearray(file_of(sqlite).read_bytes())
    for page in range(20, len(content) // 4096):
        content[page * 4096 + 100 : page * 4096 + 3000] = b"\xff" * 2900
    damaged.write_bytes(content)

    done = run(["backup", str(tmp_path / "monday.db")], {"DATABASE_URL": f"sqlite:///{damaged}"})

    assert done.returncode == 1
    assert "failed" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.db"]


def test_a_file_without_our_tables_is_no_backup(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")

    with pytest.raises(NotBackedUp, match="does not say at which migration"):
        back_up(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "monday.db")

    assert [path.name for path in tmp_path.iterdir()] == ["other.db"]


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, run: Run) -> None:
    address = {"DATABASE_URL": f"sqlite:///{tmp_path / 'gone.db'}"}

    done = run(["backup", str(tmp_path / "monday.db")], address)

    assert done.returncode == 1
    assert "There is no store at" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said_in_words(sqlite: Engine, tmp_path: Path, run: Run) -> None:
    done = run(["backup", str(tmp_path / "nowhere" / "monday.db")], {"DATABASE_URL": url_of(sqlite)})

    assert done.returncode == 1
    assert "No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_on_postgresql_it_says_what_to_use_instead(postgres: Postgres, tmp_path: Path, run: Run) -> None:
    with postgres.database() as name:
        done = run(["backup", str(tmp_path / "monday.db")], {"DATABASE_URL": postgres.address(name)})

    assert done.returncode == 2
    assert "pg_dump" in done.stderr
    assert "deploy/BACKUPS.md" in done.stderr
    with pytest.raises(NotAFile):
        back_up("postgresql+psycopg://nobody@localhost/none", tmp_path / "monday.db")
