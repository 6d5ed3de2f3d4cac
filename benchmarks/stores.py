"""Stores to measure on: a SQLite file and a PostgreSQL server of one's own, migrated and thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stores import migrated_sqlite, postgres_server


@contextmanager
def each_store() -> Iterator[dict[str, str]]:
    """Give the DATABASE_URL of a migrated store of each kind, by the kind's name."""
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as folder, postgres_server() as server:
        file = Path(folder) / "trellis.db"
        migrated_sqlite(file).dispose()
        with server.database() as name:
            yield {"SQLite": f"sqlite:///{file}", "PostgreSQL": server.address(name)}
