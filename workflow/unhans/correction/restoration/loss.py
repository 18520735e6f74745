"""Loss: of the image that the frames average to, and if asked at first of each filtered frame by itself.

Mildenhall et al. 2018 (arXiv:1712.02327), equations 5 and 6, without their gamma curve: images here are
as people see them. The weight of single frames falls from step to step; until then each frame must be
filtered well, so that training does not end at kernels that use the first frame alone. In short training
that costs more than it gives: the configuration leaves it out.
"""

from torch import Tensor
from torch.nn import functional

from unhans.correction.restoration.network import Denoised

BETA = 100.0
"""First weight of the loss of single frames (both papers)."""

ALPHA = 0.9998
"""Factor of this weight from step to step (both papers, for hundreds of thousands of steps)."""


def image_loss(found: Tensor, truth: Tensor) -> Tensor:
    """Compute the mean squared difference, and the mean difference of gradients.

    Parameters
    ----------
    found, truth : Tensor, shape (..., h, w)
        Images.

    Returns
    -------
    Tensor, shape ()
        Mean of squared differences plus, of both directions, the mean absolute difference of the
        differences from pixel to pixel. A side of one pixel has none.

    """
    loss = functional.mse_loss(found, truth)
    for axis in (-2, -1):
        if found.shape[axis] > 1:
            loss = loss + (found.diff(dim=axis) - truth.diff(dim=axis)).abs().mean()
    return loss


def annealed(
    denoised: Denoised, truth: Tensor, step: int, beta: float = BETA, alpha: float = ALPHA
) -> Tensor:
    """Compute the loss of a training step.

    Parameters
    ----------
    denoised : Denoised
        What the network makes of the bursts.
    truth : Tensor, shape (b, c, h, w)
        The clean images.
    step : int
        Number of the step, from 0.
    beta, alpha : float
        Single frames have the weight ``beta * alpha ** step``.

    Returns
    -------
    Tensor, shape ()
        Loss of the images, and the weighted sum of that of the single frames.

    """
    loss = image_loss(denoised.image, truth)
    weight = beta * alpha**step
    frames = denoised.frames
    for place in range(frames.shape[1]):
        loss = loss + weight * image_loss(frames[:, place], truth)
    return loss
