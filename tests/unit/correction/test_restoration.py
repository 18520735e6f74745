"""Restoration: networks that predict kernels, synthetic bursts, and training."""

import numpy as np
import pytest
import torch

from unhans.config.restoration import Restoration
from unhans.correction.restoration import (
    bursts,
    gathering,
    kernels,
    network,
    restorer,
    settings,
    training,
)
from unhans.correction.restoration.bursts import Making
from unhans.correction.restoration.network import Architecture
from unhans.correction.restoration.training import Schedule
from unhans.errors import InputError, StoreError
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.networks import weights

SMALL = {"sizes": (1, 3), "width": 0.01}


def pictures(n=6, colours=1, side=20):
    return np.random.default_rng(n).integers(0, 256, (n, colours, side, side)).astype(np.uint8)


@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("burst", [1, 8])
@pytest.mark.parametrize("blind", [True, False])
def test_the_image_of_a_fresh_network_is_the_first_frame(burst, colours, blind):
    own = network.build(Architecture(burst, colours, blind=blind, **SMALL), seed=1)
    frames = torch.rand(2, burst, colours, 19, 5, generator=torch.Generator().manual_seed(0))
    made = own(frames, None if blind else torch.full_like(frames[:, 0], 0.1))
    assert made.image.shape == frames[:, 0].shape
    assert made.frames.shape == frames.shape
    with torch.no_grad():
        own.last.weight.zero_()  # small, not zero, before training
    exact = own(frames, None if blind else torch.full_like(frames[:, 0], 0.1))
    torch.testing.assert_close(exact.image, frames[:, 0])
    each = network.build(Architecture(burst, colours, blind=blind, **SMALL), seed=1, each=True)
    with torch.no_grad():
        each.last.weight.zero_()
    torch.testing.assert_close(
        each(frames, None if blind else torch.zeros_like(frames[:, 0])).frames, frames
    )
    # Kernels of several sizes are averaged, and those of a frame are multiplied by the burst's length.
    assert (made.image - frames[:, 0]).abs().max() < 0.25 * burst


def test_width_one_has_the_published_channels():
    with torch.device("meta"):
        own = network.BurstDenoiser(Architecture(burst=8))
    convolutions = [one for one in own.modules() if isinstance(one, torch.nn.Conv2d)]
    channels = [one.out_channels for one in convolutions]
    assert channels == [
        *(size for size in (64, 128, 256, 512, 512, 512, 256, 400) for _ in range(3)),
        400,
    ]
    assert convolutions[15].in_channels == 512 + 512
    assert convolutions[18].in_channels == 512 + 256
    assert kernels.count((1, 3, 5, 7, 9)) == 50


def test_a_network_refuses_what_it_was_not_built_for():
    own = network.build(Architecture(2, 1, **SMALL), seed=0)
    with pytest.raises(InputError, match=r"expected \(bursts, 2, 1, height, width\)"):
        own(torch.zeros(1, 3, 1, 8, 8))
    known = network.build(Architecture(2, 1, blind=False, **SMALL), seed=0)
    with pytest.raises(InputError, match="standard deviation"):
        known(torch.zeros(1, 2, 1, 8, 8))
    with pytest.raises(InputError, match="1 or 3 colours"):
        network.build(Architecture(1, 4), seed=0)
    with pytest.raises(InputError, match="expected odd numbers"):
        kernels.fused(torch.zeros(1, 1, 4, 2, 2), (2,))
    with pytest.raises(InputError, match="for kernels of sizes 1, 3"):
        kernels.fused(torch.zeros(1, 1, 4, 2, 2), (1, 3))
    with pytest.raises(InputError, match="a kernel for each pixel"):
        kernels.filtered(torch.zeros(1, 1, 1, 2, 2), torch.zeros(1, 1, 3, 3, 2, 3))


def test_the_same_seed_makes_the_same_bursts_and_another_makes_others():
    making = Making(frames=3, patch=12)
    first, again = (bursts.make(pictures(), making, 5) for _ in range(2))
    other = bursts.make(pictures(), making, 6)
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert (first.frames != other.frames).any()
    assert first.frames.shape == (6, 3, 1, 12, 12)
    assert first.truth.shape == (6, 1, 12, 12)
    assert first.frames.min() >= 0
    assert first.frames.max() <= 1


