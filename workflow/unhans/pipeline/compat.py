"""Compatibility: with `failed_jobs`, the only place that touches undocumented objects of Snakemake.

Each function names why it is needed, and what it reads or replaces. All were written against Snakemake
9.27, where none of that is documented. `check_version` refuses Snakemake outside of the tested range, so
that a change of its internals is met here and not in a job.
"""

import atexit
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any

from unhans.errors import ConfigError
from unhans.pipeline import clock, run_lock
from unhans.pipeline.makers import Maker, Makers
from unhans.pipeline.output_index import OutputIndex

TESTED = ("9.27", "10")
"""Versions of Snakemake that these functions were tested against: from the first on, below the second."""


def check_version() -> None:
    """Refuse versions of Snakemake that were not tested.

    Raises
    ------
    ConfigError
        The installed version is outside of `TESTED`.
    """
    from packaging.version import Version
    from snakemake import __version__

    first, end = map(Version, TESTED)
    if not first <= Version(__version__) < end:
        raise ConfigError(
            f"snakemake {__version__} is installed; expected {TESTED[0]} or newer, below {TESTED[1]}"
        )


def default_config(workflow: Any) -> str:
    """File of the default configuration: that of the working directory if it has one, otherwise ours.

    ``configfile:`` looks in the working directory alone, so that ``--directory`` would find none. Where
    a module has a ``config:``, the file in the working directory is that of another workflow.

    Parameters
    ----------
    workflow : Workflow
        That reads the Snakefile. ``workflow.modifier.skip_configfile`` is read.

    Returns
    -------
    str
        Path of the file.
    """
    own = Path("config/config.yaml")
    is_ours = own.exists() and not workflow.modifier.skip_configfile
    return str(own if is_ours else source_folder(workflow) / own)


def source_folder(workflow: Any) -> Path:
    """Folder of the Snakefile that is being read, also where it is used as a module.

    ``workflow.basedir`` is that of the main Snakefile, also while a module is read.
    ``workflow.current_basedir`` is that of the file that is read.

    Parameters
    ----------
    workflow : Workflow
        ``workflow.current_basedir`` is read.

    Returns
    -------
    Path
    """
    return Path(str(workflow.current_basedir))


