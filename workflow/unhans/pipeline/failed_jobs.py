"""Failed jobs: what Snakemake keeps of a job that failed or was killed passes for no result.

Like `compat`, it touches objects of Snakemake (9.27) that are not documented; each function names them.
"""

from pathlib import Path
from typing import Any

from unhans.paths import RESULT, point_of


def forget(workflow: Any, path: str) -> None:
    """Remove Snakemake's record of a file, as ``--cleanup-metadata`` does.

    With ``keep-incomplete`` Snakemake (9.27) records the inputs of a job that failed as those of a job
    that succeeded, and would take a file that is left in its place for its result (issue 3808 of
    snakemake/snakemake).

    It calls ``workflow.persistence.cleanup_metadata``.

    Parameters
    ----------
    workflow : Workflow
        Of the run.
    path : str
        The file. One without a record is no error.
    """
    from snakemake.io import IOFile

    workflow.persistence.cleanup_metadata(IOFile(path))


def keep_updated() -> None:
    """Leave results of a job that failed as it left them, instead of restoring those of before.

    Snakemake copies the outputs of ``update()`` before a job and copies them back when it fails, with
    the time of the copy, and with ``keep-incomplete`` records the inputs of the failed job as theirs: the
    next run finds nothing to do, and old results pass for new ones. It also throws away the classes of
    a chunk that the job had finished. Results of unhans are whole or not there (`unhans.io.atomic`), so
    that there is nothing to restore; one that does not fit what it was made from is removed with all that
    was made from it. Other files are restored as before.

    It replaces ``backup_output`` and ``restore_output`` of
    ``snakemake.persistence.FileBackupMixin``, which came with pull requests 3833 and 3839 of
    snakemake/snakemake.
    """
    from snakemake.persistence import FileBackupMixin

    backup, restore = FileBackupMixin.backup_output, FileBackupMixin.restore_output
    if getattr(restore, "of_unhans", False):  # a second module, or the Snakefile read again
        return

    def backup_output(self: Any, path: Path) -> None:
        if not path.name.endswith(RESULT):
            backup(self, path)

    def restore_output(self: Any, path: Path) -> bool:
        return _left(path) if path.name.endswith(RESULT) else bool(restore(self, path))

    restore_output.of_unhans = True  # type: ignore[attr-defined]
    FileBackupMixin.backup_output = backup_output
    FileBackupMixin.restore_output = restore_output


def leave_incomplete() -> None:
    """Let the next run make the outputs of a job that failed, whatever is in their place.

    Snakemake keeps the record of a job that failed as of one that succeeded, with ``keep-incomplete``
    and for outputs of ``update()``: its parameters, and the check sums of its inputs. A result of before
    that a killed job left, and that fits what it is made from by its numbers, may be of other code or
    settings, and no later run would plan it. So the outputs stay marked as incomplete, as they are after
    Snakemake itself was killed: ``rerun-incomplete`` makes them again, and a run without it says so and
    ends. Of a chunk, classes whose results are current are only looked at.

    It replaces ``postprocess`` of ``snakemake.jobs.Job``, reads the ``rule.params`` of a job, and calls
    ``started`` of its persistence.
    """
    from snakemake.jobs import Job

    postprocess = Job.postprocess
    if getattr(postprocess, "of_unhans", False):
        return

    async def marked(self: Any, *arguments: Any, error: bool = False, **options: Any) -> None:
        await postprocess(self, *arguments, error=error, **options)
        if error and self.rule.params.get("stage") is not None:  # a rule of unhans
            self.dag.workflow.persistence.started(self)

    marked.of_unhans = True  # type: ignore[attr-defined]
    Job.postprocess = marked


def _left(path: Path) -> bool:
    """Whether a result that a failed job left is there, and fits what it was made from.

    One that does not is removed together with all that was made from it: where the results below are
    there, Snakemake does not make one in the middle again.
    """
    from unhans.io import provenance

    if path.exists() and not provenance.fits(path):
        for other in [one for one in point_of(path).rglob(path.name) if not provenance.fits(one)]:
            other.unlink()
    return path.exists()
