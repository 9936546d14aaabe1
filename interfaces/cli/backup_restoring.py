"""A restore from beginning to end, into whatever empty database it is given."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from uuid import UUID

import msgspec
import psycopg

from domain.ids import TenantId
from domain.platform import streams
from domain.platform.events import BackupRestored
from infrastructure.backup import blob_copies
from infrastructure.backup.collection import Collection
from infrastructure.backup.manifest import ModelDigest, Outside
from infrastructure.backup.restoring import NotRestored, Restorer
from infrastructure.blobs import BlobStore
from infrastructure.event_log.verifier import Verifier
from infrastructure.settings import Settings
from interfaces import bootstrap, logging
from interfaces.cli import backup_secrets, deeds
from interfaces.cli.backup_plan import Plan
from interfaces.cli.deeds import Deeds
from interfaces.cli.progress import Shown
from interfaces.cli.rebuilding import WORTH_A_CREW_EVENTS
from interfaces.crew import Crew
from projections.documents.pipeline_jobs import PipelineJobs
from projections.engine import digests, refill, rulings
from projections.engine.projection import Projection
from projections.engine.tasks import Alone, Workshop
from projections.engine.tasks import Crew as AnyCrew


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """A read model that is not what it was when the set was made."""

    tenant_id: UUID
    projection: str
    position: int


class Restored(msgspec.Struct, kw_only=True):
    """What a restore came to."""

    set_id: str
    until: str | None
    resumed: bool = False
    logs: int = 0
    events: int = 0
    """All that the database holds now."""
    blobs: int = 0
    erased_again: int = 0
    compared: int = 0
    """Read models of tenants held against their digests."""
    not_compared: int = 0
    """Cut before the position of their digest, or of a tenant with erasures since."""
    differing: list[Differing] = []
    seconds: dict[str, float] = {}


class Restore:
    """One restore. `settings` are those of the installation that comes to be."""

    def __init__(
        self, settings: Settings, admin_url: str, collection: Collection, plan: Plan
    ) -> None:
        self._settings, self._admin_url = settings, admin_url
        self._collection, self._plan = collection, plan
        self.done = Restored(set_id=plan.last.set_id, until=plan.label)
        self._app_url = settings.required_database_url()

    def run(self) -> Restored:
        """All of it.

        Raises:
            BackupDamaged, Unfit: something of the backup is not what was written.
            NotRestored: the database is not empty, or what was restored does not hold.
            SettingsError: a secret is another one.
        """
        logging.configure(self._settings, sys.__stderr__)  # standard output is for the result
        backup_secrets.check(self._settings, self._collection.key, self._plan.last)
        with ExitStack() as stack:
            connection = stack.enter_context(
                closing(psycopg.connect(self._admin_url, autocommit=True))
            )
            master_keys = bootstrap.vault(self._settings).master_keys
            restorer = Restorer(connection, self._collection, master_keys)
            self.done.resumed = restorer.begun(self._plan.last.set_id, self._plan.label)
            self._step("proving", self._prove)
            self._step("blobs", self._blobs)
            if not self.done.resumed:
                restorer.begin(self._plan.last.set_id, self._plan.label)
            self._step("logs", lambda: self._logs(restorer))
            self._step("verifying", self._verify)
            self._step("read_models", lambda: self._models(restorer, stack))
            restorer.finish()
        return self.done

    def _step(self, name: str, doing: Callable[[], None]) -> None:
        began = time.monotonic()
        doing()
        self.done.seconds[name] = round(time.monotonic() - began, 3)

    def _prove(self) -> None:
        total = sum(len(each.files) for each in self._plan.manifests)
        with Shown("proving", "files", total) as shown:
            for manifest in self._plan.manifests:
                self._collection.prove(manifest, shown.advance)

    def _blobs(self) -> None:
        store = BlobStore(self._settings.blob_url)
        with Shown("copying", "blobs", 0) as shown:
            named = self._collection.blobs(self._plan.chain)
            self.done.blobs = blob_copies.restore(self._collection, store, named, shown.advance)

    def _logs(self, restorer: Restorer) -> None:
        plan = self._plan
        restorer.publish(plan.last)
        left = dict(plan.erased)
        for outside in self._collection.read_lines(plan.last.outside, Outside):
            restorer.outside(outside, left.pop(outside.tenant_id, set()))
        with Shown("restoring", "events", sum(each.events for each in plan.manifests)) as shown:
            for manifest in plan.manifests:
                for log in manifest.logs:
                    erased = plan.erased.get(log.tenant_id, set())
                    restorer.log(log, plan.until_of(log.tenant_id), erased, shown.advance)
        heads = restorer.heads()
        self.done.logs, self.done.events = len(heads), sum(heads.values())

    def _verify(self) -> None:
        with (
            closing(Verifier(self._app_url)) as verifier,
            Shown("verifying", "events", self.done.events) as shown,
        ):
            for tenant in verifier.tenants():
                found = verifier.verify(tenant, shown.advance)
                if not found.intact:
                    first = found.findings[0]
                    raise NotRestored(
                        f"the log of {tenant.tenant_id} is not intact: {first.kind}, {first.detail}"
                    )

    def _models(self, restorer: Restorer, stack: ExitStack) -> None:
        workshop = bootstrap.rebuilding(self._settings)
        workshop.database.open()
        stack.callback(workshop.database.close)
        crew = self._crew(workshop, stack)
        by = deeds.name()
        rulings.from_log(workshop.database)
        with refill.held(self._admin_url, workshop.projections, by=by):
            again = restorer.still_to_erase(self._plan.erased)
            stated = self._stated(restorer.heads(), {tenant_id for tenant_id, _ in again})
            with Shown("rebuilding", "events", self.done.events) as shown:
                refill.to(crew, _ends(workshop, stated), shown.advance)
                self._compare(workshop, stated)
                self._record(again)
                heads = restorer.heads()
                refill.to_heads(
                    workshop, crew, list(heads), shown.advance, _stays(workshop, stated)
                )
            for tenant_id in heads:
                with workshop.database.transaction(tenant_id) as settling:
                    of = {"tenant_id": tenant_id}
                    settling.execute(PipelineJobs.queries["settle"], of)

    def _crew(self, workshop: Workshop, stack: ExitStack) -> AnyCrew:
        number = self._plan.processes or os.cpu_count() or 1
        few = self._plan.processes is None and self.done.events < WORTH_A_CREW_EVENTS
        if few or number < 2:  # noqa: PLR2004 - one is no crew
            return Alone(workshop)
        crew = Crew(self._settings, number)
        stack.callback(crew.close)
        return crew

    def _stated(
        self, heads: dict[UUID, int], erased_since: set[UUID]
    ) -> dict[UUID, list[ModelDigest]]:
        """The digests of the set that can be held against what is restored."""
        found: dict[UUID, list[ModelDigest]] = {}
        for each in self._collection.read_lines(self._plan.last.models, ModelDigest):
            cut = self._plan.until_of(each.tenant_id) is not None
            beyond = each.position > heads.get(each.tenant_id, 0)
            if (cut and beyond) or each.tenant_id in erased_since:
                self.done.not_compared += 1
            else:
                found.setdefault(each.tenant_id, []).append(each)
        return found

    def _compare(self, workshop: Workshop, stated: dict[UUID, list[ModelDigest]]) -> None:
        for tenant_id, digests_then in stated.items():
            now = {
                (each.projection, each.version): each
                for each in digests.of_tenant(workshop.database, workshop.projections, tenant_id)
            }
            for then in digests_then:
                found = now.get((then.projection, then.version))
                if found is None:
                    self.done.not_compared += 1  # this release has another version of it
                    continue
                self.done.compared += 1
                if (found.position, found.digest) != (then.position, then.digest):
                    differing = Differing(
                        tenant_id=tenant_id, projection=then.projection, position=then.position
                    )
                    self.done.differing = [*self.done.differing, differing]

    def _record(self, again: list[tuple[UUID, UUID]]) -> None:
        """Erase again whoever was erased since, and put the restore on record."""
        with Deeds(self._settings) as recording:
            for tenant_id, person_id in again:
                recording.erase_again(TenantId(tenant_id), person_id)
            fact = BackupRestored(set_id=self._plan.last.set_id, until=self._plan.label)
            recording.record_in(streams.of_backups(), fact)
        self.done.erased_again = len(again)


def _ends(
    workshop: Workshop, stated: dict[UUID, list[ModelDigest]]
) -> Iterator[tuple[UUID, list[Projection], int | None]]:
    """Each tenant's read models by the position of their digests."""
    known = {(each.name, each.version): each for each in workshop.projections}
    for tenant_id, of_tenant in stated.items():
        by_position: dict[int, list[Projection]] = {}
        for each in of_tenant:
            projection = known.get((each.projection, each.version))
            if projection is not None and each.position:
                by_position.setdefault(each.position, []).append(projection)
        for position, projections in by_position.items():
            yield tenant_id, projections, position


def _stays(
    workshop: Workshop, stated: dict[UUID, list[ModelDigest]]
) -> Callable[[UUID, str], bool]:
    """Whether a paused read model has been brought to where it stood, and goes no further."""
    known = {(each.name, each.version) for each in workshop.projections}
    stood = {
        (tenant_id, each.projection)
        for tenant_id, of_tenant in stated.items()
        for each in of_tenant
        if (each.projection, each.version) in known
    }
    paused = refill.paused(workshop.database)
    return lambda tenant_id, name: (tenant_id, name) in stood and paused(tenant_id, name)