def given_config(workflow: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """What was configured beyond the default: a module's ``config:``, or the command line's.

    ``configfile:`` merges the default into ``config``, so that a configuration with corpora of its own
    would keep those of the default. Snakemake keeps what was given on the command line in
    ``config_settings.overwrite_config``, and reads no ``configfile:`` where a module has a ``config:``.

    Parameters
    ----------
    workflow : Workflow
        ``workflow.modifier.skip_configfile`` and ``workflow.config_settings.overwrite_config`` are
        read.
    config : mapping
        The variable ``config`` of the Snakefile.

    Returns
    -------
    dict
        A copy.
    """
    if workflow.modifier.skip_configfile:
        return dict(config)
    return dict(workflow.config_settings.overwrite_config)


def config_files(workflow: Any) -> list[Path]:
    """Files of configuration that a run was given; a job reads none of them again.

    Parameters
    ----------
    workflow : Workflow
        ``workflow.is_main_process`` and ``workflow.config_settings.configfiles`` are read.

    Returns
    -------
    list of Path
        Those that are files: Snakemake reads a pipe once.
    """
    given = [] if is_job(workflow) else map(Path, workflow.config_settings.configfiles)
    return [file for file in given if file.is_file()]


def index_outputs() -> None:
    """Let Snakemake find the rule of a file by the file's name; see `output_index`.

    It replaces ``OutputIndex`` in ``snakemake.dag``.
    """
    from snakemake import dag

    dag.OutputIndex = OutputIndex


def spread_resources(workflow: Any) -> None:
    """Apply ``set-resources`` of a stage to the rules of its chunks.

    ``set-resources: attribution: ...`` names one rule, and a stage may have one for each chunk. Their
    names are not known to the person who writes a profile.

    Parameters
    ----------
    workflow : Workflow
        ``workflow.resource_settings.overwrite_resources``, and the ``name`` and ``params`` of each
        of ``workflow.rules`` are read; the ``resources`` of rules are changed.
    """
    given = workflow.resource_settings.overwrite_resources
    for rule in workflow.rules:
        stage = rule.params.get("stage")
        if stage is not None and rule.name not in given:
            rule.resources.update(given.get(stage, {}))


def lift_rate_limit(workflow: Any) -> None:
    """Remove the default limit of job starts a second; a limit given by hand stays.

    Under a limit Snakemake looks for jobs to start a second after each look and after each job that ends:
    with 200 done, 200 times a second. Its default, 100 starts a second, limits nothing here.

    Parameters
    ----------
    workflow : Workflow
        ``workflow.scheduler.job_rate_limiter`` is read, and set to None where it has the default.
    """
    limit = workflow.scheduler.job_rate_limiter
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


def claim(workflow: Any, results: str) -> None:
    """Note a run in its folder of results until the process ends; see `run_lock` and `clock`.

    Snakemake's lock lies in the working folder. A job of the run (``exec_mode``) takes none, nor does a
    run with ``--nolock``. ``onstart`` is not called for a dry run.

    Parameters
    ----------
    workflow : Workflow
        ``workflow.is_main_process`` and ``workflow.execution_settings.lock`` are read.
    results : str
        Folder of the results.

    Raises
    ------
    WorkflowError
        A run of another working folder writes there, or a time there lies ahead of the clock.
    """
    from snakemake.exceptions import WorkflowError

    if workflow.is_main_process and workflow.execution_settings.lock:
        try:
            clock.check(results)
            run_lock.take(results)
        except ConfigError as error:
            raise WorkflowError(str(error)) from None
        atexit.register(run_lock.release, os.path.abspath(results))


def is_job(workflow: Any) -> bool:
    """Whether a Snakefile is read by a job of a run, and not by the run itself.

    Parameters
    ----------
    workflow : Workflow
        ``workflow.is_main_process`` is read.

    Returns
    -------
    bool
    """
    return not workflow.is_main_process


def unlock(results: str) -> None:
    """Remove the lock of a folder of results where ``snakemake --unlock`` was asked for.

    Snakemake (9.27) tells a Snakefile nothing of it but the command line.

    Parameters
    ----------
    results : str
        Folder of the results.
    """
    if "--unlock" in sys.argv:
        for run in run_lock.unlock(results):
            print(f"unhans: {results} stays locked: process {run.pid} of {run.folder} is running")


def makers(workflow: Any) -> Makers:
    """Outputs of all rules.

    ``name``, ``params`` and ``output`` of each of ``workflow.rules``, and
    ``regex`` and ``is_directory`` of each output are read.

    Parameters
    ----------
    workflow : Workflow
        With all its rules.

    Returns
    -------
    Makers
    """
    return Makers(
        Maker(
            rule.name,
            rule.params.get("stage"),
            tuple((file.regex().pattern, bool(file.is_directory)) for file in rule.output),
        )
        for rule in workflow.rules
        if rule.output
    )


def asks_only_for(workflow: Any, target: str) -> bool:
    """Whether a run was started for one target and no other.

    Parameters
    ----------
    workflow : Workflow
        Of the run.
    target : str
        Name of the rule.

    Returns
    -------
    bool
    """
    return set(workflow.dag_settings.targets) == {target}


def also_make(workflow: Any, files: Sequence[str]) -> None:
    """Name files as further targets of a run that has targets, `verify` apart.

    Parameters
    ----------
    workflow : Workflow
        Of the run, while its Snakefile is read: its targets are not known yet. One without targets makes
        the default one; that of a module of another, whose paths may differ, stays as it is.
    files : sequence of str
        Paths.
    """
    if not files or workflow.modifier.parent_modifier is not None:
        return
    prepare = workflow._prepare_dag

    def prepared(*given: Any, **named: Any) -> Any:
        settings = workflow.dag_settings
        if settings.targets and not asks_only_for(workflow, "verify"):
            settings.targets = frozenset(settings.targets) | frozenset(files)
        return prepare(*given, **named)

    workflow._prepare_dag = prepared


@contextmanager
def loaded(snakefile: Path, given: Mapping[str, Any], files: Sequence[Path]) -> Iterator[Any]:
    """Read the Snakefile without running anything.

    Parameters
    ----------
    snakefile : Path
        The Snakefile.
    given : mapping
        Values of the configuration, as ``--config`` gives them.
    files : sequence of Path
        Files of the configuration, as ``--configfile`` gives them.

    Yields
    ------
    Workflow
        Its ``globals`` hold what the Snakefile defines.
    """
    from snakemake.api import SnakemakeApi
    from snakemake.settings.enums import Quietness
    from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings

    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        yield api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(config=dict(given), configfiles=list(files)),
            snakefile=snakefile,
        )._workflow


def asks_for_report() -> bool:
    """Whether a report is asked for, which the command line alone tells a Snakefile.

    Returns
    -------
    bool
    """
    return any(argument.startswith("--report") for argument in sys.argv)


def escape_report() -> None:
    """Let no text end a script of Snakemake's report: names would run as code in a browser.

    The report writes parameters, labels, captions and file names as JSON into its scripts, where
    ``</script>`` in the name of a class ends the script, and what follows is read as a page. Here
    ``<``, ``>`` and ``&`` are written as escapes of JSON, which are the same text. This covers every
    field that the report shows, whoever set it.

    It replaces ``json`` in the modules of
    ``snakemake.report.html_reporter.data``; that they do not escape is a fault upstream. Nothing is
    imported where no report is asked for.
    """
    if not asks_for_report():
        return
    from snakemake.report import html_reporter
    from snakemake.report.html_reporter import data

    written = SimpleNamespace(**{**vars(json), "dumps": _script_json})
    modules = [import_module(f"{data.__name__}.{one.name}") for one in iter_modules(data.__path__)]
    for module in (html_reporter, *modules):
        if hasattr(module, "json"):
            module.json = written


def _script_json(value: Any, **options: Any) -> str:
    """Write JSON that may stand within a script of a page."""
    text = json.dumps(value, **options)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
