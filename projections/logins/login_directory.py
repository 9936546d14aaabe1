"""Who can log in, found by a keyed hash of the e-mail address."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.rows import class_row, scalar_row

from application.ports import LoginRecord, LookupKeys
from application.recorded import RecordedEvent
from domain.ids import TenantId
from domain.logins.events import LoginErased, LoginRegistered
from domain.logins.login import Role
from infrastructure.database import Database
from infrastructure.sql import Queries
from projections.engine.projection import on
from projections.engine.row_fold import RowFold

SQL = Queries(__package__, "login_directory.sql")


class LoginRow(msgspec.Struct, frozen=True, kw_only=True):
    """One login. `email_key` is the bytea text form, `\\x` and hex digits."""

    tenant_id: UUID
    user_id: UUID
    email: str
    email_key: str
    password_hash: str
    display_name: str
    role: str
    version: int
    position: int
    created_at: datetime


class LoginDirectory(RowFold[LoginRow]):
    """One row a login that was not erased."""

    name = "login_directory"
    version = 2
    queries = SQL
    tables = ("logins_v2",)
    row_type = LoginRow

    def __init__(self, lookup_keys: LookupKeys) -> None:
        self._lookup_keys = lookup_keys

    @on(LoginRegistered)
    def registered(
        self, _row: LoginRow | None, event: LoginRegistered, recorded: RecordedEvent
    ) -> LoginRow:
        """A login comes to be."""
        return LoginRow(
            tenant_id=recorded.tenant_id,
            user_id=recorded.stream_id,
            email=event.email,
            email_key="\\x" + self._lookup_keys.email(event.email).hex(),
            password_hash=event.password_hash,
            display_name=event.display_name,
            role=event.role,
            version=recorded.version,
            position=recorded.position,
            created_at=recorded.recorded_at,
        )

    @on(LoginErased)
    def erased(self, _row: LoginRow | None, _event: LoginErased, _recorded: RecordedEvent) -> None:
        """It leaves the directory."""
        return


class ListedUser(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can log in; `position` is where they entered the log."""

    id: UUID
    email: str
    display_name: str
    role: Role
    version: int
    position: int
    created_at: datetime


async def one(database: Database, tenant_id: TenantId, user_id: UUID) -> ListedUser | None:
    """One login of the tenant."""
    return await database.row(tenant_id, SQL["one"], {"user_id": user_id}, ListedUser)


async def page(
    database: Database, tenant_id: TenantId, *, before: int, limit: int
) -> Sequence[ListedUser]:
    """Up to `limit` logins from before position `before`, newest first."""
    parameters = {"before": before, "limit": limit}
    return await database.rows(tenant_id, SQL["page"], parameters, ListedUser)


class LoginLookup:
    """Implements `application.ports.LoginDirectory`: the look-up before anybody is known."""

    def __init__(self, database: Database, lookup_keys: LookupKeys) -> None:
        self._database = database
        self._lookup_keys = lookup_keys

    async def find(self, email: str, tenant_slug: str | None) -> LoginRecord | None:
        """The one login of this normalised address, in the tenant named or the only one it has."""
        async with self._database.connection() as connection:
            in_tenant: UUID | None = None
            if tenant_slug is not None:
                by_slug = connection.cursor(row_factory=scalar_row)
                await by_slug.execute(SQL["tenant_by_slug"], {"slug": tenant_slug})
                in_tenant = await by_slug.fetchone()
                if in_tenant is None:
                    return None
            cursor = connection.cursor(row_factory=class_row(LoginRecord))
            key = self._lookup_keys.email(email)
            await cursor.execute(SQL["find"], {"email_key": key, "in_tenant": in_tenant})
            return await cursor.fetchone()
