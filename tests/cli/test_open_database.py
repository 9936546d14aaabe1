"""Commands that need the database find it, or start it for as long as they last."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infrastructure import settings
from infrastructure.embedded.postgres import EmbeddedPostgres
from infrastructure.settings_error import SettingsError
from interfaces.cli import main, open_database
from interfaces.cli.preflight import CannotStart

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def muniment(data_dir: Path, *arguments: str) -> Result:
    environment = {"MUNIMENT_DATA_DIR": str(data_dir), "DATABASE_URL": ""}
    return CliRunner(env=environment).invoke(main.cli, arguments)


def test_an_embedded_database_runs_for_as_long_as_it_is_needed(data_dir: Path) -> None:
    refused = muniment(data_dir, "events", "verify")
    assert isinstance(refused.exception, CannotStart)
    assert "there is no database in" in str(refused.exception)
    assert muniment(data_dir, "migrate").exit_code == 0
    server = EmbeddedPostgres(data_dir)
    found = muniment(data_dir, "events", "verify")
    assert (found.exit_code, server.pid) == (0, None), found.output
    assert found.stdout.startswith("0 events of 0 tenants in ")
    server.start()
    try:
        assert muniment(data_dir, "events", "verify").exit_code == 0
        assert server.pid is not None
    finally:
        server.stop()


def test_a_database_out_of_reach_is_told_in_one_line(tmp_path: Path) -> None:
    given = {"MUNIMENT_DATA_DIR": str(tmp_path), "DATABASE_URL": NOWHERE}
    environment = CliRunner(env=given).invoke(main.cli, ["events", "verify"])
    assert isinstance(environment.exception, CannotStart)
    assert "can't be reached" in str(environment.exception)
    assert "\n" not in str(environment.exception)


def test_an_import_needs_an_address_that_may_write(tmp_path: Path) -> None:
    given = {"MUNIMENT_DATA_DIR": str(tmp_path), "DATABASE_URL": NOWHERE}
    with open_database.reached(settings.load(given, None)) as addresses:
        assert addresses == (NOWHERE, None)
    (tmp_path / "file").touch()
    refused = CliRunner(env=given).invoke(
        main.cli, ["events", "import", str(tmp_path / "file"), "--yes"]
    )
    with pytest.raises(SettingsError, match="MUNIMENT_ADMIN_DATABASE_URL must be set to import"):
        raise refused.exception or AssertionError