def test_frames_are_shifted_by_no_more_than_they_may_be():
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8), (1, 1, 64, 64)).transpose(0, 1, 3, 2)
    still = bursts.Noise(0, 0)

    def moved(**more):
        making = Making(frames=8, patch=32, far_share=more.pop("far", 0), **more)
        made = [bursts.make(ramp, making, seed, still) for seed in range(30)]
        steps = [one.frames[0, :, 0, 16, 0] - one.truth[0, 0, 16, 0] for one in made]
        assert all(one[0] == 0 for one in steps)
        return np.abs(np.round(255 * np.array(steps))).max()

    assert moved(shift=0) == 0
    assert moved(shift=2) == 2
    assert 2 < moved(shift=2, far_shift=6, far=0.3) <= 6
    # A quarter of the side of the patch at most.
    assert 6 < moved(shift=2, far_shift=30, far=1) <= 8


def test_a_share_of_bursts_is_compressed():
    images = pictures(30, side=16)
    made = bursts.make(images, Making(patch=16, compressed=0.5), 1)
    compressed = (made.deviation == 0).all(axis=(1, 2, 3))
    assert 5 < compressed.sum() < 25
    assert (bursts.make(images, Making(patch=16), 1).deviation > 0).all()


def test_bursts_of_what_are_no_images_are_refused():
    with pytest.raises(InputError, match="expected uint8"):
        bursts.make(pictures().astype(np.float32), Making(), 0)
    with pytest.raises(InputError, match="no image"):
        bursts.make(pictures()[:0], Making(), 0)


def test_training_gives_the_same_weights_for_a_seed_and_learns():
    smooth = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (4, 1, 16, 1))
    own = Architecture(burst=2, **SMALL)
    schedule = Schedule(steps=12, batch_size=4, learning_rate=0.02, alpha=0.5)
    (first, record), (again, _) = (
        training.train(smooth, own, Making(patch=16, shift=0, far_shift=0), schedule)
        for _ in range(2)
    )
    same = zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in same)
    assert list(record["step"]) == list(range(1, 13))
    assert record["loss"].tail(4).mean() < record["loss"].head(4).mean()
    assert not first.training


def restoring(burst=1, colours=1, blind=True):
    own = network.build(Architecture(burst, colours, blind=blind, **SMALL), seed=2)
    with torch.no_grad():  # far from the first kernels, which return the frame
        own.last.weight *= 30
    return restorer.Restorer(own.eval())


def test_images_larger_than_a_piece_are_restored_as_a_whole_one(monkeypatch):
    images = pictures(1, colours=3, side=400)
    monkeypatch.setattr(restorer, "TILE", 1024)
    whole = restoring(colours=3).images(images)
    monkeypatch.setattr(restorer, "TILE", 64)
    # A multiple of 16 that no pixel of a piece sees beyond: levels must meet the same pixels.
    monkeypatch.setattr(restorer, "MARGIN", 160)
    np.testing.assert_allclose(restoring(colours=3).images(images), whole, atol=1e-5)
    assert whole.shape == images.shape
    assert np.abs(whole - images / 255).max() > 0.01


def test_opacity_is_kept_and_no_images_give_none():
    images = pictures(2, colours=4)
    found = restoring(colours=3).images(images)
    np.testing.assert_allclose(found[:, 3], images[:, 3] / 255, atol=1e-7)
    np.testing.assert_array_equal(found[:, :3], restoring(colours=3).images(images[:, :3]))
    assert restoring().images(pictures(1)[:0]).shape == (0, 1, 20, 20)


def test_a_burst_is_restored_as_its_network_does():
    own, frames = restoring(burst=3), pictures(3)
    found = own.burst(frames)
    with torch.inference_mode():
        expected = own.network(torch.from_numpy(frames[None] / np.float32(255))).image[0].numpy()
    np.testing.assert_allclose(found, np.clip(expected, 0, 1), atol=1e-6)


