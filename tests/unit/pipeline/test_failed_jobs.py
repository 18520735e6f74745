"""failed_jobs: what a failed job leaves is no result, whatever Snakemake records of it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from unhans.io import store
from unhans.pipeline import failed_jobs


def workflow(**fields):
    return SimpleNamespace(**fields)


def test_the_record_of_a_file_is_removed():
    removed = []
    records = SimpleNamespace(cleanup_metadata=removed.append)
    failed_jobs.forget(workflow(persistence=records), "results/ranking.tsv")
    assert removed == ["results/ranking.tsv"]


def test_a_failed_job_leaves_results_that_fit_and_no_others(tmp_path, monkeypatch):
    from snakemake.persistence import FileBackupMixin

    for name in ("backup_output", "restore_output"):
        monkeypatch.setattr(FileBackupMixin, name, getattr(FileBackupMixin, name))
    failed_jobs.keep_updated()
    failed_jobs.keep_updated()
    monkeypatch.chdir(tmp_path)
    persistence = FileBackupMixin()
    persistence.path = tmp_path / ".snakemake"
    paths = [Path(f"results/{stage}/3.zarr.zip") for stage in ("distance", "affinity")]
    above, below = paths
    recipe = store.Recipe("any", {}, "x")
    store.write(above, {"x": np.zeros(1)}, recipe)
    store.write(below, {"x": np.ones(1)}, recipe, inputs={"distances": store.read(above)})
    before = below.stat()
    persistence.backup_output(below)
    assert persistence.restore_output(below)
    assert below.stat().st_mtime_ns == before.st_mtime_ns
    last, apart = (
        Path("results/q8/separability/3.zarr.zip"),
        Path("results/q8/separability/4.zarr.zip"),
    )
    for path in (last, apart):
        store.write(path, {"x": np.ones(1)}, recipe, inputs={"affinity": store.read(below)})
    store.write(above, {"x": np.ones(1)}, recipe)
    assert not persistence.restore_output(below)
    # Were what is made from it there, Snakemake would not make it again.
    assert [path.exists() for path in (above, below, last, apart)] == [True, False, False, True]
    other = Path("table.tsv")
    other.write_text("before")
    persistence.backup_output(other)
    other.write_text("half")
    assert persistence.restore_output(other)
    assert other.read_text() == "before"


@pytest.mark.parametrize(
    ("error", "params", "marks"),
    [
        (True, {"stage": "affinity"}, 1),
        (True, {}, 0),  # a rule of a workflow that has unhans as a module
        (False, {"stage": "affinity"}, 0),
    ],
)
def test_outputs_of_a_failed_job_stay_marked_as_incomplete(error, params, marks, monkeypatch):
    import snakemake.api  # noqa: F401  (its modules import each other in a circle)
    from snakemake import jobs

    done, marked = [], []

    async def postprocess(self, **options):
        done.append(options)

    monkeypatch.setattr(jobs.Job, "postprocess", postprocess)
    failed_jobs.leave_incomplete()
    failed_jobs.leave_incomplete()  # the Snakefile read again
    records = SimpleNamespace(started=marked.append)
    rule = SimpleNamespace(params=params)
    job = SimpleNamespace(rule=rule, dag=workflow(workflow=workflow(persistence=records)))
    asyncio.run(jobs.Job.postprocess(job, error=error, handle_log=True))
    assert done == [{"error": error, "handle_log": True}]
    assert marked == [job] * marks
