"""Log files stay within their bounds."""

import subprocess
import sys
import time
from pathlib import Path

from infrastructure.embedded import logs


def test_a_large_log_begins_anew_and_its_past_is_kept_once(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("old " * 100)
    logs.bound(tmp_path, bytes_max=100)
    assert (tmp_path / "web.log").read_text() == ""
    assert (tmp_path / "web.log.1").read_text() == "old " * 100


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("new")
    logs.bound(tmp_path, bytes_max=100)
    assert (tmp_path / "web.log").read_text() == "new"


def test_a_writer_goes_on_at_the_new_beginning(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as output:
        chatter = "import time\nwhile True:\n    print('x' * 60, flush=True); time.sleep(0.001)"
        writer = subprocess.Popen([sys.executable, "-c", chatter], stdout=output)
    deadline = time.monotonic() + 10
    while not (tmp_path / "web.log.1").exists() and time.monotonic() < deadline:
        logs.bound(tmp_path, bytes_max=1000)
        time.sleep(0.02)
    time.sleep(0.2)
    writer.kill()
    writer.wait()
    assert log.read_bytes().startswith(b"xxx")
