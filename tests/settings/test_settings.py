"""Settings: what is read, what is refused, and in which words."""

import json
import secrets
from pathlib import Path

import pytest

from infrastructure import secrets_store, settings
from infrastructure.settings_error import SettingsError

SECRETS = {
    "MUNIMENT_JWT_SECRET": secrets.token_urlsafe(48),
    "MUNIMENT_PASSWORD_PEPPER": secrets.token_urlsafe(48),
    "MUNIMENT_LOOKUP_KEY": secrets.token_urlsafe(48),
    "MUNIMENT_SEAL_KEY": secrets.token_urlsafe(48),
    "MUNIMENT_VAULT_KEY": secrets.token_urlsafe(48),
}
GIVEN = SECRETS | {"MUNIMENT_ADMIN_TOKEN": secrets.token_urlsafe(48)}


def load(tmp_path: Path, **environ: str) -> settings.Settings:
    return settings.load({"MUNIMENT_DATA_DIR": str(tmp_path / "data")} | environ, None)


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings.load(GIVEN | environ, None)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_nothing_needs_to_be_set_for_a_first_start(tmp_path: Path) -> None:
    read = load(tmp_path)
    assert (read.host, read.port, read.environment) == ("127.0.0.1", 8000, "development")
    assert (read.database_url, read.redis_url) == (None, None)
    assert read.blob_url == (tmp_path / "data" / "blobs").as_uri()


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("MUNIMENT_PORT=9001\nexport MUNIMENT_HOST='::1' # here\n\n# a comment\n")
    read = settings.load(GIVEN | {"MUNIMENT_PORT": "9002"}, file)
    assert (read.host, read.port) == ("::1", 9002)


def test_a_file_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    assert settings.load(GIVEN, tmp_path / ".env").port == 8000


def test_a_line_that_is_no_setting_is_told_by_its_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MUNIMENT_PORT=1\nnonsense\n")
    with pytest.raises(SettingsError, match="line 2 is not NAME=value"):
        settings.load(GIVEN, tmp_path / ".env")


def test_an_empty_value_means_not_set() -> None:
    assert settings.load(GIVEN | {"DATABASE_URL": "", "MUNIMENT_PORT": " "}, None).port == 8000


def test_a_mistyped_name_is_refused_with_the_likely_one() -> None:
    assert refusal(MUNIMENT_PROT="1") == "MUNIMENT_PROT is not a setting; is MUNIMENT_PORT meant?"


def test_a_foreign_variable_is_nobodys_business() -> None:
    assert settings.load(GIVEN | {"MUNICIPAL": "x"}, None).port == 8000


def test_hosts_are_separated_by_commas() -> None:
    read = settings.load(GIVEN | {"MUNIMENT_TRUSTED_HOSTS": "a.example, b.example,"}, None)
    assert read.trusted_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUNIMENT_PORT", "70000"),
        ("MUNIMENT_PORT", "http"),
        ("MUNIMENT_LIMITS", "perhaps"),
        ("MUNIMENT_ENVIRONMENT", "live"),
        ("MUNIMENT_LOG_FORMAT", "xml"),
        ("MUNIMENT_UPLOAD_BYTES_MAX", "-5"),
        ("MUNIMENT_BCRYPT_COST", "8"),
        ("MUNIMENT_CHUNK_OVERLAP", "900"),
        ("MUNIMENT_BLOB_URL", "somewhere"),
        ("DATABASE_URL", "mysql://somebody:hidden77@there/db"),
        ("REDIS_URL", "memcached://there"),
        ("MUNIMENT_JWT_SECRET", "hidden77"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_never_repeated(name: str, value: str) -> None:
    message = refusal(**{name: value})
    assert message == f"{name} must be {settings.descriptions()[name]}"
    assert value not in message


@pytest.mark.parametrize("name", list(SECRETS))
def test_production_does_not_start_without_a_secret(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be set in production"):
        settings.load(
            {other: text for other, text in SECRETS.items() if other != name}
            | {"MUNIMENT_ENVIRONMENT": "production"},
            None,
        )


def test_production_may_go_without_an_administrators_token() -> None:
    production = SECRETS | {"MUNIMENT_ENVIRONMENT": "production"}
    assert settings.load(production, None).admin_token is None


def test_elsewhere_an_administrators_token_is_generated_once(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.admin_token is not None
    assert first.admin_token == second.admin_token
    kept = json.loads(secrets_store.path(tmp_path / "data").read_text())
    assert kept["MUNIMENT_ADMIN_TOKEN"] == first.admin_token.reveal()


@pytest.mark.parametrize("text", ["hidden77", "x" * 40, "change-me-" * 4])
def test_an_administrators_token_that_can_be_guessed_is_refused(text: str) -> None:
    message = refusal(MUNIMENT_ENVIRONMENT="production", MUNIMENT_ADMIN_TOKEN=text)
    assert message.startswith("MUNIMENT_ADMIN_TOKEN must be at least 32 characters")
    assert text not in message


@pytest.mark.parametrize(
    "text", ["change-me-" * 4, "x" * 40, "default-secret-for-everybody-to-use"]
)
def test_production_does_not_start_with_a_placeholder(text: str) -> None:
    message = refusal(MUNIMENT_ENVIRONMENT="production", MUNIMENT_LOOKUP_KEY=text)
    assert message.startswith("MUNIMENT_LOOKUP_KEY must be at least 32 characters")


def test_one_text_does_not_serve_as_two_secrets() -> None:
    message = refusal(MUNIMENT_LOOKUP_KEY=SECRETS["MUNIMENT_JWT_SECRET"])
    assert message == "MUNIMENT_JWT_SECRET must differ from every other secret"


def test_production_keeps_its_limits() -> None:
    message = refusal(MUNIMENT_ENVIRONMENT="production", MUNIMENT_LIMITS="off")
    assert message == "MUNIMENT_LIMITS must be on in production"


def test_cheap_hashes_are_for_tests() -> None:
    read = settings.load(
        GIVEN | {"MUNIMENT_ENVIRONMENT": "test", "MUNIMENT_BCRYPT_COST": "4"}, None
    )
    assert read.bcrypt_cost == 4


def test_no_secret_stands_in_a_repr() -> None:
    addresses = {"DATABASE_URL": "postgresql://u:hidden77@h/d", "REDIS_URL": "redis://:hidden77@h"}
    read = settings.load(GIVEN | addresses, None)
    shown = f"{read!r} {read.jwt_secret} {read.database_url}"
    assert not [text for text in [*GIVEN.values(), "hidden77"] if text in shown]
    assert read.required_database_url() == addresses["DATABASE_URL"]


def test_a_process_that_needs_a_database_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL must be set"):
        load(tmp_path).required_database_url()


def test_child_processes_read_the_same_settings(tmp_path: Path) -> None:
    first = settings.load(
        GIVEN
        | {"MUNIMENT_DATA_DIR": str(tmp_path), "MUNIMENT_TRUSTED_HOSTS": "a.example,b.example"}
        | {"DATABASE_URL": "postgresql://u:p@h/d", "MUNIMENT_PORT": "9000"},
        None,
    )
    assert settings.load(settings.to_environ(first), None) == first


def test_a_place_for_backups_takes_a_key_for_them() -> None:
    message = refusal(MUNIMENT_ENVIRONMENT="production", MUNIMENT_BACKUP_URL="file:///backup")
    assert message == "MUNIMENT_BACKUP_KEY must be set where MUNIMENT_BACKUP_URL is"
