"""Every setting, read once from the environment and `.env`, refused at start when it is wrong."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta

from infrastructure import env_file as env_files
from infrastructure import secrets_store, settings_rules
from infrastructure.secret import Secret
from infrastructure.settings_error import SettingsError

PREFIX = "MUNIMENT_"
_UNPREFIXED = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}
_LISTS = ("trusted_hosts", "vault_keys_before")
_UNGUESSABLE = "at least 32 characters that nobody can guess"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `load` read. A field's description completes "must be …" and heads its documentation."""

    host: Annotated[str, Meta(min_length=1, description="a host name or address")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="a port from 1 to 65535")] = 8000
    data_dir: Annotated[Path, Meta(description="a directory")] = Path(".muniment")
    environment: Annotated[
        Literal["development", "test", "production"],
        Meta(description="development, test or production"),
    ] = "development"
    limits: Annotated[Literal["on", "off"], Meta(description="on or off")] = "on"
    trusted_hosts: Annotated[
        tuple[str, ...], Meta(description="host names separated by commas")
    ] = ()
    sweep_seconds_max: Annotated[
        int, Meta(ge=5, le=86_400, description="a time from 5 to 86400 seconds")
    ] = 30
    lag_seconds_max: Annotated[
        int, Meta(ge=5, le=86_400, description="a time from 5 to 86400 seconds")
    ] = 300
    stall_seconds_max: Annotated[
        int, Meta(ge=1, le=60, description="a time from 1 to 60 seconds")
    ] = 60
    upload_bytes_max: Annotated[
        int, Meta(ge=1024, le=2**30, description="a size from 1024 to 1073741824 bytes")
    ] = 20 * 2**20
    worker_processes: Annotated[int, Meta(ge=1, le=64, description="a number from 1 to 64")] = 1
    worker_threads: Annotated[int, Meta(ge=1, le=256, description="a number from 1 to 256")] = 8
    jwt_secret: Annotated[Secret, Meta(description=_UNGUESSABLE)]
    password_pepper: Annotated[Secret, Meta(description=_UNGUESSABLE)]
    lookup_key: Annotated[Secret, Meta(description=_UNGUESSABLE)]
    seal_key: Annotated[Secret, Meta(description=_UNGUESSABLE)]
    vault_key: Annotated[Secret, Meta(description=_UNGUESSABLE)]
    vault_keys_before: Annotated[
        tuple[Secret, ...],
        Meta(description="texts of at least 32 characters separated by commas"),
    ] = ()
    admin_token: Annotated[Secret | None, Meta(description=_UNGUESSABLE)] = None
    backup_key: Annotated[Secret | None, Meta(description=_UNGUESSABLE)] = None
    backup_url: Annotated[
        str | None, Meta(description="a URL such as file:///path or s3://bucket")
    ] = None
    backup_keep_days: Annotated[
        int, Meta(ge=1, le=3650, description="a number of days from 1 to 3650")
    ] = 30
    standby_days: Annotated[
        int, Meta(ge=0, le=3650, description="a number of days from 0 to 3650")
    ] = 7
    access_token_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="a time from 1 to 86400 seconds")
    ] = 900
    refresh_token_seconds: Annotated[
        int, Meta(ge=1, le=31_536_000, description="a time from 1 to 31536000 seconds")
    ] = 604_800
    bcrypt_cost: Annotated[
        int, Meta(ge=4, le=16, description="a cost from 10 to 16 (from 4 in the test environment)")
    ] = 12
    blob_url: Annotated[str, Meta(description="a URL such as file:///path or s3://bucket")] = ""
    chunk_characters: Annotated[
        int, Meta(ge=100, le=10_000, description="a number from 100 to 10000")
    ] = 1000
    chunk_overlap: Annotated[
        int,
        Meta(ge=0, le=5_000, description="a number from 0 to half of MUNIMENT_CHUNK_CHARACTERS"),
    ] = 150
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="debug, info, warning or error"),
    ] = "info"
    log_format: Annotated[Literal["console", "json"], Meta(description="console or json")] = (
        "console"
    )
    database_url: Annotated[
        Secret | None, Meta(description="an address beginning with postgresql://")
    ] = None
    admin_database_url: Annotated[
        Secret | None, Meta(description="an address beginning with postgresql://")
    ] = None
    redis_url: Annotated[
        Secret | None, Meta(description="an address beginning with redis://, rediss:// or unix://")
    ] = None

    def required_database_url(self) -> str:
        """For a process that starts no server of its own. Raises SettingsError when unset."""
        return _required("database_url", self.database_url)

    def required_redis_url(self) -> str:
        """For a process that starts no server of its own. Raises SettingsError when unset."""
        return _required("redis_url", self.redis_url)


