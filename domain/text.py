"""What may stand in a line or a paragraph of text that people typed."""


def is_line(text: str, *, length_max: int) -> bool:
    """1 to `length_max` characters, not blank, all printable: no line ends, no controls, no NUL."""
    return bool(text.strip()) and len(text) <= length_max and text.strip().isprintable()


def is_paragraph(text: str, *, length_max: int) -> bool:
    """At most `length_max` characters, printable but for line ends and tabs."""
    plain = text.replace("\n", "").replace("\r", "").replace("\t", "")
    return len(text) <= length_max and (not plain or plain.isprintable())
