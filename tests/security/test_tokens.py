"""A token is good in every respect, or it is answered with one and the same 401."""

import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.api import Account
from tests.http import exchange
from tests.http.problems import name, refused, without_id
from tests.security.forging import HEADER, claims, segment, signed
from tests.stack import Stack

ME = "/api/v1/auth/me"
ALGORITHMS = {"HS384": "sha384", "HS512": "sha512"}


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


@pytest.fixture(scope="module")
def attacker() -> Iterator[socket.socket]:
    """A server that a token tells the product to fetch keys from; nobody may ever come."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening
        with pytest.raises(BlockingIOError):
            listening.accept()


def accepted(stack: Stack, token: str) -> bool:
    """Whether the token is good; if not, the answer is that of no token at all."""
    answer = stack.client.get(ME, headers={"Authorization": f"Bearer {token}"})
    if answer.is_success:
        return True
    nothing = stack.client.get(ME)
    assert name(refused(nothing, 401)) == "unauthorized"
    assert without_id(refused(answer, 401)) == without_id(nothing.json())
    assert answer.headers["www-authenticate"] == nothing.headers["www-authenticate"] == "Bearer"
    return False


def test_a_token_that_is_right_in_every_respect_is_good(stack: Stack, account: Account) -> None:
    assert accepted(stack, signed(stack, HEADER, claims(account)))
    assert accepted(stack, signed(stack, {"alg": "HS256"}, claims(account)))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "noNE", "", None, "HS1"])
def test_a_token_without_a_signature_is_refused(
    stack: Stack, account: Account, algorithm: str | None
) -> None:
    head = {"typ": "JWT", "alg": algorithm}
    message = f"{segment(head)}.{segment(claims(account))}"
    good = signed(stack, HEADER, claims(account)).rpartition(".")[2]
    for token in (
        message,
        f"{message}.",
        f"{message}.{good}",
        signed(stack, head, claims(account)),
    ):
        assert not accepted(stack, token)
    assert not accepted(stack, signed(stack, {"typ": "JWT"}, claims(account)))


@pytest.mark.parametrize(
    "algorithm", ["RS256", "PS256", "ES256", "EdDSA", "HS384", "HS512", "hs256", " HS256", "HS256 "]
)
def test_no_other_algorithm_is_taken_even_with_the_right_secret(
    stack: Stack, account: Account, algorithm: str
) -> None:
    hash_ = ALGORITHMS.get(algorithm, "sha256")
    token = signed(stack, {**HEADER, "alg": algorithm}, claims(account), hash_=hash_)
    assert not accepted(stack, token)


def test_a_public_key_is_no_secret(stack: Stack, account: Account) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
    for algorithm in ("HS256", "RS256"):
        header = {**HEADER, "alg": algorithm}
        assert not accepted(stack, signed(stack, header, claims(account), secret=pem))


@pytest.mark.parametrize("secret", ["", "secret", "muniment", "\x00", "jwt-", "a" * 64])
def test_a_secret_that_is_not_ours_signs_nothing(
    stack: Stack, account: Account, secret: str
) -> None:
    assert not accepted(stack, signed(stack, HEADER, claims(account), secret=secret))


@pytest.mark.parametrize("more", [
    {"kid": "unknown"}, {"kid": "' OR 1=1 --"}, {"kid": "../../../dev/null"}, {"kid": ""},
    {"jku": "ATTACKER/keys"}, {"x5u": "ATTACKER/cert"}, {"crit": ["exp"], "exp": 1},
    {"crit": ["unknown"], "unknown": 1}, {"crit": []}, {"b64": False, "crit": ["b64"]},
    {"jwk": {"kty": "oct", "k": "AA"}}, {"x5c": ["AA"]}, {"zip": "DEF"}, {"cty": "JWT"},
    {"enc": "A256GCM"}, {"p2c": 10**9, "p2s": "AA"},
], ids=",".join)  # fmt: skip
def test_a_header_that_asks_for_more_is_refused(
    stack: Stack, account: Account, attacker: socket.socket, more: dict[str, Any]
) -> None:
    address = f"http://127.0.0.1:{attacker.getsockname()[1]}"
    text = msgspec.json.encode({**HEADER, **more}).decode().replace("ATTACKER", address)
    assert not accepted(stack, signed(stack, text.encode(), claims(account)))


@pytest.mark.parametrize("claim", sorted(
    {"iss", "aud", "sub", "tid", "sid", "jti", "role", "typ", "gen", "iat", "exp"}
))  # fmt: skip
def test_every_claim_is_required(stack: Stack, account: Account, claim: str) -> None:
    assert not accepted(stack, signed(stack, HEADER, claims(account, **{claim: None})))


@pytest.mark.parametrize(("claim", "value"), [
    ("iss", "muniment2"), ("iss", ""), ("iss", "https://accounts.google.com"),
    ("iss", ["muniment"]),
    ("aud", "muniment:refresh"), ("aud", "muniment"), ("aud", ""), ("aud", []), ("aud", {}),
    ("typ", "refresh"), ("typ", "id"), ("typ", ""), ("sub", "nobody"), ("sub", ""), ("sub", 1),
    ("tid", "*"), ("tid", ""), ("tid", "' OR 1=1 --"), ("sid", "1"), ("role", "worker"),
    ("role", "root"), ("role", ["owner"]), ("gen", "x"), ("gen", {}), ("gen", 1.5),
    ("exp", "never"), ("exp", 1), ("exp", -1), ("exp", 0), ("exp", 10**30), ("exp", []),
    ("iat", "now"), ("iat", {}), ("jti", 5),
], ids=repr)  # fmt: skip
def test_a_claim_of_another_value_is_refused(
    stack: Stack, account: Account, claim: str, value: Any
) -> None:
    assert not accepted(stack, signed(stack, HEADER, claims(account, **{claim: value})))


@pytest.mark.parametrize(("claim", "shift"), [("exp", -1), ("nbf", 60), ("iat", 60)])
def test_a_token_that_is_over_or_not_yet_begun_is_refused(
    stack: Stack, account: Account, claim: str, shift: int
) -> None:
    now = claims(account)["iat"]
    assert not accepted(stack, signed(stack, HEADER, claims(account, **{claim: now + shift})))


def test_a_token_of_another_kind_is_refused(stack: Stack, account: Account) -> None:
    credentials = {"email": account.email, "password": account.password}
    pair = stack.client.post("/api/v1/auth/login", json=credentials).json()
    assert accepted(stack, pair["access_token"])
    assert not accepted(stack, pair["refresh_token"])
    body = {"refresh_token": pair["access_token"]}
    refresh = stack.client.post("/api/v1/auth/refresh", json=body)
    assert without_id(refused(refresh, 401)) == without_id(stack.client.get(ME).json())
    identity = {"iss": "https://accounts.google.com", "aud": "muniment", "sub": "1", "exp": 2**33}
    assert not accepted(stack, signed(stack, HEADER, identity))


def test_a_signature_that_is_cut_or_changed_is_refused(stack: Stack, account: Account) -> None:
    good = signed(stack, HEADER, claims(account))
    message, _, signature = good.rpartition(".")
    first = "A" if signature[0] != "A" else "B"
    for token in (
        *(f"{message}.{signature[:-cut]}" for cut in (1, 2, 3, 20, len(signature))),
        *(f"{message}.{changed}" for changed in (first + signature[1:], signature * 2)),
        *(f"{message}.{signature}{more}" for more in ("A", ".", ".x", "=", "==", "%", "\t.")),
        f"{message[:-1]}.{signature}",
        f"{message.partition('.')[2]}.{signature}",
        f".{good}",
        good.replace(".", ".."),
        good.swapcase(),
        "..",
        ".",
        f"{'.' * 4000}",
    ):
        assert not accepted(stack, token.strip()), token


def test_the_json_serialisation_is_refused(stack: Stack, account: Account) -> None:
    protected, payload, signature = signed(stack, HEADER, claims(account)).split(".")
    flat = {"payload": payload, "protected": protected, "signature": signature}
    general = {
        "payload": payload,
        "signatures": [{"protected": protected, "signature": signature}],
    }
    for value in (flat, general):
        text = msgspec.json.encode(value).decode()
        assert not accepted(stack, text)
        assert not accepted(stack, segment(value))


@pytest.mark.parametrize("content", [
    b"", b"null", b"[]", b'"a"', b"1", b"{", b"\xff", b"[" * 2_000, b'{"alg":' * 400,
    b'{"alg":"HS256","alg":"none"}', b"\x00",
], ids=repr)  # fmt: skip
def test_a_token_that_holds_no_object_is_refused(
    stack: Stack, account: Account, content: bytes
) -> None:
    assert not accepted(stack, signed(stack, content, claims(account)))
    assert not accepted(stack, signed(stack, HEADER, content))


def test_a_token_of_any_size_is_refused_in_time(stack: Stack, account: Account) -> None:
    long = signed(stack, HEADER, claims(account, more="x" * 5_000))
    assert not accepted(stack, long)
    assert not accepted(stack, "A" * 100_000)
    head = exchange.head("GET", ME)[:-2] + b"Authorization: Bearer "
    received = exchange.send(stack, head, *[b"A" * 100_000] * 50, b"\r\n\r\n")
    assert exchange.status(received) == 431
    body = {"refresh_token": "A" * 5_000_000}
    refused(stack.client.post("/api/v1/auth/refresh", json=body), 401, 413, 422)


def test_there_is_one_authorization_header_and_its_scheme_is_bearer(
    stack: Stack, account: Account
) -> None:
    good = signed(stack, HEADER, claims(account))
    for value in (good, f"Basic {good}", f"Token {good}", f"Bearer{good}", f"Bearer {good}, x",
                  f"Bearer Bearer {good}", f'Bearer "{good}"', f"Bearer\u00a0{good}"):  # fmt: skip
        headers = {b"Authorization": value.encode("latin-1")}
        assert name(refused(stack.client.get(ME, headers=headers), 401)) == "unauthorized"
    twice = [("Authorization", f"Bearer {good}"), ("Authorization", "Bearer x")]
    for headers_twice in (twice, twice[::-1]):
        refused(stack.client.get(ME, headers=headers_twice), 401)
    elsewhere = stack.client.get(f"{ME}?access_token={good}", headers={"Cookie": f"token={good}"})
    refused(elsewhere, 401)
