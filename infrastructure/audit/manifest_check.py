"""Holds a manifest against the events it vouches for. Needs no database."""

import msgspec

from infrastructure.audit.manifest import Manifest
from infrastructure.event_log import findings
from infrastructure.event_log.canonical import Link
from infrastructure.event_log.findings import Finding
from infrastructure.event_log.log_file_lines import Unfit
from infrastructure.event_log.seals import KeyRing


class Part(msgspec.Struct, kw_only=True):
    """The events that one manifest vouches for, as they were read."""

    start: Link
    events: int = 0
    seals: int = 0
    withheld: int = 0


def check(
    manifest: Manifest, part: Part | None, last: Link, content_sha256: bytes, keys: KeyRing
) -> None:
    """Compare all that a manifest says, that of greatest weight first.

    Args:
        part: what was read since the position where the manifest begins; None if nothing was.
        last: the last event that was read and proven; of none, its position is 0.

    Raises:
        Unfit: it says something else, or nobody trusted has signed it.
    """
    if manifest.key_id not in keys:
        raise _file(f"the manifest's key {manifest.key_id} is not a known one")
    if not manifest.is_signed(keys):
        raise _file(f"the manifest is not signed with the key {manifest.key_id}, as it says")
    read = part or Part(start=_start(manifest))
    _check_extent(manifest, read, last)
    told = (manifest.after, manifest.digest_before)
    if told != (read.start.position, read.start.digest.hex()):
        raise _file("the manifest is that of another range")
    if (manifest.events, manifest.seals, manifest.withheld) != (
        (read.events, read.seals, read.withheld)
    ):
        raise _file("the manifest counts other events, seals or withheld ones")
    _check_last_seal(manifest, keys)
    if manifest.content_sha256 != content_sha256.hex():
        raise _file(
            "the content is not what was exported: something that no digest covers was changed"
        )


def _start(manifest: Manifest) -> Link:
    return Link(manifest.after, bytes.fromhex(manifest.digest_before))


def _check_extent(manifest: Manifest, read: Part, last: Link) -> None:
    """The last event is the one that the manifest names, and as far as the export was to go."""
    end = last if read.events or last.position else _start(manifest)
    if manifest.position > end.position:
        told = f"the file ends at {end.position}, {manifest.position} was exported"
        raise _at(end.position + 1, "dropped", told)
    if manifest.position < end.position:
        told = f"{manifest.position} was the last that was exported"
        raise _at(manifest.position + 1, "inserted", told)
    if manifest.digest != end.digest.hex():
        raise _at(manifest.position, "changed", "the manifest holds another digest")
    if manifest.position < manifest.to:
        told = f"the log had no such event when it was exported up to {manifest.to}"
        raise _at(manifest.position + 1, "dropped", told)


def _check_last_seal(manifest: Manifest, keys: KeyRing) -> None:
    stated = manifest.last_seal
    if stated is None:
        return
    fault = keys.fault(manifest.tenant_id.bytes, stated.seal)
    if fault is not None:
        raise _at(stated.position, "seal", fault)
    beyond = stated.position > manifest.head
    other = stated.position == manifest.position and stated.digest != manifest.digest
    if beyond or other:
        raise Unfit(findings.rewritten(stated.position, manifest.after, manifest.head))


def _at(position: int, kind: str, detail: str) -> Unfit:
    return Unfit(Finding(kind=kind, position=position, detail=detail))


def _file(detail: str) -> Unfit:
    return Unfit(Finding(kind="file", position=None, detail=detail))