def load(environ: Mapping[str, str], env_file: Path | None) -> Settings:
    """The settings of this process; the environment goes before the file, empty means unset.

    Outside production missing secrets are generated once and kept in the data directory.
    Raises SettingsError, which names the variable and what it must be, never its value.
    """
    given = env_files.read(env_file) | dict(environ)
    raw = _known({name: value.strip() for name, value in given.items() if value.strip()})
    data_dir = Path(str(raw.get("data_dir", ".muniment"))).expanduser().absolute()
    raw["data_dir"] = data_dir
    raw.setdefault("blob_url", (data_dir / "blobs").as_uri())
    _supply_secrets(raw, data_dir)
    try:
        settings = msgspec.convert(raw, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise _explain(error) from None
    for field, problem in settings_rules.broken(settings):
        raise SettingsError(variable(field), problem) if problem else _wrong(field)
    return settings


def plain(settings: Settings) -> dict[str, str]:
    """Those that neither are secrets nor may hold one, as addresses may, by their variables."""
    found: dict[str, str] = {}
    for name in Settings.__struct_fields__:
        value = getattr(settings, name)
        parts = value if isinstance(value, tuple) else (value,)
        secret = name.endswith("_url") or any(isinstance(part, Secret) for part in parts)
        if not secret and (text := _text(value)):
            found[variable(name)] = text
    return found


def to_environ(settings: Settings) -> dict[str, str]:
    """The settings as an environment from which `load` reads them again, for child processes."""
    texts = {variable(name): _text(getattr(settings, name)) for name in Settings.__struct_fields__}
    return {name: text for name, text in texts.items() if text}


def variable(field: str) -> str:
    """The environment variable of a field."""
    return _UNPREFIXED.get(field, PREFIX + field.upper())


def descriptions() -> dict[str, str]:
    """Variable -> what it must be, for every setting."""
    hints = get_type_hints(Settings, include_extras=True)
    return {variable(name): get_args(hint)[1].description for name, hint in hints.items()}


def _known(given: Mapping[str, str]) -> dict[str, Any]:
    """Fields by name. A variable with our prefix that is no setting is a typing error."""
    fields = {variable(name): name for name in Settings.__struct_fields__}
    for name in given:
        if name.startswith(PREFIX) and name not in fields:
            endings = [field.upper() for field in fields.values()]
            near = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
            hint = f"; is {variable(near[0].lower())} meant?" if near else ""
            raise SettingsError(name, f"is not a setting{hint}")
    raw: dict[str, Any] = {fields[name]: given[name] for name in fields if name in given}
    for name in _LISTS:
        if name in raw:
            raw[name] = [item.strip() for item in raw[name].split(",") if item.strip()]
    return raw


def _supply_secrets(raw: dict[str, Any], data_dir: Path) -> None:
    production = raw.get("environment") == "production"
    wanted = settings_rules.SECRETS + (() if production else settings_rules.OPTIONAL_SECRETS)
    missing = {name: variable(name) for name in wanted if name not in raw}
    if missing and production:
        name = next(iter(missing.values()))
        raise SettingsError(name, f"must be set in production: {_UNGUESSABLE}")
    if missing:
        kept = secrets_store.keep(data_dir, list(missing.values()))
        raw.update({field: kept[name] for field, name in missing.items()})


def _required(field: str, value: Secret | None) -> str:
    if value is None:
        raise SettingsError(variable(field), "must be set, or run `muniment serve`")
    return value.reveal()


def _text(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, tuple):
        return ",".join(_text(item) for item in value)
    return "" if value is None else str(value)


def _decode(kind: type, value: Any) -> Any:
    return kind(value)


def _wrong(field: str) -> SettingsError:
    return SettingsError(variable(field), f"must be {descriptions()[variable(field)]}")


def _explain(error: msgspec.ValidationError) -> SettingsError:
    """msgspec's message may quote the value: only the field's name is taken from it."""
    field = str(error).rpartition("`$.")[2].partition("`")[0].partition("[")[0]
    return _wrong(field)
