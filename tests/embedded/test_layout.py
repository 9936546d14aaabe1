"""The data directory, prepared by everybody who comes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infrastructure.embedded import errors
from infrastructure.embedded.layout import Layout


def test_engines_that_start_side_by_side_do_not_disturb_each_other(data_dir: Path) -> None:
    places = Layout(data_dir)

    def prepare(_: int) -> Path:
        places.prepare()
        return places.socket_dir()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(prepare, range(400)))
    assert found == {data_dir / "run"}


def test_nobody_else_may_look_into_the_socket_directory(data_dir: Path) -> None:
    Layout(data_dir).prepare()
    assert Layout(data_dir).socket_dir().stat().st_mode & 0o077 == 0


def test_a_socket_directory_prepared_by_somebody_else_is_refused(data_dir: Path) -> None:
    Layout(data_dir).prepare()
    (data_dir / "elsewhere").mkdir()
    (data_dir / "run").symlink_to(data_dir / "elsewhere")
    with pytest.raises(errors.EmbeddedEngineError, match="belongs to somebody else"):
        Layout(data_dir).socket_dir()
