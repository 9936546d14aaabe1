"""What follows from facts about documents: the stages they have to pass."""

from application.jobs import Job, job_for
from application.recorded import RecordedEvent
from domain.documents.events import DocumentAdded, DocumentStageCompleted, DocumentStageRetried
from domain.documents.stages import AFTER_INGESTION, Stage

RUN_STAGE = "documents.run_stage"

HANDLED = (DocumentAdded, DocumentStageCompleted, DocumentStageRetried)


def jobs(recorded: RecordedEvent) -> list[Job]:
    """Ingestion follows from the document; the other stages from its ingestion."""
    match recorded.event:
        case DocumentAdded():
            return [job_for(recorded, RUN_STAGE, Stage.INGESTION)]
        case DocumentStageCompleted(stage=Stage.INGESTION):
            return [job_for(recorded, RUN_STAGE, stage) for stage in AFTER_INGESTION]
        case DocumentStageRetried(stage=stage):
            return [job_for(recorded, RUN_STAGE, stage)]
        case _:
            return []
