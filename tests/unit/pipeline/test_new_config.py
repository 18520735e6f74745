"""new_config: the file that `unhans init` writes is valid whatever the folders are called."""

import re

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from unhans.config import loading
from unhans.errors import ConfigError
from unhans.images.transform import Transform
from unhans.networks import pretrained, registry
from unhans.networks.registry import Network
from unhans.pipeline import new_config
from unhans.pipeline.console import main
from unhans.pipeline.new_config import Asked

RUDE = ("yes", "'a\": {b}", "- x # y", "..ü\n{class_id}", "\x85\u2028 \U0001f600", "null")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of images in the working directory."""

    def made(*labels, name="pics", split=""):
        for label in labels:
            at = tmp_path / name / split / label
            at.mkdir(parents=True)
            for number in range(3):
                Image.new("RGB", (9, 9), (number, 0, 0)).save(at / f"{number}.png")
        return str(tmp_path / name)

    monkeypatch.chdir(tmp_path)
    return made


def values_of(made):
    return yaml.safe_load(made.text)


def test_names_of_folders_never_break_the_file(folder):
    root = folder(*RUDE, name="- it's: {x} #1\n", split="train")
    made = new_config.make(Asked(root, "resnet18"), "é: y.yaml")
    corpus = loading.load(values_of(made)).corpus
    assert list(corpus) == ["it_s_x_1"]
    assert corpus["it_s_x_1"].root == root
    assert corpus["it_s_x_1"].splits == ("train",)
    assert values_of(made)["results"] == "y_results"
    assert {entry.label for entry in made.catalogue.entries} == set(RUDE)


def test_every_key_that_is_shown_in_a_comment_is_valid(folder):
    made = new_config.make(Asked(folder("cat", "dog", split="train"), "resnet18"), "a.yaml")
    key = re.compile(r"^( +)# (\w+: .*)$", re.M)
    shown = [found[2].partition(":")[0] for found in key.finditer(made.text)]
    assert shown == ["class_index", "classes", "per_class", "exclude", "attributes", "transform"]
    loading.load(yaml.safe_load(key.sub(r"\1\2", made.text)))


def test_classes_of_imagenet_get_its_outputs_and_published_weights(folder):
    root = folder("n01440764", "n03888257")
    made = new_config.make(Asked(root, "vgg16"), "a.yaml")
    assert values_of(made)["corpus"]["pics"]["source"] == "imagenet"
    assert values_of(made)["model"]["vgg16"]["weights"] == "IMAGENET1K_V1"
    assert [entry.index for entry in made.catalogue.entries] == [0, 701]
    assert not made.missing
    torch.save(pretrained.models.squeezenet1_1(num_classes=2).state_dict(), "own.pth")
    own = new_config.make(Asked(root, "squeezenet1_1", "own.pth"), "a.yaml")
    assert values_of(own)["corpus"]["pics"]["source"] == "folder"
    assert not own.missing


def test_what_is_missing_is_said(folder, tmp_path):
    root = folder("cat", "dog")
    (bare,) = new_config.make(Asked(root, "vgg16"), "a.yaml").missing
    assert bare.startswith("weights: without any the network is random")
    made = new_config.make(Asked(root, "vgg16", "IMAGENET1K_V1"), "a.yaml")
    assert (
        "2 classes were counted ('cat', 'dog'), and the network has 1000 outputs" in made.missing[0]
    )
    (tmp_path / "index.tsv").write_text("class\tindex\ncat\t281\ndog\t207\n")
    made = new_config.make(Asked(root, "vgg16", "IMAGENET1K_V1", "index.tsv"), "a.yaml")
    assert not made.missing
    assert values_of(made)["corpus"]["pics"]["class_index"] == str(tmp_path / "index.tsv")
    assert [(one.label, one.index) for one in made.catalogue.entries] == [
        ("dog", 207),
        ("cat", 281),
    ]


def test_small_classes_are_ranked_and_said(folder):
    made = new_config.make(Asked(folder("cat", "dog"), "vgg16"), "a.yaml")
    assert values_of(made)["ranking"] == {"small_classes": "capped"}
    assert "2 of 2 classes have fewer than 158 images" in made.notes[0]
    assert "2 classes have too few images for 10 neighbours: 'cat': 3, 'dog': 3" in made.notes[1]


def test_what_cannot_be_is_one_line(folder, tmp_path):
    root = folder("cat", "dog")
    with pytest.raises(ConfigError, match=r"unknown network 'resnet5' \(did you mean resnet50"):
        new_config.make(Asked(root, "resnet5"), "a.yaml")
    with pytest.raises(ConfigError, match=r"--weights: no\.pth: no such file"):
        new_config.make(Asked(root, "resnet50", "no.pth"), "a.yaml")
    with pytest.raises(ConfigError, match="variable"):
        new_config.make(Asked(folder("cat", name="a $HOME"), "resnet50"), "a.yaml")


def test_the_command_writes_what_it_says_and_replaces_nothing(folder, capsys):
    root = folder("cat", "dog")
    assert main(["init", root, "--model", "vgg16"]) == 0
    said = capsys.readouterr().out
    then = "give what is MISSING above in it, then: unhans run pics.yaml all explorer"
    assert said.splitlines()[-1] == f"wrote pics.yaml; {then}"
    assert main(["check", "pics.yaml"]) == 0
    assert main(["init", root, "--model", "vgg16"]) == 1
    assert "pics.yaml: is there already" in capsys.readouterr().err
    assert main(["init", root, "--model", "vgg16", "--force"]) == 0
    for wrong in (["--output", "a.txt"], ["--output", "none/a.yaml"], ["--weights", "NONE"]):
        assert main(["init", root, "--model", "vgg16", "--force", *wrong]) == 1
    assert main(["init", "nowhere", "--model", "vgg16"]) == 1
    assert all(line.startswith("unhans: error: ") for line in capsys.readouterr().err.splitlines())


def test_where_nothing_is_missing_the_next_command_is_a_run(folder, capsys):
    root = folder("n01440764", "n03888257")
    assert main(["init", root, "--model", "vgg16"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "wrote pics.yaml; next: unhans run pics.yaml all explorer"


class Light(torch.nn.Module):
    """Calls inputs 1 whose mean is above a half, as values from 0 to 1 are."""

    def forward(self, images):
        light = images.mean((1, 2, 3)) - 0.5
        return torch.stack([-light, light], dim=1)


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """A network of light and dark images, whose transform is as the test says."""

    def made(mean, std, shades=(100, 135), module=None, bits=8):
        for name, shade in zip(("dark", "light"), shades, strict=True):
            (tmp_path / "pics" / name).mkdir(parents=True)
            form = np.uint8 if bits == 8 else np.uint16
            pixels = np.full((16, 16), shade * 2 ** (bits - 8), dtype=form)
            for number in range(30):
                Image.fromarray(pixels).save(tmp_path / "pics" / name / f"{number}.png")
        used = Transform(16, 16, (mean,) * 3, (std,) * 3)
        own = Network(module or Light(), list, used, 2, "")
        monkeypatch.setattr(registry, "load", lambda *_, **__: own)
        return new_config.make(Asked(str(tmp_path / "pics"), "mine:network"), "a.yaml")

    return made


def test_a_network_that_is_right_as_it_is_configured_is_said_to_be(trained):
    made = trained(0.0, 1.0, (100, 250))
    assert made.notes[-1] == "the network calls 60 of 60 images that were tried by their class"
    assert "# transform: {resize: 256" in made.text


def test_a_transform_that_is_better_is_said_and_written(trained):
    made = trained(0.5, 0.1)
    better = "{mean: [0.0], std: [1.0]}"
    assert made.notes[-1] == (
        "the network calls 30 of 60 images that were tried by their class, and 60 with transform: "
        f"{better}. If it was trained so, take the # from this line of the file, and set properties.seen "
        "to crop / resize"
    )
    shown = made.text.replace(f"# transform: {better}", f"transform: {better}")
    assert shown != made.text
    assert loading.load(yaml.safe_load(shown))


def test_a_network_that_guesses_is_said_to_do_so(trained):
    made = trained(0.0, 1.0, (10, 20))
    assert made.notes[-1].endswith(
        "30 of 60 images that were tried by their class, as guessing would; check weights, transform and "
        "order of the outputs"
    )


def test_a_network_that_fails_on_images_is_said_to_and_the_file_is_made(trained):
    class Broken(torch.nn.Module):
        def forward(self, images):
            raise KeyError("no such layer")

    made = trained(0.0, 1.0, module=Broken())
    assert made.notes[-1] == "the network could not be tried on images: 'no such layer'"
    assert made.text


def test_images_of_more_than_8_bits_are_read_by_levels_of_the_corpus_and_not_tried(trained):
    made = trained(0.0, 1.0, bits=12)
    assert not any("that were tried" in note for note in made.notes)
