"""A built wheel holds what an editable installation finds lying about."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.house import files

PACKAGES = ("domain", "application", "infrastructure", "projections", "interfaces")


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=files.ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    own = {files.name(path) for path in files.own()}
    wanted = {name for name in own if name.split("/")[0] in PACKAGES}
    assert wanted - packed == set()
    assert not [name for name in packed if name.startswith("tests/")]
