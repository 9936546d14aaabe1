"""Files of a backup: nothing of them can be changed, moved, or left out unnoticed."""

import os

import pytest

from infrastructure.backup import sealed_file
from infrastructure.backup.keys import BackupKey
from infrastructure.backup.sealed_file import CHUNK_BYTES, MAGIC, SALT_BYTES, TAG_BYTES
from tests.backup.installations import KEY as SECRET

KEY = BackupKey(SECRET)
HEAD = len(MAGIC) + SALT_BYTES
WHOLE = CHUNK_BYTES + TAG_BYTES
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 600_000]


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_opened(size: int) -> None:
    content = os.urandom(size)
    made = sealed_file.sealed(content, KEY, "sets/a/log-1")
    assert sealed_file.opened(made, KEY, "sets/a/log-1") == content


def test_the_same_content_never_looks_the_same() -> None:
    assert sealed_file.sealed(b"same", KEY, "name") != sealed_file.sealed(b"same", KEY, "name")


def refused(octets: bytes, key: BackupKey = KEY, name: str = "name") -> bool:
    try:
        sealed_file.opened(octets, key, name)
    except sealed_file.BackupDamaged:
        return True
    return False


def test_a_changed_byte_is_found_wherever_it_is() -> None:
    made = sealed_file.sealed(b"some content", KEY, "name")
    for at in range(len(made)):
        assert refused(made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :]), at


def test_a_file_that_is_cut_off_or_longer_is_refused() -> None:
    made = sealed_file.sealed(os.urandom(3 * CHUNK_BYTES), KEY, "name")
    assert not refused(made)
    for end in (0, 1, HEAD - 1, HEAD, HEAD + 1, HEAD + WHOLE, HEAD + 2 * WHOLE, len(made) - 1):
        assert refused(made[:end]), end
    assert refused(made + b"\0")
    assert refused(made + made[HEAD : HEAD + WHOLE])


def test_chunks_that_changed_places_are_refused() -> None:
    made = sealed_file.sealed(bytes(3 * CHUNK_BYTES), KEY, "name")
    first, second = made[HEAD : HEAD + WHOLE], made[HEAD + WHOLE : HEAD + 2 * WHOLE]
    rest = made[HEAD + 2 * WHOLE :]
    assert refused(made[:HEAD] + second + first + rest)
    assert refused(made[:HEAD] + first + first + rest)
    assert refused(made[:HEAD] + first + rest)


def test_a_file_opens_under_no_other_name_and_with_no_other_key() -> None:
    made = sealed_file.sealed(b"content", KEY, "sets/a/outside")
    assert refused(made, name="sets/b/outside")
    assert refused(made, BackupKey(SECRET + "."), name="sets/a/outside")
