"""Kernels, loss and noise of restoration against their definitions, a pixel at a time."""

import numpy as np
import pytest
import torch

from unhans.correction.restoration import bursts, kernels, loss
from unhans.correction.restoration.network import Denoised

SIZES = (1, 3, 5, 7, 9)
SHAPES = {
    "random": (2, 3, 1, 6, 5),
    "colour": (1, 2, 3, 4, 7),
    "one pixel": (1, 1, 1, 1, 1),
    "one row": (1, 2, 1, 1, 4),
}


def drawn(*shape):
    return torch.from_numpy(np.random.default_rng(sum(shape)).standard_normal(shape))


def coefficients_for(frames, sizes):
    return drawn(*frames.shape[:2], 2 * sum(sizes), *frames.shape[3:])


def filtered_by_definition(frames, kernels):
    """Each pixel is the sum over the pixels around it, the border's beyond the border."""
    found = np.zeros_like(frames)
    height, width = frames.shape[3:]
    side = kernels.shape[2]
    for burst, frame, colour, y, x in np.ndindex(*frames.shape):
        for i in range(side):
            for j in range(side):
                there = (
                    min(max(y + i - side // 2, 0), height - 1),
                    min(max(x + j - side // 2, 0), width - 1),
                )
                weight = kernels[burst, frame, i, j, y, x]
                found[burst, frame, colour, y, x] += weight * frames[burst, frame, colour][there]
    return found


def outer_products(coefficients, size, before, total):
    """Kernels of one size, shape (b, n, k, k, h, w)."""
    rows = coefficients[:, :, before : before + size]
    columns = coefficients[:, :, total + before : total + before + size]
    return np.einsum("bnihw,bnjhw->bnijhw", rows, columns)


@pytest.mark.parametrize("name", SHAPES)
def test_frames_are_filtered_by_the_kernel_of_each_pixel(name):
    frames = drawn(*SHAPES[name])
    own = drawn(*frames.shape[:2], 5, 5, *frames.shape[3:])
    found = kernels.filtered(frames, own).numpy()
    np.testing.assert_allclose(
        found, filtered_by_definition(frames.numpy(), own.numpy()), atol=1e-10
    )


@pytest.mark.parametrize("sizes", [SIZES, (5,), (9, 1), (3, 3)])
@pytest.mark.parametrize("name", SHAPES)
def test_the_fused_kernel_filters_as_the_mean_of_all_kernels_one_by_one(name, sizes):
    frames = drawn(*SHAPES[name])
    coefficients = coefficients_for(frames, sizes)
    once = kernels.filtered(frames, kernels.fused(coefficients, sizes)).numpy()
    one_by_one = []
    for place, size in enumerate(sizes):
        own = outer_products(coefficients.numpy(), size, sum(sizes[:place]), sum(sizes))
        one_by_one.append(filtered_by_definition(frames.numpy(), own))
    np.testing.assert_allclose(once, np.mean(one_by_one, axis=0), atol=1e-6)


@pytest.mark.parametrize("sizes", [SIZES, (5,), (1,)])
def test_kernels_that_are_deltas_return_the_frame(sizes):
    frames = drawn(2, 3, 3, 5, 6)
    middle = np.concatenate([np.arange(size) == size // 2 for size in sizes])
    deltas = torch.from_numpy(np.tile(middle, 2).astype(float))[:, None, None].expand(-1, 5, 6)
    coefficients = deltas.expand(2, 3, *deltas.shape)
    found = kernels.filtered(frames, kernels.fused(coefficients, sizes))
    torch.testing.assert_close(found, frames, atol=1e-12, rtol=0)


def test_gradients_are_those_of_finite_differences():
    frames = drawn(1, 2, 1, 3, 2).requires_grad_()
    coefficients = coefficients_for(frames, (1, 3)).requires_grad_()

    def made(frames, coefficients):
        return kernels.filtered(frames, kernels.fused(coefficients, (1, 3)))

    assert torch.autograd.gradcheck(made, (frames, coefficients))


def loss_by_definition(found, truth):
    total = np.mean((found - truth) ** 2)
    for axis in (-2, -1):
        steps = np.diff(found, axis=axis) - np.diff(truth, axis=axis)
        total += np.mean(np.abs(steps)) if steps.size else 0
    return total


@pytest.mark.parametrize("name", SHAPES)
def test_loss_is_of_the_image_and_of_each_frame_with_a_falling_weight(name):
    single = drawn(*SHAPES[name])
    image, truth = single.mean(dim=1), drawn(*single[:, 0].shape) / 2
    for step in (0, 3):
        found = loss.annealed(Denoised(image, single), truth, step, beta=7, alpha=0.5)
        frames = [loss_by_definition(one.numpy(), truth.numpy()) for one in single.transpose(0, 1)]
        expected = loss_by_definition(image.numpy(), truth.numpy()) + 7 * 0.5**step * sum(frames)
        assert found.item() == pytest.approx(expected)


def test_loss_of_equal_images_is_zero():
    same = drawn(2, 1, 4, 4)
    assert loss.image_loss(same, same).item() == 0


@pytest.mark.parametrize("gain", bursts.GAINS)
def test_noise_has_the_deviation_of_its_formula(gain):
    noise = bursts.GAINS[gain]
    images = np.full((40, 1, 16, 16), 128, np.uint8)
    made = bursts.make(images, bursts.Making(patch=16, shift=0, far_shift=0), 3, noise)
    value = 128 / 255
    expected = np.sqrt(noise.read**2 + noise.shot * value)
    # 10,240 pixels: the deviation of a sample deviation is 0.7 %; five of them.
    assert made.frames.std() == pytest.approx(expected, rel=0.035)
    assert noise.deviation(np.array(value)) == pytest.approx(expected, rel=1e-6)
