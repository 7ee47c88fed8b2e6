from pathlib import Path

from click.testing import CliRunner

from recado.benches.frame.plan import Plan
from recado.benches.truth import course
from recado.commands.bench import command


def test_without_traces_the_bench_says_so():
    assert course.notes([], [])[0] == course.NO_TRACES
    assert "motion was not measured" in course.NO_TRACES


def test_a_path_that_is_not_there_is_refused_before_anything_is_measured():
    answer = CliRunner().invoke(command, ["truth", "--traces", "nowhere.zip"])

    assert answer.exit_code == 2
    assert "nowhere.zip" in answer.output


def test_a_plan_carries_the_traces():
    assert Plan.of(is_quick=True, traces=Path("x")).traces == Path("x")
    assert Plan.of(is_quick=False).traces is None
