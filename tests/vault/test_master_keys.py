"""Keys of persons are kept wrapped, and a master key can be changed."""

from uuid import uuid4

import pytest

from infrastructure.vault.master_keys import (
    MasterKeys,
    MasterKeyUnknown,
    Wrapped,
    WrappedKeyDamaged,
)

ONE, TWO = "the first text that nobody can guess", "the second text that nobody can guess"
TENANT, PERSON = uuid4(), uuid4()


def test_a_wrapped_key_is_unwrapped_by_the_same_text_alone() -> None:
    wrapped = MasterKeys(ONE).wrap(b"k" * 32, TENANT, PERSON)
    assert b"k" * 32 not in wrapped.octets
    assert MasterKeys(ONE).unwrap(wrapped, TENANT, PERSON) == b"k" * 32
    with pytest.raises(MasterKeyUnknown, match=wrapped.master_key_id):
        MasterKeys(TWO).unwrap(wrapped, TENANT, PERSON)


def test_an_earlier_master_key_still_unwraps_and_wraps_nothing_more() -> None:
    old = MasterKeys(ONE).new(TENANT, PERSON)
    both = MasterKeys(TWO, [ONE])
    assert both.unwrap(old, TENANT, PERSON) == MasterKeys(ONE).unwrap(old, TENANT, PERSON)
    assert both.new(TENANT, PERSON).master_key_id == MasterKeys(TWO).current_id != old.master_key_id


def test_a_wrapped_key_is_of_one_person_of_one_tenant() -> None:
    keys = MasterKeys(ONE)
    wrapped = keys.new(TENANT, PERSON)
    for tenant, person in ((TENANT, uuid4()), (uuid4(), PERSON)):
        with pytest.raises(WrappedKeyDamaged):
            keys.unwrap(wrapped, tenant, person)


def test_a_changed_or_cut_key_is_told_from_one_that_is_gone() -> None:
    keys = MasterKeys(ONE)
    wrapped = keys.new(TENANT, PERSON)
    for octets in (b"", wrapped.octets[:-1], bytes([wrapped.octets[0] ^ 1]) + wrapped.octets[1:]):
        with pytest.raises(WrappedKeyDamaged):
            keys.unwrap(Wrapped(wrapped.master_key_id, octets), TENANT, PERSON)


def test_every_person_has_another_key() -> None:
    keys = MasterKeys(ONE)
    made = {keys.unwrap(keys.new(TENANT, PERSON), TENANT, PERSON) for _ in range(50)}
    assert len(made) == 50
