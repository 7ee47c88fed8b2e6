from zipfile import ZipFile

import pytest

from fleet.policy import motion as policy
from recado.benches.truth import fitting, motion
from recado.benches.truth.traces import load, split

HEAD = "timestamp,x,y,groundtruth\n"


def a_trace(mps, truth, *, count=20):
    rows = [f"1964-01-12 00:{5 * n // 60:02}:{5 * n % 60:02}.004000123,{5 * n * mps},0.0,{truth}" for n in range(count)]
    return HEAD + "\n".join(rows) + "\n"


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "traces.zip"
    with ZipFile(path, "w") as written:
        for number in range(4):
            written.writestr(f"data/walk_{number}.csv", a_trace(1 + number / 10, "OnFoot"))
            written.writestr(f"data/ride_{number}.csv", a_trace(8 + number, "Driving"))
        written.writestr("data/readme.txt", "not a trace")
    return path


def test_an_archive_and_the_directory_it_was_unpacked_into_are_the_same_traces(archive, tmp_path):
    with ZipFile(archive) as packed:
        packed.extractall(tmp_path / "unpacked")

    traces = load(archive)

    assert traces == load(tmp_path / "unpacked")
    assert [trace.name for trace in traces][:2] == ["ride_0.csv", "ride_1.csv"]
    times = [position.device_at_ms for position in traces[0].positions]
    assert times[1] - times[0] == 5_000


def test_no_trace_is_in_both_halves_and_the_halves_are_always_the_same(archive):
    traces = load(archive)

    fitted, held_out = split(traces)

    assert {trace.name for trace in fitted} | {trace.name for trace in held_out} == {trace.name for trace in traces}
    assert len(fitted) == len(held_out) == 4
    assert split(traces) == (fitted, held_out)


def test_walks_and_rides_are_told_apart_by_policy_and_threshold(archive):
    traces = load(archive)

    assert motion.score(traces).f1 == 1
    assert motion.score_baseline(traces, motion.fit_baseline(traces)).f1 == 1
    assert motion.score_baseline(traces, 0.5).f1 < 1


def test_the_weights_are_the_likeliest_ones(archive):
    features, truths = fitting.examples(load(archive))

    weights = fitting.fit(features, truths)

    assert ((features @ weights > 0) == (truths > 0)).all()
    assert len(weights) == len(policy.WEIGHTS)


def test_fitting_prints_what_is_to_be_committed(archive, capsys):
    fitting.main(archive)

    assert len(capsys.readouterr().out.split(",")) == len(policy.WEIGHTS)
