"""Rebuilding read models after an erasure needs no key, and leaves nobody behind."""

import psycopg

from infrastructure.event_log import migrate
from tests.cli.installation import muniment
from tests.servers import Database
from tests.vault import people


def test_rebuilt_read_models_agree_and_hold_no_erased_person(database: Database) -> None:
    person = people.registered(database)
    spared = people.registered(database, person.tenant_id)
    people.project(database, person.tenant_id)
    people.erase(database, person)
    told = muniment(database, "projections", "rebuild", "login_directory", "--switch")
    assert told.exit_code == 0, told.output
    with psycopg.connect(database.admin_url) as connection:
        live = connection.execute("SELECT user_id, email FROM read.logins_v2").fetchall()
        schema = connection.execute(
            "SELECT schema_name FROM read.generations WHERE projection = 'login_directory'"
        ).fetchone()
        assert schema is not None
        query = f"SELECT user_id, email FROM {schema[0]}.logins_v2"  # noqa: S608 - of the registry
        built = connection.execute(query.encode()).fetchall()
    assert live == built == [(spared.user_id, people.EMAIL)]


def test_an_erasure_reaches_every_generation_that_follows_the_log(database: Database) -> None:
    person = people.registered(database)
    people.project(database, person.tenant_id)
    told = muniment(database, "projections", "rebuild", "login_directory", "--switch")
    assert told.exit_code == 0, told.output
    assert people.EMAIL in people.everything_kept(database)
    people.erase(database, person)
    kept = people.everything_kept(database)
    assert [secret for secret in people.SECRETS if secret in kept] == []


def test_the_migrations_about_persons_can_be_undone_and_done_again(database: Database) -> None:
    undone: list[str] = []
    while "0010_vault" not in undone:
        undone += migrate.roll_back(database.admin_url, count=1)
    assert "0018_logins_v2" in undone
    assert set(migrate.migrate(database.admin_url)) == set(undone)
