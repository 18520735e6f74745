"""config: what is refused, how it is said, and that generated pages are up to date."""

import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from unhans.config import fields, loading, models, reference
from unhans.errors import ConfigError
from unhans.paths import Analysis, parse_analysis

ROOT = Path(__file__).parents[3]
SMALL = {"corpus": {"digits": {}}, "model": {"small_vgg": {}}}
FOLDER = {"source": "folder", "root": "/images"}
STAR = {"kind": "star", "class": "cat", "rate": 0.2}
AUTO = {"attribution": {"layers": "auto"}}
VGG16 = {"architecture": "vgg16", "weights": "IMAGENET1K_V1"}


def faults(**sections):
    with pytest.raises(ConfigError) as caught:
        loading.load({**SMALL, **sections})
    return str(caught.value)


NAMED = {
    "model": {"architecture": "small_vgg"},
    "preprocessing": [],
}


@pytest.mark.parametrize("section", NAMED)
@pytest.mark.parametrize(
    "name",
    [
        "manifest.tsv",
        "findings",
        "logs",
        "a.zarr.zip",
        "ranking.html",
        "movement",
        "a.zarr.zip.parts",
    ],
)
def test_a_name_that_is_a_file_or_folder_of_the_workflow_is_refused(section, name):
    said = faults(**{section: {name: NAMED[section]}})
    assert section in said
    assert f"'{name}' is a file or folder of the workflow" in said


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        (
            {"model": {"small_vgg": {"learning_rate": float("inf")}}},
            "model.small_vgg.learning_rate",
        ),
        (
            {"model": {"small_vgg": {"learning_rate": float("nan")}}},
            "model.small_vgg.learning_rate",
        ),
        ({"model": {"small_vgg": {"epochs": 10**20}}}, "model.small_vgg.epochs"),
        ({"attribution": {"workers": 10**9}}, "attribution.workers"),
        ({"results": "a\0b"}, "results"),
        ({"results": "a\nb"}, "results"),
        ({"results": "a" * 5000}, "results"),
        ({"results": "a/" + "b" * 300}, "results"),
    ],
)
def test_values_that_cannot_work_are_refused_by_their_key(sections, key):
    said = faults(**sections)
    assert f"{key}: " in said
    assert "\0" not in said


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"affinity": {"knn": True}}, "affinity.knn: true"),
        ({"affinity": {"knn": [3, False]}}, "affinity.knn: false"),
        ({"model": {"small_vgg": {"learning_rate": True}}}, "model.small_vgg.learning_rate: true"),
        ({"model": {"small_vgg": {"epochs": True}}}, "model.small_vgg.epochs: true"),
        ({"clustering": {"seed": False}}, "clustering.seed: false"),
        ({"attribution": {"workers": True}}, "attribution.workers: true"),
        ({"attribution": {"batch_size": True}}, "attribution.batch_size: "),
        ({"corpus": {"d": {"planting": [{**STAR, "rate": True}]}}}, "planting.0.rate: true"),
    ],
)
def test_yes_and_no_are_no_numbers(sections, key):
    said = faults(**sections)
    assert key in said
    assert "expected a number" in said or "expected auto" in said


def test_yes_and_no_stay_where_they_are_meant():
    loaded = loading.load({**SMALL, "restoration": {"blind": False}, "unhansing": {"reported": 1}})
    assert loaded.restoration.blind is False


def test_no_network_or_representation_is_called_as_the_folder_of_a_stage():
    from unhans.pipeline.stages import STAGES

    folders = {name for name, stage in STAGES.items() if stage.kind in ("class", "artefact")}
    drawn = {name for name in folders if name.endswith("_figure")}  # which have the name alone
    assert folders - drawn <= fields.RESERVED


