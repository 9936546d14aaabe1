"""Why the settings were refused."""


class SettingsError(Exception):
    """A setting is missing or wrong. Names the variable and what is expected, never the value."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable} {problem}")
        self.variable = variable
