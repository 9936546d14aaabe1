"""What an application of the library names as its `PERSISTENCE_MODULE`."""

from types import TracebackType
from typing import TypeVar, cast
from uuid import UUID

from eventsourcing import persistence, utils
from eventsourcing.domain import TAggregateID

from infrastructure.event_log.library.mapper import MsgspecMapper
from infrastructure.event_log.library.recorder import LogAggregateRecorder, LogApplicationRecorder
from infrastructure.event_log.library.snapshots import LogSnapshotRecorder
from infrastructure.event_log.library.tenant_log import TenantLog
from infrastructure.event_log.library.tenant_vault import TenantVault
from infrastructure.event_log.library.tracking import LogProcessRecorder, LogTrackingRecorder
from infrastructure.event_log.library.transcoder import ExactTranscoder
from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault

Recorder = TypeVar("Recorder", bound=persistence.Recorder)
TrackingRecorder = TypeVar("TrackingRecorder", bound=LogTrackingRecorder)


class LogFactory(persistence.InfrastructureFactory[LogTrackingRecorder]):
    """Recorders, mapper and transcoder over the log of the tenant that the environment names.

    As everywhere in the library, `<NAME>_<KEY>` goes before `<KEY>` for the application `<NAME>`;
    so applications that must not see each other's events get a tenant each.
    Tables come from migrations; `CREATE_TABLE` has no effect.
    """

    DATABASE_URL = "DATABASE_URL"
    """The application's role, which owns nothing."""
    TENANT_ID = "TENANT_ID"
    CONNECTIONS_MAX = "DATABASE_CONNECTIONS_MAX"
    VAULT_KEY = "VAULT_KEY"
    """As `MUNIMENT_VAULT_KEY`; without it what is personal reads as erased."""
    VAULT_KEYS_BEFORE = "VAULT_KEYS_BEFORE"
    ORIGINATOR_ID_TYPE = "ORIGINATOR_ID_TYPE"
    AES_CIPHER = "eventsourcing.cryptography:AESCipher"

    def __init__(self, env: utils.Environment | utils.EnvType | None) -> None:
        super().__init__(env)
        if self.env.get(self.ORIGINATOR_ID_TYPE, "uuid").lower() != "uuid":
            raise self._refused(self.ORIGINATOR_ID_TYPE, "uuid: streams are named by UUIDs")
        self._log = TenantLog(
            self._required(self.DATABASE_URL),
            self._tenant_id(),
            application=self.env.name.lower(),
            connections_max=self._connections_max(),
        )
        self._log.open()

    def mapper(
        self,
        transcoder: persistence.Transcoder | None = None,
        mapper_class: type[persistence.Mapper[TAggregateID]] | None = None,
    ) -> persistence.Mapper[TAggregateID]:
        """The given mapper, or the one that `MAPPER_TOPIC` names, or `MsgspecMapper`."""
        if mapper_class is None and not self.env.get(self.MAPPER_TOPIC):
            mapper_class = MsgspecMapper
        made = super().mapper(transcoder, mapper_class)
        if isinstance(made, MsgspecMapper):
            made.vault = self._vault()
        return made

    def transcoder(self) -> persistence.Transcoder:
        """The one that `TRANSCODER_TOPIC` names, or `ExactTranscoder`."""
        return super().transcoder() if self.env.get(self.TRANSCODER_TOPIC) else ExactTranscoder()

    def cipher(self) -> persistence.Cipher | None:
        """As the library's; a `CIPHER_KEY` alone means AES-GCM of the `cryptography` package."""
        if self.env.get("CIPHER_KEY") and not self.env.get(self.CIPHER_TOPIC):
            cipher_class: type[persistence.Cipher] = utils.resolve_topic(self.AES_CIPHER)
            return cipher_class(self.env)
        return super().cipher()

    def aggregate_recorder(self, purpose: str = "events") -> persistence.AggregateRecorder:
        """Over the log for `events`; beside it for `snapshots`."""
        match purpose:
            case "events":
                return LogAggregateRecorder(self._log)
            case "snapshots":
                return LogSnapshotRecorder(self._log)
            case _:
                raise persistence.NotSupportedError(f"nowhere to record {purpose}")

    def application_recorder(self) -> persistence.ApplicationRecorder:
        """Over the whole log."""
        kind = self._named(self.APPLICATION_RECORDER_TOPIC, LogApplicationRecorder)
        return kind(self._log)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """The given class, or the one that `TRACKING_RECORDER_TOPIC` names, or the plain one."""
        kind: type[LogTrackingRecorder]
        kind = tracking_recorder_class or self._named(
            self.TRACKING_RECORDER_TOPIC, LogTrackingRecorder
        )
        return cast("TrackingRecorder", kind(self._log))

    def process_recorder(self) -> persistence.ProcessRecorder:
        """Over the whole log, with tracking."""
        kind = self._named(self.PROCESS_RECORDER_TOPIC, LogProcessRecorder)
        return kind(self._log)

    def close(self) -> None:
        """Close every connection."""
        self._log.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        super().__exit__(exc_type, exc_val, exc_tb)
        self.close()

    def _named(self, key: str, default: type[Recorder]) -> type[Recorder]:
        topic = self.env.get(key)
        kind = utils.resolve_topic(topic) if topic else default
        if not (isinstance(kind, type) and issubclass(kind, default)):
            raise self._refused(key, f"a subclass of {default.__name__}")
        return kind

    def _tenant_id(self) -> UUID:
        try:
            return UUID(self._required(self.TENANT_ID))
        except ValueError:
            raise self._refused(self.TENANT_ID, "a UUID") from None

    def _vault(self) -> TenantVault | None:
        secret = self.env.get(self.VAULT_KEY, "")
        if not secret:
            return None
        before = [text for text in self.env.get(self.VAULT_KEYS_BEFORE, "").split(",") if text]
        return TenantVault(self._log, Vault(MasterKeys(secret, before)))

    def _connections_max(self) -> int:
        text = self.env.get(self.CONNECTIONS_MAX, "10")
        if not (text.isascii() and text.isdigit() and int(text) > 0):
            raise self._refused(self.CONNECTIONS_MAX, "a number from 1")
        return int(text)

    def _required(self, key: str) -> str:
        value = self.env.get(key, "")
        if not value:
            raise self._refused(key, "set")
        return value

    def _refused(self, key: str, wanted: str) -> persistence.InfrastructureFactoryError:
        """Names the variable, never its value."""
        return persistence.InfrastructureFactoryError(f"{key} must be {wanted}")
