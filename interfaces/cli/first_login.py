"""The login a development installation is handed over with."""

import http.client
import secrets
from pathlib import Path

import msgspec

from infrastructure import private_file

TENANT = "Demo"
SLUG = "demo"
EMAIL = "owner@demo.example"
_FILE = "demo-login.json"
_SECONDS = 30.0


class Login(msgspec.Struct, frozen=True):
    """Credentials of the demo tenant's owner."""

    email: str
    password: str
    tenant: str
    registered: bool = False


class NoLogin(Exception):  # noqa: N818 - named for what is missing
    """The demo tenant could not be registered."""


def ensure(host: str, port: int, data_dir: Path) -> Login:
    """Register the demo tenant over HTTP at the first call; later calls only look it up.

    The password is generated and kept in the data directory before it is used, so that an
    interrupted first start leaves no account that nobody can enter. Raises NoLogin.
    """
    path = data_dir / _FILE
    login = _read(path)
    if login is None:
        login = Login(EMAIL, _password(), SLUG)
        private_file.replace(path, msgspec.json.encode(login).decode())
    if not login.registered:
        _register(host, port, login)
        login = msgspec.structs.replace(login, registered=True)
        private_file.replace(path, msgspec.json.encode(login).decode())
    return login


def _register(host: str, port: int, login: Login) -> None:
    owner = {"email": login.email, "password": login.password, "display_name": "Demo owner"}
    body = msgspec.json.encode({"name": TENANT, "slug": login.tenant, "owner": owner})
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request(
            "POST",
            "/api/v1/tenants",
            body,
            {"Content-Type": "application/json", "Idempotency-Key": "first-login"},
        )
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NoLogin(f"the demo tenant was not registered: {error}") from error
    finally:
        connection.close()
    # 409: registered by an earlier start that was interrupted before it could note it.
    if answer.status not in {http.client.CREATED, http.client.CONFLICT}:
        raise NoLogin(f"the demo tenant was not registered: answer {answer.status}")


def _password() -> str:
    """Nobody can guess it, and it has the kinds of characters that the rules ask for."""
    return f"{secrets.token_urlsafe(12)}-A7"


def _read(path: Path) -> Login | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Login)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