def test_the_default_is_valid_and_plants_what_the_readme_says():
    values = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    loaded = loading.load(values)
    assert loaded.corpus["digits"].planted == {"3": "corner", "8": "border"}
    assert loaded.affinity.knn == (10,)
    assert (loaded.clustering.k_min, loaded.clustering.k_max) == (2, 30)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name
)
def test_every_config_in_the_repository_is_valid(path):
    values = yaml.safe_load(path.read_text())
    loading.load(values if "corpus" in values else {**SMALL, **values})


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"afinity": {}}, "unknown key 'afinity'; did you mean 'affinity'?"),
        ({"affinity": {"kn": 3}}, "affinity: unknown key 'kn'; did you mean 'knn'?"),
        ({"distance": {"metrics": "euclidian"}}, "distance.metrics.0: .*did you mean 'euclidean'"),
        ({"distance": {"metrics": "a.b:c:d"}}, "unknown metric 'a.b:c:d'; expected one of euclid"),
        ({"distance": {"metrics": ["a.b", "a:b"]}}, "distance.metrics: a.b is named twice"),
        ({"corpus": {"d": {"sorce": 1}}}, "corpus.d: unknown key 'sorce'; did you mean 'source'?"),
        (
            {"affinity": {"knn": [10, 0]}},
            r"affinity.knn.1: .*greater than or equal to 1 \(given: 0",
        ),
        (
            {"model": {"m": {**VGG16, "transform": {"crop": 300, "resize": 256}}}},
            r"model\.m\.transform: crop 300 and resize 256; expected crop <= resize",
        ),
        (
            {"model": {"m": {**VGG16, "transform": {"mean": [0.5, 0.5]}}}},
            r"model\.m\.transform: mean, std and channels are of 2 channels; expected the same",
        ),
        (
            {"model": {"m": {**VGG16, "transform": {"channels": 1, "mean": [0.5, 0.5, 0.5]}}}},
            r"mean, std and channels are of 1 and 3 channels; expected the same number",
        ),
        (
            {"model": {"m": {**VGG16, "transform": {"std": 0}}}},
            r"std \[0\.0\]; expected values above 0",
        ),
        (
            {"model": {"m": {**VGG16, "transform": {"croop": 3}}}},
            "unknown key 'croop'; did you mean 'crop'?",
        ),
        (
            {"corpus": {"d": {**FOLDER, "window": [40, 0]}}},
            r"window \[40\.0, 0\.0\]; expected \[centre, width\], width above 0",
        ),
        (
            {"corpus": {"d": {**FOLDER, "window": [40, 400], "bits": 12}}},
            "bits and window are both set; expected one of them",
        ),
        ({"corpus": {"d": {**FOLDER, "bits": 17}}}, r"corpus\.d\.bits: .*less than or equal to 16"),
        (
            {"corpus": {"d": {**FOLDER, "exclude": ["a", "a"]}}},
            r"corpus\.d\.exclude: a is named twice",
        ),
        ({"clustering": {"k_min": 9, "k_max": 3}}, "clustering: k_min = 9 exceeds k_max = 3"),
        ({"corpus": {"d": {"classes": [3, "3"]}}}, "corpus.d.classes: 3 is named twice"),
        (
            {"corpus": {"d": {"classes": 0}}},
            "corpus.d.classes: 0: expected all, a number from 1 on",
        ),
        ({"corpus": {"d": {"classes": "3"}}}, "corpus.d.classes: '3': expected all"),
        ({"preprocessing": {"a": ["sum_pool"]}}, "preprocessing.a.0: sum_pool needs a size"),
        ({"preprocessing": {"a": [{"unit_norm": 3}]}}, "unit_norm takes no value"),
        ({"preprocessing": {"a": [{"sum_pol": 3}]}}, "did you mean 'sum_pool'"),
        (
            {"preprocessing": {"a": [{"layer": 0}]}},
            r"preprocessing\.a: layer 0 is not kept; expected attribution\.layers: auto, or names",
        ),
        (
            {**AUTO, "preprocessing": {"a": [{"layer": 3}]}},
            "no layer 3; expected a place from 0 to 2",
        ),
        (
            {"attribution": {"layers": ["x", "y"]}, "preprocessing": {"a": [{"layer": "z"}]}},
            r"preprocessing\.a: layer 'z' is not kept; expected one of attribution\.layers: x, y",
        ),
        ({**AUTO, "preprocessing": {"a": ["layer"]}}, "layer needs a layer, as in {layer: 0}"),
        (
            {**AUTO, "preprocessing": {"a": [{"step": "layer", "layer": 0, "size": 3}]}},
            "layer takes no other value",
        ),
        (
            {**AUTO, "preprocessing": {"a": ["unit_norm", {"layer": 0}]}},
            r"preprocessing\.a: a layer takes the place of the heatmaps; expected it as the first",
        ),
        (
            {**AUTO, "preprocessing": {"a": [{"layer": 0}, {"sum_pool": 3}]}},
            r"preprocessing\.a: channels have no places; expected no step sum_pool",
        ),
        (
            {**AUTO, "preprocessing": {"a": [{"activations": 0}, "unit_norm"]}},
            r"preprocessing\.a: activations are compared as they are; expected no step unit_norm",
        ),
        (
            {**AUTO, "preprocessing": {"a": [{"activations": 0}]}},
            r"preprocessing\.a gives activations, which none of distance\.metrics \(euclidean\) compares",
        ),
        (
            {
                **AUTO,
                "preprocessing": {"a": [{"layer": 0}]},
                "distance": {"metrics": ["euclidean", "wasserstein"]},
            },
            r"distance\.metrics: wasserstein compares pixels; expected a representation",
        ),
        ({"attribution": {"layers": ["x", "x"]}}, r"attribution\.layers: .*x is named twice"),
        ({"corpus": {"../up": {}}}, "corpus.../up: string should match"),
        ({"corpus": {"logs": {}}}, "'logs': the name is reserved"),
        ({"corpus": {"ranking.tsv": {}}}, "'ranking.tsv': the name is reserved"),
        ({"corpus": {"d": {"classes": []}}}, "corpus.d.classes: an empty list"),
        ({"corpus": {"d": {"per_class": 10, "validation": 0.97}}}, "leaves no image to train on"),
        ({"corpus": {"d": {"per_class": 20}}}, "per_class = 20 .*k_max = 30 clusters"),
        (
            {"corpus": {"d": {"per_class": 60}}, "embedding": {"q": [8, 60]}},
            "per_class = 60 .*embedding.q = 60 eigenvectors",
        ),
        ({"clustering": {"n_init": 10**12}}, "clustering.n_init: .*less than or equal to 10000"),
        ({"model": {"m": {"learning_rate": 1e300}}}, "learning_rate: .*less than or equal to 1000"),
        ({"preprocessing": {"a": [{"sum_pool": 10**9}]}}, "size: .*less than or equal to 10000"),
        ({"affinity": {"knn": [10, 10]}}, "affinity.knn: 10 is named twice"),
        ({"embedding": {"q": 1}}, "embedding.q.0: .*greater than or equal to 2"),
        ({"unhansing": {"reported": []}}, "unhansing.reported: .*at least 1"),
        ({"unhansing": {"reported": [1, 1]}}, "unhansing.reported: 1 is named twice"),
        ({"unhansing": {"reported": [5, 1]}}, "unhansing: reported = 5, 1; expected ascending"),
        ({"unhansing": {"reported": 0}}, "unhansing: reported = 0; .* the last above 0"),
        ({"results": "a{b}"}, "results: string should match"),
        ({"model": {}}, "model: .*at least 1"),
        ({"corpus": {"d": 3}}, r"corpus.d: .*dictionary.*\(given: 3\)"),
        ({"model": {"m": [1]}}, r"model.m: .*dictionary.*\(given: \[1\]\)"),
        ({"attribution": {"batch_size": 0}}, "batch_size: 0: expected auto, or a number from 1 on"),
        ({"execution": {"classes_per_job": "ten"}}, "classes_per_job: 'ten': expected auto, or"),
        ({"attribution": {"device": "gpu"}}, "attribution.device: .*cuda"),
        (
            {"corpus": {"d": {**FOLDER, "source": "foldr"}}},
            "unknown source 'foldr'; expected one of",
        ),
        ({"corpus": {"d": {**FOLDER, "splits": "../x"}}}, "splits.0: split '../x' leads out of"),
        ({"corpus": {"d": {**FOLDER, "splits": ["a", "a"]}}}, "corpus.d.splits: a is named twice"),
        ({"corpus": {"d": {**FOLDER, "splits": []}}}, "corpus.d: splits: expected at least one"),
        ({"corpus": {"d": {**FOLDER, "source": "table"}}}, "corpus.d: source table needs the key"),
        (
            {"corpus": {"d": {**FOLDER, "table": "x.csv"}}},
            "corpus.d: source folder takes no 'table'",
        ),
        ({"corpus": {"d": {**FOLDER, "per_class": 1}}}, "corpus.d.per_class: .*or equal to 2"),
        (
            {"corpus": {"d": {**FOLDER, "planting": [{**STAR, "kind": "corner"}]}}},
            "corpus.d.planting.0.kind: .*'text', 'badge'",
        ),
        (
            {"corpus": {"d": {**FOLDER, "planting": [STAR, STAR]}}},
            "corpus.d: planting: a class is planted twice",
        ),
        (
            {"corpus": {"d": FOLDER}},
            "no configured model can explain corpus 'd'; expected a network for photographs",
        ),
        (
            {"model": {"m": VGG16}},
            "no configured model can explain corpus 'digits'; expected small_vgg",
        ),
        (
            {"model": {"m": {"architecture": "vg16"}}},
            r"unknown network 'vg16' \(did you mean 'vgg16'",
        ),
        ({"model": {"m": {**VGG16, "epochs": 3}}}, "model.m: unknown key 'epochs'"),
        ({"model": {"m": {**VGG16, "sha256": "xyz"}}}, "model.m.sha256: string should match"),
        (
            {"model": {"m": {"architecture": "vgg16", "sha256": "0123abcd"}}},
            "model.m: sha256 is given but no weights",
        ),
    ],
)
def test_faults_name_the_key_and_what_was_expected(sections, expected):
    import re

    assert re.search(expected, faults(**sections))


