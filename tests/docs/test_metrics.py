"""docs/reference/metrics.md names every metric and every state, and no other."""

from interfaces.http import metrics
from tests.docs import pages

PAGE = pages.REFERENCE / "metrics.md"
NAMES = [*(gauge.name for gauge in metrics.GAUGES), metrics.STATE, metrics.SWEEP_AGE]


def test_every_metric_is_documented_and_nothing_else() -> None:
    named = [cell for cell in pages.first_cells(PAGE.read_text()) if cell.startswith("muniment_")]
    assert named == NAMES


def test_every_state_is_documented() -> None:
    cells = pages.first_cells(pages.sections(PAGE, 2)["Metrics"])
    assert [cell for cell in cells if not cell.startswith("muniment_")] == list(metrics.STATES)
