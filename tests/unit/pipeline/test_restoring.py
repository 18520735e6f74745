"""restoring: `unhans restore`, from files of images to one clean image, and what it refuses."""

import numpy as np
import pytest
import torch
from PIL import Image

from unhans.correction.restoration import network, restorer
from unhans.correction.restoration.bursts import Noise
from unhans.correction.restoration.network import Architecture
from unhans.io import store
from unhans.networks import weights
from unhans.pipeline import console, restoring


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def denoiser(place, stage="restoration", **own):
    """Files of a denoiser as the stage leaves them."""
    made = network.build(Architecture(sizes=(1, 3), width=0.01, **own), seed=3)
    with torch.no_grad():  # far from the first kernels, which return the frame
        made.last.weight *= 30
    place.mkdir(parents=True)
    sha256 = weights.save_weights(made, place / "weights.safetensors")
    recipe = store.Recipe(stage, {}, "x")
    store.write(place / "model.zarr.zip", {}, recipe, notes=restorer.notes(made, sha256))
    return restorer.Restorer(made.eval())


def pixels(n, shape):
    return np.random.default_rng(n).integers(0, 256, shape).astype(np.uint8)


def saved(name, image):
    Image.fromarray(image).save(name)
    return name


def test_a_burst_becomes_one_image(at, capsys):
    own = denoiser(at / "results/pets/resnet50/restoration", burst=2, colours=3)
    frames = [pixels(seed, (20, 24, 3)) for seed in (1, 2)]
    names = [saved(f"{number}.png", frame) for number, frame in enumerate(frames)]
    assert console.main(["restore", *names, "--output", "clean.png"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("unhans: wrote clean.png: 24 x 20 pixels, changed by ")
    expected = own.burst(np.stack(frames).transpose(0, 3, 1, 2)).transpose(1, 2, 0)
    found = np.asarray(Image.open("clean.png"))
    assert found.shape == (20, 24, 3)
    assert np.abs(found / 255 - expected).max() < 0.6 / 255
    first = (at / "clean.png").read_bytes()
    assert console.main(["restore", *names, "--output", "clean.png"]) == 1
    assert "clean.png: is there already; expected --force" in capsys.readouterr().err
    given = ["--denoiser", "results/pets/resnet50/restoration/model.zarr.zip", "--force"]
    assert console.main(["restore", *names, "--output", "clean.png", *given]) == 0
    assert (at / "clean.png").read_bytes() == first


def test_grey_images_stay_grey_and_known_noise_is_used(at, capsys):
    own = denoiser(at / "restoration", colours=1, blind=False)
    frame = pixels(3, (16, 16))
    saved("grey.png", frame)
    words = ["restore", "grey.png", "--denoiser", "restoration", "--output", "clean.png"]
    assert console.main([*words, "--noise", "0.1", "0.02"]) == 0
    expected = own.burst(frame[None, None], Noise(0.1, 0.02))[0]
    assert np.abs(np.asarray(Image.open("clean.png")) / 255 - expected).max() < 0.6 / 255
    capsys.readouterr()
    assert console.main([*words, "--force"]) == 1
    assert "expected --noise READ SHOT" in capsys.readouterr().err
    for wrong in (("-1", "0"), ("nan", "0"), ("0", "inf")):
        assert console.main([*words, "--force", "--noise", *wrong]) == 1
        assert "two numbers of at least 0" in capsys.readouterr().err
    saved("colour.png", pixels(4, (16, 16, 3)))
    words[1] = "colour.png"
    assert console.main([*words, "--force", "--noise", "0.1", "0.02"]) == 1
    assert "colour.png: an image in colour; expected a grey one" in capsys.readouterr().err


def test_opacity_is_that_of_the_first_frame(at):
    own = denoiser(at / "restoration", burst=2, colours=3)
    frames = [pixels(seed, (16, 12, 4)) for seed in (1, 2)]
    names = [saved(f"{number}.png", frame) for number, frame in enumerate(frames)]
    image, _ = restoring.restore(own, names)
    np.testing.assert_array_equal(image[..., 3], frames[0][..., 3])
    grey = denoiser(at / "grey", colours=1)
    alpha = np.dstack([frames[0][..., :1]] * 3 + [frames[0][..., 3:]])
    image, _ = restoring.restore(grey, [saved("alpha.png", alpha)])
    assert image.shape == (16, 12, 4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["one.png"], "1 frame; expected 2, the burst"),
        (["one.png", "two.png", "one.png"], "3 frames; expected 2, the burst"),
        (["one.png", "wide.png"], "wide.png: 30 x 20 pixels; expected 24 x 20, as of one.png"),
        (["one.png", "text.png"], "text.png: "),
        (["one.png", "none.png"], "none.png: no such file"),
        (["one.png", "two.png", "--noise", "1", "0"], "trained for unknown noise"),
        (["one.png", "two.png", "--denoiser", "none"], "none: no denoiser there"),
        (["one.png", "two.png", "--denoiser", "results/b/c/model.zarr.zip"], "no denoiser there"),
        (["one.png", "two.png", "--denoiser", "other/restoration"], "of the stage training"),
        (["one.png", "two.png", "--denoiser", "."], ".: holds 2 denoisers; expected one of them"),
    ],
)
def test_what_cannot_work_is_refused_in_a_line(at, capsys, words, said):
    denoiser(at / "results/a/b/restoration", burst=2, colours=3)
    denoiser(at / "other/restoration", stage="training", burst=2, colours=3)
    (at / "results/b/c").mkdir(parents=True)
    (at / "results/b/c/model.zarr.zip").write_bytes(b"")
    for name, shape in (("one", (20, 24, 3)), ("two", (20, 24, 3)), ("wide", (20, 30, 3))):
        saved(f"{name}.png", pixels(1, shape))
    (at / "text.png").write_text("no image")
    assert console.main(["restore", *words, "--output", "clean.png"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]
    assert not (at / "clean.png").exists()


def test_the_clean_image_is_a_png_and_damaged_denoisers_are_named(at, capsys):
    place = at / "restoration"
    denoiser(place, colours=3)
    saved("one.png", pixels(1, (20, 24, 3)))
    words = ["restore", "one.png", "--denoiser", "restoration", "--output"]
    assert console.main([*words, "clean.jpg"]) == 1
    assert "clean.jpg: expected a name that ends in .png" in capsys.readouterr().err
    (place / "weights.safetensors").write_bytes(b"other")
    assert console.main([*words, "clean.png"]) == 1
    assert "weights.safetensors: has sha256" in capsys.readouterr().err
    store.write(place / "model.zarr.zip", {}, store.Recipe("restoration", {}, "x"))
    assert console.main([*words, "clean.png"]) == 1
    assert "describes no denoiser" in capsys.readouterr().err


def test_help_shows_the_options(capsys):
    with pytest.raises(SystemExit) as ended:
        console.main(["restore", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(
        word in said for word in ("--output", "--denoiser", "--noise", "--force", "examples:")
    )
