"""compat: Snakemake's objects are used as the installed version has them, and other versions refused."""

import json
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
import snakemake
from snakemake.settings.types import ConfigSettings

from unhans.errors import ConfigError
from unhans.pipeline import compat
from unhans.pipeline.output_index import OutputIndex


def workflow(**fields):
    return SimpleNamespace(**fields)


@pytest.mark.parametrize("version", ["9.26.1", "10.0", "11.2.3", "8.30.0"])
def test_versions_that_were_not_tested_are_refused(version, monkeypatch):
    monkeypatch.setattr(snakemake, "__version__", version)
    with pytest.raises(ConfigError, match=rf"snakemake {version} is installed; expected 9\.27"):
        compat.check_version()


def test_the_installed_version_is_accepted():
    compat.check_version()


def test_what_was_given_is_that_of_the_module_or_of_the_command_line():
    settings = ConfigSettings(config={"affinity": {"knn": 5}})
    merged = {"corpus": {}, "affinity": {"knn": 5}}
    main = workflow(modifier=SimpleNamespace(skip_configfile=False), config_settings=settings)
    assert compat.given_config(main, merged) == {"affinity": {"knn": 5}}
    module = workflow(modifier=SimpleNamespace(skip_configfile=True), config_settings=settings)
    assert compat.given_config(module, merged) == merged


def test_the_default_is_that_of_the_working_directory_or_ours(tmp_path, monkeypatch):
    main, module = (
        workflow(
            current_basedir=str(tmp_path / "checkout"),
            modifier=SimpleNamespace(skip_configfile=has_config),
        )
        for has_config in (False, True)
    )
    monkeypatch.chdir(tmp_path)
    ours = str(tmp_path / "checkout/config/config.yaml")
    assert compat.default_config(main) == ours
    Path("config").mkdir()
    Path("config/config.yaml").touch()
    assert compat.default_config(main) == "config/config.yaml"
    # The file here is that of the workflow around the module.
    assert compat.default_config(module) == ours


def test_the_rules_of_a_file_are_found_by_its_name(monkeypatch):
    import snakemake.api  # noqa: F401  (its modules import each other in a circle)
    from snakemake import dag

    monkeypatch.setattr(dag, "OutputIndex", dag.OutputIndex)
    compat.index_outputs()
    assert dag.OutputIndex is OutputIndex


def test_resources_of_a_stage_reach_the_rules_of_its_chunks():
    def rule(name, **params):
        return SimpleNamespace(name=name, params=params, resources={"mem_mb": 1})

    rules = [rule("attribution_mine_000", stage="attribution"), rule("all"), rule("x", stage="x")]
    settings = SimpleNamespace(overwrite_resources={"attribution": {"gpu": 1}, "x": {"mem_mb": 5}})
    compat.spread_resources(workflow(rules=rules, resource_settings=settings))
    assert [one.resources for one in rules] == [
        {"mem_mb": 1, "gpu": 1},
        {"mem_mb": 1},
        {"mem_mb": 1},
    ]


@pytest.mark.parametrize(("limit", "kept"), [((100, 1), False), ((5, 1), True), (None, False)])
def test_only_the_default_limit_of_job_starts_is_lifted(limit, kept):
    limiter = limit and SimpleNamespace(max_jobs=limit[0], timespan=limit[1])
    scheduler = SimpleNamespace(job_rate_limiter=limiter)
    compat.lift_rate_limit(workflow(scheduler=scheduler))
    assert (scheduler.job_rate_limiter is not None) == kept


HOSTILE = (
    "</script><script>document.title = 'run'</script><!-- <img src=x onerror=alert(1)> & \u2028"
)


class Tags(HTMLParser):
    """Names of the tags of a page, and the text of its scripts."""

    def __init__(self):
        super().__init__()
        self.found, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_no_name_ends_a_script_of_the_report(monkeypatch):
    from snakemake.report import html_reporter
    from snakemake.report.html_reporter import data

    parts = (data.results, data.categories, data.rules, data.rulegraph, data.metadata)
    for module in (html_reporter, *parts, data.runtimes, data.timeline, data.packages):
        if hasattr(module, "json"):
            monkeypatch.setattr(module, "json", json)
    monkeypatch.setattr(sys, "argv", ["snakemake", "--report", "report.html"])
    compat.escape_report()
    rule = workflow(name=HOSTILE, language="python", source=HOSTILE, n_jobs=1)
    rule.input = rule.output = [HOSTILE]
    rule.conda_env = rule.container_img_url = None
    record = workflow(
        **{"path": HOSTILE, "name": HOSTILE, "filename": HOSTILE, "labels": {HOSTILE: HOSTILE}},
        **{"size": 1, "caption": HOSTILE, "mime": "text/plain", "params": HOSTILE},
        **{"wildcards": HOSTILE, "job": workflow(rule=rule), "target": HOSTILE, "id": "x"},
    )
    monkeypatch.setattr(data.results, "get_result_uri", lambda *_: HOSTILE)
    made = [
        data.render_results({HOSTILE: {HOSTILE: [record]}}, True),
        data.render_rules({HOSTILE: rule}),
        data.render_rulegraph([{"rule": HOSTILE}], [], []),
        data.render_runtimes([{"rule": HOSTILE}]),
        data.render_timeline([{"rule": HOSTILE}]),
        data.render_metadata({HOSTILE: HOSTILE}),
        html_reporter.json.dumps(HOSTILE),
    ]
    for text in made:
        page = Tags()
        page.feed(f"<script>var shown = {text};</script><p>after</p>")
        assert page.found == ["script", "p"]
        assert json.loads(page.texts[0].removeprefix("var shown = ").removesuffix(";"))
        assert "\u2028" not in text
    assert json.loads(made[-1]) == HOSTILE
    shown = json.loads(made[0])[HOSTILE]
    assert shown["job_properties"]["params"] == HOSTILE


def test_a_run_without_a_report_imports_nothing_of_it(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--cores", "2"])
    monkeypatch.setattr(compat, "import_module", None)
    compat.escape_report()