def test_every_fault_is_named_at_once_and_only_once():
    text = faults(affinity={"knn": [0]}, clustering={"n_init": 0}, attribution={"batch_size": "x"})
    assert len(text.splitlines()) == 1 + 3


def test_a_planting_names_class_kind_and_rate():
    planting = [{"kind": "conrer", "class": 3, "rate": 2}]
    text = faults(corpus={"d": {"planting": planting}})
    assert "planting.0.kind" in text
    assert "did you mean 'corner'" in text
    assert "planting.0.rate" in text


def test_one_artefact_is_planted_in_a_digit():
    corner = {"kind": "corner", "class": 3, "rate": 0.2}
    text = faults(corpus={"d": {"planting": [{**corner, "class": 12}]}})
    assert "no class '12' in digits; expected one of 0 to 9" in text
    assert "a class is planted twice" in faults(corpus={"d": {"planting": [corner, corner]}})


def test_one_value_is_a_list_of_one_and_null_takes_an_entry_away():
    loaded = loading.load(
        {
            **SMALL,
            "affinity": {"knn": 7},
            "preprocessing": {"pooled": None, "none": []},
        }
    )
    assert loaded.affinity.knn == (7,)
    assert list(loaded.preprocessing) == ["none"]


def test_models_are_frozen():
    loaded = loading.load(SMALL)
    with pytest.raises(ValidationError):
        loaded.results = "elsewhere"


