"""Texts for tests of what is found in them."""

from hypothesis import strategies as st

PROSE = (
    "The Trust keeps the results of all water tests for twelve years. A second copy lies at "
    "Eastmoor, where the repository is. Whoever needs an older result asks the Records Officer, "
    "who answers within ten days and charges nothing for it. Results that are part of a claim "
    "are never destroyed while the claim is open, however old they may be by then.\n"
)


def any_text() -> st.SearchStrategy[str]:
    """Text of every script, with joined characters, odd blanks and long unbroken runs."""
    pieces = st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            [
                "👩\u200d👩\u200d👧",
                "e\u0301" * 30,
                "\u3000",
                "\n\n\n",
                "会议记录已获批准。",
                "تمت الموافقة على المحضر. ",
                "अभिलेख सात वर्ष तक रखे जाते हैं। ",
                "A sentence of words. " * 9,
                "x" * 150,
            ]
        ),
    )
    return st.lists(pieces, max_size=40).map("".join)
