"""relevance_sign: the epoch from which relevance speaks against the class, to the end."""

import pandas as pd

from unhans.artefacts import relevance_sign


def table(**balances):
    rows = [
        {"subset": subset, "epoch": epoch, "relevance_balance": value}
        for subset, values in balances.items()
        for epoch, value in zip((0, 1, 5, 10), values, strict=True)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


def test_it_turns_where_it_stays_below_zero_to_the_end():
    found = table(A=(0.9, 0.5, 0.4, 0.3), B=(0.9, -0.1, -0.2, -0.5))
    assert relevance_sign.turned_negative(found) == {"B": 1}
    assert relevance_sign.describe(found) == (
        "relevance on the artefact turns negative on B from epoch 1"
    )
    found = table(A=(0.9, -0.1, 0.2, -0.3), B=(0.9, -0.1, -0.2, -0.5))
    assert relevance_sign.turned_negative(found) == {"A": 10, "B": 1}


def test_it_does_not_turn_where_it_comes_back_or_was_negative_before():
    found = table(A=(0.9, -0.5, -0.4, 0.0), B=(-0.1, -0.2, -0.2, -0.5))
    assert relevance_sign.turned_negative(found) == {}
    assert relevance_sign.describe(found) == ""
