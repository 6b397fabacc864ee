"""Database trouble, made by a real server."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from adlens.domain.errors import TransientError
from adlens.persistence.session import Credentials, make_engine, transaction, transactional


@pytest.fixture
def single(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, application_name="single")
    yield engine
    engine.dispose()


def test_a_process_holds_one_connection_in_utc(single: Engine) -> None:
    assert single.pool.size() == 1  # type: ignore[attr-defined]
    with transaction(single) as session:
        settings = session.execute(
            text("SELECT current_setting('timezone'), current_setting('application_name')")
        ).one()
    assert tuple(settings) == ("UTC", "single")


def test_an_error_does_not_repeat_the_parameters(single: Engine) -> None:
    with pytest.raises(DataError) as failed, transaction(single) as session:
        session.execute(text("SELECT 1 / (length(:name) - length(:name))"), {"name": "summer-sale.png"})
    assert "division by zero" in str(failed.value)
    assert "summer-sale" not in str(failed.value)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO rows_of_one VALUES (:name, 1), (:name, 2)", "duplicate key value"),
        ("INSERT INTO rows_of_one VALUES (:name, 0)", "violates check constraint"),
        ("INSERT INTO rows_of_one VALUES (:name, NULL)", "null value in column"),
        ("SELECT :name FROM nowhere", "does not exist"),
    ],
)
def test_an_error_does_not_quote_the_row_or_the_statement(single: Engine, statement: str, said: str) -> None:
    table = text("CREATE TEMPORARY TABLE rows_of_one (name text PRIMARY KEY, number int NOT NULL CHECK (number > 0))")
    values = {"name": "summer-sale.png"}
    with transaction(single) as session:
        session.execute(table)
        with pytest.raises(DBAPIError) as failed, session.begin_nested():
            session.execute(text(statement), values)
    shown = "".join(traceback.format_exception(failed.value))
    assert said in shown
    assert "summer-sale" not in shown


def test_a_server_that_is_not_there_is_a_transient_error() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers, and nobody else takes the port
        engine = make_engine(f"postgresql+psycopg2://x@127.0.0.1:{bound.getsockname()[1]}/x")
        with pytest.raises(TransientError), transaction(engine) as session:
            session.execute(text("SELECT 1"))


def test_a_connection_lost_in_the_middle_is_transient_and_the_next_one_works(single: Engine, engine: Engine) -> None:
    def lose() -> None:
        with transaction(single) as session:
            _cut(engine, _backend(session))
            session.execute(text("SELECT 1"))

    with pytest.raises(TransientError):
        lose()
    with transaction(single) as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_an_idle_connection_that_was_cut_is_replaced(single: Engine, engine: Engine) -> None:
    with transaction(single) as session:
        pid = _backend(session)
    _cut(engine, pid)

    with transaction(single) as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_a_statement_that_takes_too_long_is_transient(single: Engine) -> None:
    def wait() -> None:
        with transaction(single) as session:
            session.execute(text("SET LOCAL statement_timeout = 20"))
            session.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(TransientError):
        wait()


def test_a_mistake_of_ours_stays_what_it_is(single: Engine) -> None:
    with pytest.raises(ProgrammingError), transaction(single) as session:
        session.execute(text("SELECT nonsense"))


def test_what_fails_is_rolled_back(single: Engine) -> None:
    def attempt() -> None:
        with transaction(single) as session:
            session.execute(text("INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'undone')"))
            raise KeyError("something else")

    with pytest.raises(KeyError):
        attempt()
    with transaction(single) as session:
        assert session.execute(text("SELECT count(*) FROM workspaces WHERE name = 'undone'")).scalar_one() == 0


class Crossing:
    """Two of these lock the same two rows, each the other's first, so one of them must lose and try again."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.both_hold_one = Barrier(2)
        self.attempts = 0

    @transactional
    def run(self, session: Session, first: str, second: str) -> str:
        self.attempts += 1
        for position, name in enumerate((first, second)):
            if position == 1 and self.attempts <= 2:
                self.both_hold_one.wait(30)
            session.execute(text("UPDATE workspaces SET created_at = now() WHERE name = :name"), {"name": name})
        return first


def test_the_loser_of_a_deadlock_tries_again(engine: Engine) -> None:
    with transaction(engine) as session:
        for name in ("left", "right"):
            session.execute(text("INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), :name)"), {"name": name})
    crossing = Crossing(engine)

    with ThreadPoolExecutor(2) as pool:
        ends = pool.map(crossing.run, ("left", "right"), ("right", "left"))

    assert list(ends) == ["left", "right"]
    assert crossing.attempts == 3


# --- credentials ----------------------------------------------------------------------------------------------------


class Vault:
    """Gives out a stale user until it is told that it was refused."""

    def __init__(self, fresh: str) -> None:
        self.current, self.fresh = "someone_who_left", fresh
        self.asked: list[bool] = []

    def __call__(self, refused: bool) -> Credentials:
        self.asked.append(refused)
        if refused:
            self.current = self.fresh
        return Credentials(self.current, "secret")


def test_refused_credentials_are_fetched_again_once(database_url: str) -> None:
    vault = Vault(fresh="postgres")
    url = make_url(database_url).set(username=None)
    engine = make_engine(url, vault)

    with transaction(engine) as session:
        assert session.execute(text("SELECT current_user")).scalar_one() == "postgres"
    assert vault.asked == [False, True]
    engine.dispose()

    with transaction(engine) as session:
        session.execute(text("SELECT 1"))
    assert vault.asked == [False, True, False]
    engine.dispose()


def test_credentials_that_stay_refused_are_not_asked_for_forever(database_url: str) -> None:
    vault = Vault(fresh="nobody_either")
    engine = make_engine(make_url(database_url).set(username=None), vault)

    with pytest.raises(TransientError), transaction(engine) as session:
        session.execute(text("SELECT 1"))
    assert vault.asked == [False, True]


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Credentials("user", "secret"))


def _backend(session: Session) -> int:
    return session.execute(text("SELECT pg_backend_pid()")).scalar_one()


def _cut(engine: Engine, backend: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