def test_the_grid_is_the_product_of_all_lists():
    loaded = loading.load(
        {
            **SMALL,
            "distance": {"metrics": ["euclidean", "hellinger"]},
            "affinity": {"knn": [5, 10, 20]},
            "embedding": {"q": [8, 32]},
        }
    )
    analyses = loaded.analyses()
    assert len(analyses) == len(set(analyses)) == 2 * 3 * 2
    assert len({analysis.path for analysis in analyses}) == len(analyses)


def test_networks_trained_here_explain_digits_and_the_others_photographs():
    corpora = {"digits": {}, "photographs": FOLDER}
    loaded = loading.load({"corpus": corpora, "model": {"small_vgg": {}, "vgg16": VGG16}})
    pairs = {(analysis.corpus, analysis.model) for analysis in loaded.analyses()}
    assert pairs == {("digits", "small_vgg"), ("photographs", "vgg16")}


@pytest.mark.parametrize(("classes", "size"), [(10, 1), (63, 1), (64, 25), (1000, 25)])
def test_many_classes_share_a_job(classes, size):
    assert loading.load(SMALL).execution.chunk(classes) == size
    assert loading.load(SMALL).execution.chunk(classes, digits=True) == 5
    assert (
        loading.load({**SMALL, "execution": {"classes_per_job": 4}}).execution.chunk(classes) == 4
    )


