"""How the statuses of five stages add up, whatever they are."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from domain.documents.stages import Stage, Status, overall

COMBINATIONS = st.dictionaries(st.sampled_from(Stage), st.sampled_from(Status))


@given(COMBINATIONS)
def test_any_failed_stage_fails_the_whole(stages: dict[Stage, Status]) -> None:
    assert (overall(stages) is Status.FAILED) == (Status.FAILED in stages.values())


@given(COMBINATIONS)
def test_any_stage_at_work_is_work_unless_one_failed(stages: dict[Stage, Status]) -> None:
    expected = Status.PROCESSING in stages.values() and Status.FAILED not in stages.values()
    assert (overall(stages) is Status.PROCESSING) == expected


def test_completed_means_that_all_five_are() -> None:
    for statuses in itertools.product(Status, repeat=len(Stage)):
        stages = dict(zip(Stage, statuses, strict=True))
        assert (overall(stages) is Status.COMPLETED) == (set(statuses) == {Status.COMPLETED})


@given(COMBINATIONS)
def test_a_missing_stage_counts_as_pending(stages: dict[Stage, Status]) -> None:
    full = {stage: stages.get(stage, Status.PENDING) for stage in Stage}
    assert overall(stages) is overall(full)


def test_nothing_begun_is_pending() -> None:
    assert overall({}) is Status.PENDING
