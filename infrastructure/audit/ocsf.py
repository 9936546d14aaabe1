"""Exports as events of the Open Cybersecurity Schema Framework: an object a line, for a SIEM.

What an event is about, not all that it holds: the position finds it in the log. The manifest is
the last event.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from infrastructure.audit import ocsf_classes
from infrastructure.audit.exported import Exported, time_text, unix_milliseconds
from infrastructure.audit.manifest import VERSION, Manifest, encoder
from infrastructure.audit.ocsf_classes import ACCOUNT_CHANGE, AUTHENTICATION, Kind
from infrastructure.audit.writer import Lines
from infrastructure.event_log import moments

BEGINS: Final = b'{"activity_id":'
MANIFEST_TYPE: Final = "audit_manifest.given"
_USER: Final = "user:"


class _Unmapped(msgspec.Struct):
    manifest: msgspec.Raw


class _Trailer(msgspec.Struct):
    unmapped: _Unmapped


class Ocsf(Lines):
    """Writes the log of one tenant."""

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__()
        self._tenant_id = str(tenant_id)

    def lines(self, events: Sequence[Exported]) -> bytes:
        """An event for each."""
        return encoder.encode_lines([self._event(event) for event in events])

    def trailer(self, manifest: Manifest) -> bytes:
        """An entity that was given out: the manifest."""
        return trailer(manifest)

    def _event(self, event: Exported) -> dict[str, Any]:
        row = event.row
        type_, actor = row.type.decode(), row.actor.decode()
        kind, stream = ocsf_classes.kind_of(type_), row.stream_id.decode()
        return {
            **_common(kind, type_, unix_milliseconds(row.recorded_at)),
            "metadata": {
                **_metadata(type_, self._tenant_id, VERSION),
                "uid": row.event_id.decode(),
                "sequence": row.position,
                "correlation_uid": row.correlation_id.decode(),
                "original_time": time_text(row.recorded_at),
            },
            "actor": _actor(actor),
            **_about(kind, type_, stream, actor),
            "unmapped": {
                "position": row.position,
                "stream_id": stream,
                "version": row.version,
                "schema": row.schema,
                "actor": actor,
                "command_id": row.command_id.decode(),
                "digest_before": event.digest_before.decode(),
                "digest": row.digest.decode(),
            },
        }


def trailer(manifest: Manifest) -> bytes:
    """The last line."""
    time = unix_milliseconds(moments.microseconds(manifest.exported_at))
    told = {
        **_common(ocsf_classes.kind_of(MANIFEST_TYPE), MANIFEST_TYPE, time),
        "metadata": _metadata(MANIFEST_TYPE, str(manifest.tenant_id), manifest.version),
        "actor": _actor(manifest.exported_by),
        "entity": {"name": "manifest", "type": "audit_manifest"},
        "unmapped": {"manifest": msgspec.Raw(encoder.encode(manifest))},
    }
    return encoder.encode_lines([told])


def manifest_of(line: bytes) -> bytes | None:
    """The manifest in a line; None if there is none."""
    try:
        return bytes(msgspec.json.decode(line, type=_Trailer).unmapped.manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _metadata(type_: str, tenant_id: str, version: str) -> dict[str, Any]:
    return {
        "version": ocsf_classes.VERSION,
        "product": {"name": "Muniment", "vendor_name": "Muniment", "version": version},
        "event_code": type_,
        "tenant_uid": tenant_id,
        "log_name": "audit",
        "log_provider": "Muniment",
    }


def _common(kind: Kind, type_: str, time: int) -> dict[str, Any]:
    return {
        "activity_id": kind.activity_id,
        "activity_name": kind.activity_name,
        "category_uid": ocsf_classes.CATEGORY_UID,
        "category_name": ocsf_classes.CATEGORY_NAME,
        "class_uid": kind.class_uid,
        "class_name": kind.class_name,
        "type_uid": kind.type_uid,
        "type_name": f"{kind.class_name}: {kind.activity_name}",
        "severity_id": 1,
        "severity": "Informational",
        "status_id": 1,
        "status": "Success",
        "time": time,
        "message": type_,
    }


def _about(kind: Kind, type_: str, stream: str, actor: str) -> dict[str, Any]:
    """Whom or what an event is about, as its class has it."""
    if kind.class_uid == ACCOUNT_CHANGE:
        return {"user": {"uid": stream, "type_id": 1}}
    if kind.class_uid == AUTHENTICATION:
        user = _user(actor) or {"name": actor, "type_id": 0}
        return {"user": user, "session": {"uid": stream}, "service": {"name": "Muniment"}}
    return {"entity": {"uid": stream, "type": type_.rpartition(".")[0] or type_}}


def _actor(actor: str) -> dict[str, Any]:
    user = _user(actor)
    return {"app_name": actor} if user is None else {"user": user}


def _user(actor: str) -> dict[str, Any] | None:
    if not actor.startswith(_USER):
        return None
    return {"uid": actor.removeprefix(_USER), "type_id": 1}