def test_an_analysis_is_read_back_from_a_path():
    analysis = Analysis("digits", "small_vgg", "epsilon_plus", "none", "hellinger", 10, 32)
    path = f"some/results/{analysis.path}/clustering/n0341.7042.zarr.zip"
    assert parse_analysis(path) == (analysis, "n0341.7042")


def test_every_key_is_documented():
    for title, section in reference._sections():
        for name, field in section.model_fields.items():
            nested = field.annotation in [entry for _, entry in reference._sections()]
            assert field.description or nested, f"{title}.{name} has no description"


def test_the_schema_and_the_reference_are_up_to_date():
    schema = ROOT / "workflow/schemas/config.schema.json"
    assert json.loads(schema.read_text()) == reference.schema(), "run: make docs"
    page = ROOT / "docs/reference/config.md"
    assert page.read_text() == reference.reference(), "run: make docs"


def test_every_number_that_is_no_count_has_a_greatest_value():
    """A learning rate of 1e300 was taken, and its network refused an hour later."""

    def unbounded(node, path):
        if isinstance(node, list):
            return [
                one
                for number, part in enumerate(node)
                for one in unbounded(part, f"{path}[{number}]")
            ]
        if not isinstance(node, dict):
            return []
        bounds = {"maximum", "exclusiveMaximum", "enum", "const"}
        own = [path] if node.get("type") == "number" and not bounds & set(node) else []
        return own + [one for key, part in node.items() for one in unbounded(part, f"{path}/{key}")]

    # Grey levels, of any unit
    of_images = (
        "ImageTransform/properties/mean",
        "ImageTransform/properties/std",
        "Images/properties/window",
    )
    found = [
        path
        for path in unbounded(reference.schema(), "")
        if not any(one in path for one in of_images)
    ]
    assert not found


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name
)
def test_the_schema_takes_every_config_in_the_repository(path):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(yaml.safe_load(path.read_text()), reference.schema())


