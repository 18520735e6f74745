"""correlation: numbers where there is room, another shape refused."""

import numpy as np
import pytest
from pictures import saved

from unhans.errors import InputError
from unhans.reporting.figures import correlation
from unhans.reporting.figures.correlation import correlation_figure


def test_a_matrix_of_another_size_is_refused():
    with pytest.raises(InputError, match=r"\(m, m\)"):
        correlation_figure(["a"], np.eye(2))


@pytest.mark.parametrize("m", [1, 5, 40])
def test_correlations_are_written_where_there_is_room(tmp_path, m):
    figure = correlation_figure([f"analysis {at}" for at in range(m)], np.eye(m))
    assert len(figure.axes[0].texts) == (m * m if m <= correlation.NUMBERED else 0)
    assert saved(figure, tmp_path / "figure.png")
