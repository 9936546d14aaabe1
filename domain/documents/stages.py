"""The five stages every document passes, and how their statuses add up to one."""

from collections.abc import Mapping
from enum import StrEnum


class Stage(StrEnum):
    """One step of the pipeline. INGESTION comes first; the other four need its text."""

    INGESTION = "INGESTION"
    QUALITY = "QUALITY"
    TAXONOMY = "TAXONOMY"
    GRAPH = "GRAPH"
    EMBEDDING = "EMBEDDING"


class Status(StrEnum):
    """Where a stage, or a whole document, stands."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


AFTER_INGESTION = (Stage.QUALITY, Stage.TAXONOMY, Stage.GRAPH, Stage.EMBEDDING)


def overall(stages: Mapping[Stage, Status]) -> Status:
    """FAILED if any stage failed; else PROCESSING if any is; else COMPLETED if all five are.

    Otherwise PENDING. A stage that is absent counts as PENDING.
    """
    statuses = set(stages.values())
    if Status.FAILED in statuses:
        return Status.FAILED
    if Status.PROCESSING in statuses:
        return Status.PROCESSING
    if statuses == {Status.COMPLETED} and len(stages) == len(Stage):
        return Status.COMPLETED
    return Status.PENDING
