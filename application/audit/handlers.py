"""Commands about reading the log itself. What is read is read by whoever calls these first."""

from uuid import UUID, uuid5

import msgspec

from application import deciding
from application.actor import Actor
from application.audit.commands import EndExport, ReadAudit, StartExport
from application.ports import Ports
from application.recorded import Recorded
from domain.audit import export, question
from domain.ids import CommandId, Position, StreamId

READS = UUID("6d756e69-6d65-4e74-8a6f-617564697400")  # the namespace of readings
HOUR_SECONDS = 3600


async def read_audit(command: ReadAudit, actor: Actor, ports: Ports) -> Recorded:
    """Record that the log is read: once for each session, question and hour.

    The same again is the same command, so that turning pages records nothing more, whichever
    process answers, and no page is answered without its record.

    Raises:
        Forbidden: the actor may not read the log, or not what is personal in it.
        AuditQuestionInvalid: no event can have what is asked for.
    """
    _require(actor, personal=command.personal)
    events = question.ask(command.question, personal=command.personal)
    hour = int(ports.clock.now().timestamp()) // HOUR_SECONDS
    asked = msgspec.json.encode(command).decode()
    read_id = uuid5(READS, f"{actor.name}/{actor.session_id}/{hour}/{asked}")
    cause = msgspec.structs.replace(actor.cause, command_id=CommandId(read_id))
    acting = msgspec.structs.replace(actor, cause=cause)
    return await deciding.create(StreamId(read_id), events, acting, ports)


async def start_export(
    command: StartExport, actor: Actor, ports: Ports, *, head: Position
) -> Recorded:
    """Record that the log is given out. What is given may go up to the position recorded here.

    Raises:
        Forbidden: the actor may not read the log, or not what is personal in it.
        AuditRangeInvalid: the log, which is at `head`, has no such range.
    """
    _require(actor, personal=command.personal)
    events = export.start(
        format_=command.format,
        after=command.after,
        until=command.until,
        personal=command.personal,
        head=head,
    )
    return await deciding.create(StreamId(ports.ids.new()), events, actor, ports)


async def end_export(command: EndExport, actor: Actor, ports: Ports) -> Recorded:
    """Record how an export ended.

    Raises:
        AuditExportNotFound: none was started under this id.
    """
    _require(actor, personal=False)
    cause = msgspec.structs.replace(actor.cause, command_id=CommandId(ports.ids.new()))
    return await deciding.change(
        StreamId(command.export_id),
        export.evolve,
        lambda state: export.end(
            state,
            outcome=command.outcome,
            position=command.position,
            events=command.events,
        ),
        msgspec.structs.replace(actor, cause=cause),
        ports,
        absent=export.AuditExportNotFound,
    )


def _require(actor: Actor, *, personal: bool) -> None:
    actor.require("audit:read")
    if personal:
        actor.require("audit:personal")
