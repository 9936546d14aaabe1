"""The project's own files: what git tracks, or what lies there where there is no git."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FOREIGN = {".venv", ".muniment", ".git", "build", "dist", "node_modules"}


@cache
def own() -> tuple[Path, ...]:
    """Every file of the project, by its absolute path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not _FOREIGN & set(path.parts)]
    return tuple(sorted(path for path in paths if path.is_file()))


def python() -> list[Path]:
    return [path for path in own() if path.suffix == ".py"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
