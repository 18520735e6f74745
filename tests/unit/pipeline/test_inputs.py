"""inputs: what says which images show an accepted artefact."""

from _plans import (
    make,
    wildcards,
)

from unhans.pipeline import inputs, targets

HEAD = "artefact\tcorpus\tmodel\tcomposite\tclass\tmask\n"


def test_accepted_artefacts_of_this_run_are_corrected_and_others_passed_over(tmp_path):
    table = tmp_path / "artefacts.tsv"
    own = "digits\tsmall_vgg\tepsilon_plus_flat"
    mask = tmp_path / "mask.png"
    mask.touch()
    rows = [f"a\t{own}\t8\tsuggested", f"b\t{own}\t3\t{mask}", "c\tother\tx\ty\t8\tsuggested"]
    table.write_text(HEAD + "\n".join(rows) + "\n")
    made = make(correction={"artefacts": str(table), "epochs": 2})
    folder = "results/digits/small_vgg/epsilon_plus_flat/correction"
    assert targets.of_accepted(made, "correction") == [f"{folder}/a.tsv", f"{folder}/b.tsv"]
    assert inputs.pictures(made, wildcards(artefact="a")) == []
    assert inputs.pictures(made, wildcards(artefact="b")) == [str(mask)]
    found = made.settings("correction", wildcards(artefact="a"))
    assert found["accepted"]["class_id"] == "8"
    assert found["epochs"] == 2
    assert "artefacts" not in found
    found = made.settings("unhansing", wildcards(artefact="b"))
    assert found["accepted"]["class_id"] == "3"
    assert found["reported"] == [0, 1, 5, 10]
    assert "methods" not in found
    assert targets.of_accepted(make(), "unhansing") == []


def test_the_evidence_of_a_change_of_whole_images_is_the_images_of_its_class(tmp_path):
    table = tmp_path / "artefacts.tsv"
    row = "a\tdigits\tsmall_vgg\tepsilon_plus_flat\t8\tsuggested\tframing\tzoom\t0.7\n"
    table.write_text(HEAD.rstrip() + "\tkind\tintervention\tstrength\n" + row)
    made = make(correction={"artefacts": str(table)})
    at = wildcards(artefact="a")
    assert inputs.evidence(made, at) == {"corpus": "results/digits/corpus/8.zarr.zip"}
    assert inputs.findings(made, at) == []
    assert made.settings("prepared_artefact", at)["accepted"]["strength"] == "0.7"


def test_noise_and_compression_need_a_denoiser_and_other_kinds_none(tmp_path):
    table = tmp_path / "artefacts.tsv"
    own = "digits\tsmall_vgg\tepsilon_plus_flat\t8\tsuggested"
    rows = [f"a\t{own}\tnoise\tnoise\t0.2", f"b\t{own}\tfrequency\tnoise\t0.2"]
    rows.append(f"c\t{own}\tcompression\tjpeg\t10")
    table.write_text(HEAD.rstrip() + "\tkind\tintervention\tstrength\n" + "\n".join(rows) + "\n")
    made = make(correction={"artefacts": str(table)})
    folder = "results/digits/small_vgg/restoration"
    files = [f"{folder}/model.zarr.zip", f"{folder}/weights.safetensors"]
    found = [inputs.restoration(made, wildcards(artefact=name)) for name in "abc"]
    assert found == [files, [], files]


def test_the_evidence_of_an_accepted_artefact_is_a_flagged_group_a_cluster_or_nothing(tmp_path):
    own = "digits\tsmall_vgg\tepsilon_plus_flat"
    (tmp_path / "t.png").touch()
    head = HEAD.rstrip() + "\ttemplate\tanalysis\tk\tcluster\tfeature\n"
    rows = [
        f"a\t{own}\t8\tsuggested\t\t\t\t",
        f"d\t{own}\t8\tsuggested\t\t\t\t\tneuron7",
        f"b\t{own}\t8\tsuggested\t\tnone/hellinger/knn10/q8\t3\t1",
        f"c\t{own}\t9\tsuggested\t{tmp_path / 't.png'}\t\t\t",
    ]
    table = tmp_path / "artefacts.tsv"
    table.write_text(head + "\n".join(rows) + "\n")
    sections = {
        "preprocessing": {"none": []},
        "distance": {"metrics": ["euclidean", "hellinger"]},
        "embedding": {"q": [8, 32]},
        "correction": {"artefacts": str(table)},
    }
    made = make(corpus={"digits": {"classes": [3, 8]}}, **sections)
    folder = "results/digits/small_vgg/epsilon_plus_flat"
    found = {name: inputs.evidence(made, wildcards(artefact=name)) for name in "abcd"}
    assert found["d"]["neurons"] == "results/digits/small_vgg/neurons/8.zarr.zip"
    assert sorted(found["d"]) == ["attribution", "corpus", "neurons"]
    assert found["a"] == {
        "corpus": "results/digits/corpus/8.zarr.zip",
        "attribution": f"{folder}/attribution/8.zarr.zip",
        "group_search": f"{folder}/group_search/8.zarr.zip",
    }
    analysis = f"{folder}/none/hellinger/knn10/q8"
    assert found["b"]["clustering"] == f"{analysis}/clustering/8.zarr.zip"
    assert "group_search" not in found["b"]
    assert found["c"] == {}
    findings = [inputs.findings(made, wildcards(artefact=name)) for name in "abcd"]
    assert findings == [[f"{folder}/findings_indicators.tsv"], [], [], []]
    assert made.settings("prepared_artefact", wildcards(artefact="c"))["index"] == 9
    fewer = make(corpus={"digits": {"classes": [3]}}, **sections)
    assert [row.artefact for row in fewer.context.accepted] == ["c"]


def test_hosts_are_of_the_classes_of_least_digest_and_hardly_change():
    at = wildcards(corpus="digits", model="small_vgg")

    def of(images, seed=0, **corpus):
        made = make(hosts={"images": images, "seed": seed}, **corpus)
        return [path.rsplit("/", 1)[1].split(".")[0] for path in inputs.hosts(made, at)]

    every = of(50)
    assert every == sorted(every)
    assert len(every) > 3
    few = of(3)
    assert len(few) == 3
    assert set(few) < set(every)
    assert of(3, seed=1) != few or of(3, seed=2) != few


def test_what_hidden_layers_see_is_sampled_of_classes_of_least_digest():
    at = wildcards(corpus="digits", model="small_vgg", composite="epsilon_plus_flat")

    def of(classes):
        made = make(attribution={"layers": "auto"}, class_sample={"classes": classes})
        return inputs.concept_sample(made, at)

    every, few = of(64), of(3)
    assert len(few) == 3
    assert set(few) < set(every)
    folder = "digits/small_vgg/epsilon_plus_flat/concepts"
    assert all(path.rsplit("/", 1)[0].endswith(folder) for path in every)
