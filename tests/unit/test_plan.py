"""plan: each stage is told what concerns it and nothing else."""

from pathlib import Path

import pytest

from unhans import config, plan
from unhans.errors import ConfigError

ROOT = Path(__file__).parents[2] / "workflow"


def make(**sections):
    values = {
        "corpus": {"digits": {"planting": [{"kind": "corner", "class": 3, "rate": 0.2}]}},
        "model": {"small_vgg": {}},
        "preprocessing": {"pooled": [{"sum_pool": 7}], "none": []},
        **sections,
    }
    return plan.Plan(config.load(values), ROOT)


def changed(**sections):
    """Stages whose settings for the first analysis differ from the plain plan's."""
    one, other = make(), make(**sections)
    analysis = one.config.analyses()[0]
    return {
        stage
        for stage in plan.TO_TAU
        if one.settings(stage, analysis) != other.settings(stage, analysis)
    }


def test_a_section_concerns_its_stage_alone():
    assert changed(clustering={"n_init": 3}) == {"clustering"}
    assert changed(embedding={"seed": 3}) == {"embedding"}
    assert changed(attribution={"batch_size": 3}) == {"attribution"}
    assert changed(model={"small_vgg": {"epochs": 1}}) == {"model"}
    assert changed(corpus={"digits": {"seed": 5}}) == {"corpus"}
    assert changed(preprocessing={"pooled": [{"sum_pool": 14}]}) == {"preprocessing"}


def test_the_classes_analysed_change_no_image():
    planting = [{"kind": "corner", "class": 3, "rate": 0.2}]
    assert changed(corpus={"digits": {"planting": planting, "classes": [1, 3]}}) == set()


def test_settings_have_sorted_keys_and_plain_values():
    import json

    made = make()
    analysis = made.config.analyses()[0]
    for stage in (*plan.TO_TAU, "ablation", "ranking", "comparison", "projection", "figures"):
        settings = made.settings(stage, analysis)
        assert json.dumps(settings, sort_keys=True) == json.dumps(settings)


def test_the_lineage_skips_a_preprocessing_without_steps():
    pooled, none = make().config.analyses()
    assert "preprocessing" in make().lineage(pooled)
    assert "preprocessing" not in make().lineage(none)
    assert set(make().lineage(none)) == set(plan.TO_TAU) - {"preprocessing"}


def test_codes_differ_between_stages_and_metrics():
    made = make(distance={"metrics": ["euclidean", "hellinger"]})
    analyses = made.config.analyses()
    codes = {made.code(stage, analyses[0]) for stage in plan.TO_TAU}
    codes |= {made.code("distance", analysis) for analysis in analyses}
    assert len(codes) == len(plan.TO_TAU) + 1


def test_cells_are_classes_times_analyses():
    made = make(corpus={"digits": {"classes": [1, 3], "planting": []}})
    assert len(made.cells()) == 4
    assert made.planted_cells() == []
    assert [class_id for _, class_id in make().planted_cells()] == ["3", "3"]


def test_results_that_cannot_be_written_are_refused_beforehand(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"results: .*file is no folder that can be written"):
        make(results=str(tmp_path / "file" / "below")).check_surroundings()
    make(results=str(tmp_path / "new" / "deep")).check_surroundings()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="expected one"):
        make(results=str(tmp_path / "new")).check_surroundings()


def test_another_copy_of_the_library_is_refused(tmp_path):
    other = plan.Plan(make().config, tmp_path)
    with pytest.raises(ConfigError, match=r"installed unhans is .*pip install -e"):
        other.check_surroundings()


def test_names_match_themselves_alone():
    import re

    pattern = plan.one_of(["a.b", "c"])
    assert re.fullmatch(pattern, "a.b")
    assert not re.fullmatch(pattern, "axb")
