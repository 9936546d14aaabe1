"""What goes wrong with an embedded engine, in words that a person can act on."""


class EmbeddedEngineError(Exception):
    """An embedded engine cannot be prepared, started or stopped. Its message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
