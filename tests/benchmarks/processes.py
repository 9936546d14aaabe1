"""The processes of an installation, and what each holds of the machine's memory."""

import psutil

from tests.served import Served


def memory(served: Served) -> dict[str, float]:
    """Resident megabytes by what processes are for; of PostgreSQL's, which share, each's part."""
    found: dict[str, list[float]] = {}
    assert served.process is not None
    for process in [psutil.Process(served.process.pid), *served.family()]:
        try:
            name = _role(process)
            used = process.memory_full_info()
        except psutil.Error:
            continue
        found.setdefault(name, []).append((used.pss if name == "postgres" else used.rss) / 1e6)
    return {
        f"{name} ({len(each)} processes)" if len(each) > 1 else name: sum(each)
        for name, each in sorted(found.items())
    }


def _role(process: psutil.Process) -> str:
    """What a process of the installation is for."""
    words = process.cmdline()
    if process.name() == "postgres":
        return "postgres"
    if "interfaces.cli.main" in words:
        return words[words.index("interfaces.cli.main") + 1]
    if any("parser" in word for word in words):
        return "parser"
    return process.name()
