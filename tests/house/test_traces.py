"""Nothing in the project tells where it was made or whence its packages came."""

import re

from tests.house import files

# In pieces, so that this file doesn't find itself.
ADDRESSES = [
    r"https?://[^\s\"']+\.(?:whl|tgz|tar\.gz)",
    r"--(?:extra-)?index" + r"-url[= ]\s*\S",
    r"--find" + r"-links",
    r"\"resolved\": \"http",
    r"files\.python" + r"hosted\.org",
    r"pypi\.org" + r"/simple",
    r"registry\.npm" + r"js\.org",
]
SECRETS = [
    r"-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
]
PATHS = [re.escape(f"{files.ROOT}/"), r"/home/[a-z]+/", r"/Users/[A-Za-z]+/"]


def found(patterns: list[str]) -> list[str]:
    pattern = re.compile("|".join(patterns), re.MULTILINE)
    hits = []
    for path in files.own():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        hits += [f"{files.name(path)}: {match[0]}" for match in pattern.finditer(text)]
    return hits


def test_no_package_registry_is_addressed() -> None:
    assert found(ADDRESSES) == []


def test_no_path_of_a_machine_is_named() -> None:
    assert found(PATHS) == []


def test_no_secret_is_kept() -> None:
    assert found(SECRETS) == []
