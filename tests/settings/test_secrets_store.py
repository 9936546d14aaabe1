"""Generated secrets: the same ones for everybody, for ever, and for the owner alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infrastructure import secrets_store, settings
from infrastructure.settings_error import SettingsError


def test_a_secret_is_generated_once(tmp_path: Path) -> None:
    first = secrets_store.keep(tmp_path, ["A", "B"])
    assert secrets_store.keep(tmp_path, ["A", "B"]) == first
    assert first["A"] != first["B"]


def test_a_new_name_leaves_the_known_ones_alone(tmp_path: Path) -> None:
    first = secrets_store.keep(tmp_path, ["A"])
    assert secrets_store.keep(tmp_path, ["A", "B"])["A"] == first["A"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        kept = list(pool.map(lambda _: secrets_store.keep(tmp_path, ["A"])["A"], range(64)))
    assert len(set(kept)) == 1


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    secrets_store.keep(tmp_path / "new", ["A"])
    assert (tmp_path / "new" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_not_replaced_by_new_secrets(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"A": ')
    with pytest.raises(SettingsError, match="is damaged"):
        secrets_store.keep(tmp_path, ["A"])


def test_a_place_that_keeps_nothing_is_told() -> None:
    with pytest.raises(SettingsError, match=r"^MUNIMENT_DATA_DIR must be a writable dir"):
        settings.load({"MUNIMENT_DATA_DIR": "/proc/nowhere"}, None)