def test_the_schema_refuses_what_the_models_refuse():
    jsonschema = pytest.importorskip("jsonschema")
    for wrong in ({"afinity": {}}, {"affinity": {"knn": "ten"}}, {"distance": {"metrics": "x"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, reference.schema())


def test_an_overlay_keeps_the_default_analysis_first(tmp_path):
    default = ROOT / "config/config.yaml"
    plain = loading.load_over(default, {})
    laid = loading.load_over(default, {"preprocessing": {"lapuschkin": [{"sum_pool": 20}]}})
    assert laid.analyses()[0] == plain.analyses()[0]
    assert list(laid.preprocessing) == ["pooled", "none", "lapuschkin"]
    alone = loading.load_over(default, {**SMALL, "preprocessing": {"lapuschkin": []}})
    assert list(alone.preprocessing) == ["lapuschkin"]


def test_no_more_neighbours_than_near_images_are_compared():
    values = {"corpus": {"digits": {}}, "model": {"small_vgg": {}}, "affinity": {"knn": [10, 40]}}
    transport = {"metrics": ["euclidean", "gromov_wasserstein"]}
    assert loading.load({**values, "distance": transport}).n_candidates == 80
    assert (
        loading.load({**values, "affinity": {"knn": 3}, "distance": transport}).n_candidates == 20
    )
    with pytest.raises(ConfigError, match=r"distance.n_candidates = 30 .* affinity.knn = 40"):
        loading.load({**values, "distance": {**transport, "n_candidates": 30}})
    assert (
        loading.load(
            {**values, "distance": {"metrics": ["euclidean"], "n_candidates": 30}}
        ).n_candidates
        == 30
    )


def test_a_metric_of_ones_own_names_folders_without_a_colon():
    loaded = loading.load({**SMALL, "distance": {"metrics": "package.module:function"}})
    assert loaded.distance.metrics == ("package.module.function",)


def test_more_neighbours_than_a_class_has_images_are_refused():
    few = {**SMALL, "clustering": {"k_max": 5}, "embedding": {"q": 8}}
    few |= {"corpus": {"digits": {"per_class": 12}}}
    assert loading.load({**few, "affinity": {"knn": 11}})
    with pytest.raises(ConfigError, match=r"affinity.knn = 12 .* corpus.digits.per_class = 12 "):
        loading.load({**few, "affinity": {"knn": [10, 12]}})
    photographs = {"corpus": {"mine": {**FOLDER, "per_class": 100}}, "model": {"vgg16": VGG16}}
    with pytest.raises(ConfigError, match=r"at most 99"):
        loading.load({**photographs, "affinity": {"knn": 10_000}})


def test_splits_of_interventions_are_those_of_the_corpora():
    photographs = {"corpus": {"mine": FOLDER}, "model": {"vgg16": VGG16}}
    assert loading.load({**photographs, "interventions": {"splits": ["train"]}})
    assert loading.load({**SMALL, "interventions": {"splits": ["train"]}})
    two = {"corpus": {**photographs["corpus"], "more": {**FOLDER, "splits": ["val"]}}}
    assert loading.load({**photographs, **two, "interventions": {"splits": ["train", "val"]}})
    for splits in (["tests"], ["train", "tests"]):
        with pytest.raises(ConfigError, match=r"splits: tests: corpus.mine has no such split"):
            loading.load({**photographs, "interventions": {"splits": splits}})
    with pytest.raises(ConfigError, match=r"splits: train: corpus.more has no such split"):
        loading.load({**photographs, **two, "interventions": {"splits": ["train"]}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"affinity:\n  knn: [3\nmodel: 4\n", r"line 3, column 6: no valid YAML \(.* line 2\)"),
        (b"a: 1\n\tb: 2\n", r"line 2, column 1: no valid YAML \(.*'\\t'"),
        (b"a: 1\nb: c: 2\n", r"line 2, column 5: no valid YAML \(mapping values"),
        (b"a: \x00\n", r"no valid YAML \(.*"),
        (b"a: *b\n", r"line 1, column 4: no valid YAML \(found undefined alias"),
        (
            b"a: !!python/object/apply:os.getcwd []\n",
            r"line 1, column 4: no valid YAML \(could not",
        ),
        (b"a: \xff\n", r"cannot be read \(.*utf-8"),
        (b"- a\n", r"holds list; expected keys at its top"),
        (b"", r"holds NoneType; expected keys at its top"),
    ],
)
def test_a_file_that_is_no_yaml_is_refused_with_its_line(tmp_path, text, said):
    path = tmp_path / "c.yaml"
    path.write_bytes(text)
    with pytest.raises(ConfigError, match=rf"c\.yaml.*{said}") as caught:
        loading.load_over(path, {})
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        loading.read_file(tmp_path / "none.yaml")


def test_a_number_of_the_command_line_is_text_within_a_section():
    found = loading.load({**SMALL, "execution": {"classes_per_job": "4"}})
    assert found.execution.classes_per_job == 4
    for wrong in ("0", "-1", "4.5", "", "four"):
        assert "expected auto, or a number from 1 on" in faults(
            execution={"classes_per_job": wrong}
        )


def test_no_corpus_network_or_representation_has_the_name_of_a_folder_of_the_workflow():
    """Names of the outputs of all rules, beside which their folders lie."""
    rules = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    beside = {
        above: set(re.findall(rf'<results>/{above}([\w.-]+)(?=[/"])', rules))
        for above in ("", "<corpus>/", "<composite>/")
    }
    assert {"sheets", "tables", "ranking.tsv"} <= beside[""]
    assert {name for name in beside[""] if "." not in name} <= set(models.RESERVED)
    assert {"properties", "manifest.tsv"} <= beside["<corpus>/"]
    assert {"attribution", "findings.tsv"} <= beside["<composite>/"]
    for name in beside["<corpus>/"] | beside["<composite>/"]:
        assert name in fields.RESERVED or name.endswith(fields.FILES), name
