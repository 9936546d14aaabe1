"""What the web process wrote to its log, once it is written: lines come after their answers."""

import time

from tests.stack import Stack

SECONDS = 10.0


def lines_of(stack: Stack, request_id: str) -> str:
    """Everything from the first line that names a request to the one that ends it."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        lines = stack.log("web").split("\n")[:-1]
        naming = [number for number, line in enumerate(lines) if request_id in line]
        if naming and "http.request" in lines[naming[-1]]:
            return "\n".join(lines[naming[0] : naming[-1] + 1])
        time.sleep(0.01)
    raise AssertionError(f"the log does not tell how request {request_id} ended")
