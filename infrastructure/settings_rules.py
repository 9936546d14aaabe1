"""What must hold between settings, and what a type cannot say of one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from infrastructure.secret import Secret

if TYPE_CHECKING:
    from infrastructure.settings import Settings

SECRETS = ("jwt_secret", "password_pepper", "lookup_key", "seal_key", "vault_key")
OPTIONAL_SECRETS = ("admin_token", "backup_key")
"""Those that production may go without: what they are for is then not to be had."""
_SECRET_CHARACTERS_MIN = 32
_SECRET_DISTINCT_MIN = 8
_PLACEHOLDERS = ("change", "default", "example", "secret", "password", "placeholder")
_BCRYPT_COST_MIN = 10
_POSTGRES = ("postgresql", "postgres")
_SCHEMES = {
    "blob_url": (),
    "backup_url": (),
    "database_url": _POSTGRES,
    "admin_database_url": _POSTGRES,
    "redis_url": ("redis", "rediss", "unix"),
}


def broken(settings: "Settings") -> Iterator[tuple[str, str]]:
    """Each field that breaks a rule, with the rule; "" where its description says it all."""
    production = settings.environment == "production"
    yield from _broken_by_secrets(settings, production=production)
    if production and settings.limits == "off":
        yield "limits", "must be on in production"
    if settings.environment != "test" and settings.bcrypt_cost < _BCRYPT_COST_MIN:
        yield "bcrypt_cost", ""
    if settings.chunk_overlap * 2 > settings.chunk_characters:
        yield "chunk_overlap", ""
    for name, schemes in _SCHEMES.items():
        if not _fits(getattr(settings, name), schemes):
            yield name, ""


def _broken_by_secrets(settings: "Settings", *, production: bool) -> Iterator[tuple[str, str]]:
    given = {name: getattr(settings, name) for name in SECRETS + OPTIONAL_SECRETS}
    texts = {name: secret.reveal() for name, secret in given.items() if secret is not None}
    for name, text in texts.items():
        if len(text) < _SECRET_CHARACTERS_MIN or (production and _guessable(text)):
            yield name, ""
        if list(texts.values()).count(text) > 1:
            yield name, "must differ from every other secret"
    if any(len(key.reveal()) < _SECRET_CHARACTERS_MIN for key in settings.vault_keys_before):
        yield "vault_keys_before", ""
    if settings.backup_url is not None and settings.backup_key is None:
        yield "backup_key", "must be set where MUNIMENT_BACKUP_URL is"


def _guessable(secret: str) -> bool:
    lower = secret.lower()
    return any(word in lower for word in _PLACEHOLDERS) or len(set(secret)) < _SECRET_DISTINCT_MIN


def _fits(url: str | Secret | None, schemes: tuple[str, ...]) -> bool:
    """Whether the URL is unset or has one of the schemes; no schemes means any."""
    if url is None:
        return True
    try:
        scheme = urlsplit(url.reveal() if isinstance(url, Secret) else url).scheme
    except ValueError:
        return False
    return scheme in schemes if schemes else bool(scheme)
