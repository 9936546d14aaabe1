"""The log itself over HTTP: for owners and auditors."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from application.actor import Actor
from application.audit import handlers
from application.audit.commands import ReadAudit, StartExport
from domain.audit.events import ExportFormat
from domain.audit.question import AuditQuestion
from domain.ids import Position
from infrastructure.audit import formats
from infrastructure.audit.export import Asked
from infrastructure.audit.log_check import Checked
from infrastructure.audit.questions import AuditEvent
from interfaces.http import answers
from interfaces.http.answers import Page
from interfaces.http.audit_delivery import Delivered, Delivery
from interfaces.parts import Web

Place = Annotated[int, QueryParameter(ge=0, le=2**62)]
MaybePlace = Annotated[int | None, QueryParameter(ge=0, le=2**62)]


class AuditController(Controller):
    """Who did what, with what proves it. That it is read is an event of the same log."""

    path = "/audit"
    tags = ("Audit",)

    @get("/events", summary="Read the log")
    async def events(  # noqa: PLR0913 - one argument a filter
        self,
        *,
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        acting: Annotated[str | None, QueryParameter(name="actor")] = None,
        event_type: Annotated[str | None, QueryParameter(name="type")] = None,
        stream_id: FromQuery[UUID | None] = None,
        recorded_from: FromQuery[datetime | None] = None,
        recorded_until: FromQuery[datetime | None] = None,
        position_from: MaybePlace = None,
        position_until: MaybePlace = None,
        oldest_first: FromQuery[bool] = False,
        personal: FromQuery[bool] = False,
        limit: answers.Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[AuditEvent]:
        """Up to `limit` events, newest first. A page may be short, or empty, and still go on."""
        question = AuditQuestion(
            acting=acting,
            event_type=event_type,
            stream_id=stream_id,
            recorded_from=recorded_from,
            recorded_until=recorded_until,
            position_from=position_from,
            position_until=position_until,
            oldest_first=oldest_first,
        )
        command = ReadAudit(question=question, personal=personal)
        after = None if cursor is None else answers.decode_cursor(cursor)
        await handlers.read_audit(command, actor, web.ports)
        found = await web.audit.questions.page(
            actor.tenant_id, question, cursor=after, limit=limit, personal=personal
        )
        on = found.goes_on_at
        return Page(
            items=found.items, next_cursor=None if on is None else answers.encode_cursor(on)
        )

    @get("/verify", summary="Prove a stretch of the log")
    async def verify(
        self,
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        after: Place = 0,
        until: MaybePlace = None,
        digest: Annotated[str | None, QueryParameter(pattern="^[0-9a-f]{64}$")] = None,
    ) -> Checked:
        """The events behind `after`, as many as a few seconds allow; `complete` tells the rest.

        `digest` is what an earlier answer said of `after`: with it, what was proven then is held
        against what the log is now.
        """
        actor.require("audit:read")
        return await web.audit.check(
            actor.tenant_id,
            after=after,
            digest=None if digest is None else bytes.fromhex(digest),
            until=2**62 if until is None else until,
        )

    @get("/export", summary="Export the log", media_type="application/x-ndjson")
    async def export(
        self,
        web: NamedDependency[Web],
        actor: NamedDependency[Actor],
        format_: Annotated[ExportFormat, QueryParameter(name="format")] = "jsonl",
        after: Place = 0,
        until: MaybePlace = None,
        personal: FromQuery[bool] = False,
    ) -> Response[bytes]:
        """The log behind position `after`, with its digests and seals, ended by a manifest.

        A download that was cut goes on behind the last whole event it has.
        """
        command = StartExport(format=format_, after=after, until=until, personal=personal)
        actor.require("audit:read")
        await asyncio.to_thread(formats.check, format_)
        lease_id = web.ports.ids.new()
        await web.audit.slots.take(actor.tenant_id, lease_id)
        delivery: Delivery | None = None
        try:
            head = await web.audit.questions.head(actor.tenant_id)
            started = await handlers.start_export(command, actor, web.ports, head=Position(head))
            delivery = Delivery(web, actor, lease_id, started.id)
            asked = Asked(
                tenant_id=actor.tenant_id,
                format=format_,
                after=after,
                until=until,
                upto=started.position,
                personal=personal,
                by=actor.name,
            )
            export = await asyncio.to_thread(web.audit.export, asked)
        except BaseException:
            if delivery is None:
                await web.audit.slots.release(actor.tenant_id, lease_id)
            else:
                delivery.end()
            raise
        kind = formats.KINDS[format_]
        name = f"audit-{actor.tenant_id}-{after + 1}.{kind.suffix}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        made = Delivered(delivery, export, media_type=kind.media_type, headers=headers)
        return cast("Response[bytes]", cast("Any", made))