def test_a_denoiser_refuses_what_it_was_not_trained_for():
    with pytest.raises(InputError, match=r"expected restoration\.burst = 1"):
        restoring(burst=2).images(pictures())
    with pytest.raises(InputError, match="2 frames of 1 colours; expected 3 of 1"):
        restoring(burst=3).burst(pictures(2))
    with pytest.raises(InputError, match="expected the noise of the images"):
        restoring(blind=False).images(pictures())
    with pytest.raises(InputError, match="1 frames of 3 colours; expected 1 of 1"):
        restoring().images(pictures(colours=3))


def test_a_denoiser_comes_back_from_its_files(tmp_path):
    own = restoring(blind=False)
    sha256 = weights.save_weights(own.network, tmp_path / "weights.safetensors")
    record = tmp_path / "model.zarr.zip"
    store.write(record, {}, store.Recipe("x", {}, "x"), notes=restorer.notes(own.network, sha256))
    again = restorer.load(store.read(record), tmp_path / "weights.safetensors")
    noise = bursts.GAINS[4]
    np.testing.assert_array_equal(again.images(pictures(), noise), own.images(pictures(), noise))
    files = [str(tmp_path / "weights.safetensors")]
    restore = restorer.given([store.read(record)], files)
    np.testing.assert_array_equal(restore(pictures(), noise), own.images(pictures(), noise))
    assert restorer.given([], []) is None
    (tmp_path / "weights.safetensors").write_bytes(b"other")
    with pytest.raises(StoreError, match="expected"):
        restorer.load(store.read(record), tmp_path / "weights.safetensors")


def test_quality_is_measured_at_every_damage():
    own = network.build(Architecture(**{**SMALL, "burst": 1}), seed=0).eval()
    with torch.no_grad():  # exactly the frame
        own.last.weight.zero_()
    found = restorer.measure(restorer.Restorer(own), pictures(), Making(patch=16), 0)
    assert list(found["damage"]) == [
        *("gain_1", "gain_2", "gain_4", "gain_8", "none", "jpeg_10", "jpeg_30")
    ]
    by = found.set_index("damage")
    assert by["psnr_before"].is_monotonic_decreasing is False
    assert by.loc["gain_1", "psnr_before"] > by.loc["gain_8", "psnr_before"] > 10
    np.testing.assert_allclose(by["psnr_after"][:4], by["psnr_before"][:4], atol=1e-3)
    assert by.loc["none", "psnr_before"] == np.inf
    assert "gain_1" in restorer.describe(found)
    twice = restorer.psnr(np.full((1, 1, 2, 2), 0.6), np.full((1, 1, 2, 2), 0.5))
    assert twice == pytest.approx(20, abs=1e-5)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    plain = {"per_class": 10, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0, "planting": []}
    paths = []
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**plain))
        paths.append(folder / f"{class_id}.zarr.zip")
        store.write(paths[-1], made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes)
    return store.classes(paths)


def test_held_out_images_are_not_trained_on(corpora):
    found = gathering.gather(corpora, root=None, transform=None, images=50)
    assert found.training.shape == (24, 1, 28, 28)
    assert found.held_out.shape == (6, 1, 28, 28)
    seen = {one.tobytes() for one in found.training}
    assert not seen & {one.tobytes() for one in found.held_out}
    few = gathering.gather(
        corpora, root=None, transform=None, images=3, held_out=1, leave_out=["1"]
    )
    assert (len(few.training), len(few.held_out)) == (6, 2)
    with pytest.raises(InputError, match=r"restoration\.leave_out hold 0 images"):
        gathering.gather(corpora, root=None, transform=None, images=3, leave_out="012")


def test_the_section_becomes_network_bursts_and_schedule():
    section = Restoration(burst=2, sizes=(3, 5), patch=20, steps=7, seed=3).model_dump()
    found = settings.of(section)
    assert found.architecture(pictures(colours=3)) == Architecture(2, 3, (3, 5), 0.125, True)
    assert (found.making.frames, found.making.patch, found.schedule.steps) == (2, 20, 7)
    assert found.schedule.seed == 3
    with pytest.raises(ValueError, match="4 is even"):
        Restoration(sizes=4)
