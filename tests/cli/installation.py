"""The `muniment` command over a test's database."""

from click.testing import CliRunner, Result

from interfaces.cli import main
from tests import vaults
from tests.event_log import filled
from tests.servers import Database


def muniment(database: Database, *arguments: str, answer: str = "") -> Result:
    """The command as a person runs it; `answer` is what that person types."""
    return CliRunner(env=environment(database)).invoke(main.cli, arguments, input=answer)


def environment(database: Database) -> dict[str, str]:
    """Settings for this database."""
    return {
        "DATABASE_URL": database.app_url,
        "MUNIMENT_ADMIN_DATABASE_URL": database.admin_url,
        "MUNIMENT_ENVIRONMENT": "test",
        "MUNIMENT_JWT_SECRET": "a text that signs tokens in tests",
        "MUNIMENT_PASSWORD_PEPPER": "a text that peppers passwords in tests",
        "MUNIMENT_LOOKUP_KEY": "a text that hides addresses in tests",
        "MUNIMENT_SEAL_KEY": filled.SECRET,
        "MUNIMENT_VAULT_KEY": vaults.SECRET,
        "MUNIMENT_ADMIN_TOKEN": "a text that only administrators of tests know",
    }
