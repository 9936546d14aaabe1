"""A box opens with its key at its place, unchanged, and in no other way."""

import base64
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.vault import box
from infrastructure.vault.box import BoxRefused, Place

KEY = bytes(range(32))
SOMEWHERE = Place(UUID(int=1), UUID(int=2), 1, "login.registered", 2, UUID(int=3))
PLACES = st.builds(
    Place,
    st.uuids(),
    st.uuids(),
    st.integers(1, 2**62),
    st.text("abcdefghijklmnop._", min_size=1, max_size=20),
    st.integers(1, 32767),
    st.uuids(),
)


@given(content=st.dictionaries(st.text(), st.text() | st.none()), place=PLACES)
def test_any_text_comes_out_as_it_went_in(content: dict[str, str | None], place: Place) -> None:
    made = box.encrypt(KEY, msgspec.json.encode(content), place)
    assert msgspec.json.decode(box.decrypt(KEY, made, place)) == content


@given(text=st.text(min_size=8), place=PLACES)
def test_nothing_of_the_text_shows_and_no_two_boxes_are_alike(text: str, place: Place) -> None:
    content = msgspec.json.encode(text)
    one, two = (box.encrypt(KEY, content, place) for _ in range(2))
    assert one != two
    assert content not in base64.b64decode(one)


@given(text=st.text(), place=PLACES, data=st.data())
def test_a_changed_bit_is_refused(text: str, place: Place, data: st.DataObject) -> None:
    octets = bytearray(base64.b64decode(box.encrypt(KEY, msgspec.json.encode(text), place)))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BoxRefused):
        box.decrypt(KEY, base64.b64encode(octets).decode(), place)


@given(place=PLACES, data=st.data())
def test_a_box_that_was_cut_is_refused(place: Place, data: st.DataObject) -> None:
    octets = base64.b64decode(box.encrypt(KEY, b'"Ada"', place))
    cut = octets[: data.draw(st.integers(0, len(octets) - 1))]
    with pytest.raises(BoxRefused):
        box.decrypt(KEY, base64.b64encode(cut).decode(), place)


@given(text=st.text(), place=PLACES, other=PLACES, field=st.sampled_from(Place._fields))
def test_a_box_at_another_place_is_refused(
    text: str, place: Place, other: Place, field: str
) -> None:
    moved = place._replace(**{field: getattr(other, field)})
    made = box.encrypt(KEY, msgspec.json.encode(text), place)
    if moved == place:
        return
    with pytest.raises(BoxRefused):
        box.decrypt(KEY, made, moved)


@given(key=st.binary(min_size=32, max_size=32), place=PLACES)
def test_another_key_opens_nothing(key: bytes, place: Place) -> None:
    made = box.encrypt(KEY, b'"Ada"', place)
    if key == KEY:
        return
    with pytest.raises(BoxRefused):
        box.decrypt(key, made, place)


@given(text=st.text(), place=PLACES)
def test_what_is_no_box_is_refused(text: str, place: Place) -> None:
    with pytest.raises(BoxRefused):
        box.decrypt(KEY, text, place)


@given(place=PLACES)
def test_a_box_has_one_spelling(place: Place) -> None:
    made = box.encrypt(KEY, b'"Ada"', place)
    for spelling in (f"{made} ", f"{made}\n", f"{made}=", made.rstrip("=") + "==="):
        if spelling != made:
            with pytest.raises(BoxRefused):
                box.decrypt(KEY, spelling, place)


@pytest.mark.parametrize(("short", "long"), [("Al", "Albertina"), ("", "a" * 60)])
def test_a_box_does_not_tell_how_long_a_name_is(short: str, long: str) -> None:
    names = [msgspec.json.encode(name) for name in (short, long)]
    sizes = {len(box.encrypt(KEY, name, SOMEWHERE)) for name in names}
    assert len(sizes) == 1
