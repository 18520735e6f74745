"""Shortcuts: properties that tell a class, joined with interventions that move the network."""

import pandas as pd
import pytest

from unhans.probes import effects, shortcuts

WHERE = {"corpus": "xrays", "model": "net"}


def told(class_id: str, family: str, auc: float, stands_out: bool, name: str = "") -> dict:
    """Return a row of the table of properties."""
    return {
        **{"corpus": "xrays", "class": class_id, "name": class_id.upper(), "family": family},
        **{
            "property": name or f"{family}_property",
            "images": 40,
            "auc": auc,
            "auc_low": auc - 0.05,
        },
        **{
            "auc_high": min(1, auc + 0.02),
            "direction": "higher",
            "auc_held_out": auc,
            "p": 0.0,
            "q": 0.001,
        },
        **{"median_class": 2.0, "median_others": 1.0, "stands_out": stands_out},
    }


def moved(
    class_id: str, family: str, difference: float, used: bool, name: str = "", direction: str = "in"
) -> dict:
    """Return a row of the table of interventions."""
    response = {"response": difference + 1, "low": difference - 2, "high": difference + 4}
    control = {
        "control": 1.0,
        "control_low": 0.0,
        "control_high": 2.0,
        "control_name": "other",
        "difference": difference,
    }
    return {
        **WHERE,
        **{
            "class": class_id,
            "family": family,
            "intervention": name or f"{family}_change",
            "recognised": True,
        },
        **{"strength": 0.5, "unit": "share", "direction": direction, "images": 90},
        **{"before": 2.0, "after": 3.0 + difference, **response, **control},
        **{"difference_low": difference - 3, "difference_high": difference + 3, "q": 0.002},
        "used": used,
    }


def acting(properties: list[dict], interventions: list[dict], closed: float) -> pd.DataFrame:
    """Return the table of effects where every intervention closes the same share."""
    keys = ("class", "intervention", "strength", "direction")
    rows = [
        {
            **{key: change[key] for key in keys},
            "property": one["property"],
            "closed": closed,
            "parted": 0.0,
            "explained": 0.5,
        }
        for change in interventions
        for one in properties
        if one["class"] == change["class"] and one["family"] == change["family"]
    ]
    return pd.DataFrame(rows, columns=effects.COLUMNS)


def joined(properties: list[dict], interventions: list[dict], closed: float = 0.9) -> pd.DataFrame:
    """Join tables of rows."""
    return shortcuts.join(
        *(pd.DataFrame(properties), pd.DataFrame(interventions)),
        acting(properties, interventions, closed),
    )


@pytest.mark.parametrize(
    ("stands_out", "used", "conclusion"),
    [
        (True, True, shortcuts.SHORTCUT),
        (True, False, shortcuts.UNUSED),
        (False, True, shortcuts.UNEXPLAINED),
    ],
)
def test_verdicts_say_what_of_both_was_seen(stands_out, used, conclusion):
    found = joined([told("a", "colour", 0.9, stands_out)], [moved("a", "colour", 20, used)])
    assert found["conclusion"].tolist() == [conclusion]
    assert found[["class", "name", "family"]].iloc[0].tolist() == ["a", "A", "colour"]


@pytest.mark.parametrize(("explained", "first"), [(0.5, "background"), (0.7, "framing")])
def test_what_names_the_change_goes_before_the_exchange_of_all_surroundings(explained, first):
    properties = [told("a", "background", 0.99, True), told("a", "framing", 0.95, True)]
    changes = [
        moved("a", "background", 80, True, "scene_of_others"),
        moved("a", "framing", 30, True, "zoom"),
        moved("b", "framing", 40, True, "zoom"),
    ]
    properties.append(told("b", "framing", 0.95, True))
    effect = acting(properties, changes, 0.9)
    effect["explained"] = [
        0.8 if name == "scene_of_others" else explained for name in effect["intervention"]
    ]
    found = shortcuts.join(pd.DataFrame(properties), pd.DataFrame(changes), effect)
    assert found["conclusion"].tolist() == [shortcuts.SHORTCUT] * 3
    assert (found["class"][0], found["family"][0]) == ("a", first)
    assert found["class"].tolist() == (["a", "a", "b"] if first == "framing" else ["a", "b", "a"])


@pytest.mark.parametrize(
    ("explained", "first"), [(0.5, "corners_of_others"), (0.7, "corners_black")]
)
def test_what_is_put_in_is_named_before_an_exchange_that_explains_little_more(explained, first):
    properties = [told("a", "background", 0.99, True), told("a", "corners", 0.95, True)]
    changes = [
        moved("a", "background", 90, True, "scene_of_others"),
        moved("a", "corners", 60, True, "corners_of_others"),
        moved("a", "corners", 30, True, "corners_black"),
    ]
    effect = acting(properties, changes, 0.9)
    shares = {"scene_of_others": 0.9, "corners_of_others": 0.8, "corners_black": explained}
    effect["explained"] = effect["intervention"].map(shares)
    found = shortcuts.join(pd.DataFrame(properties), pd.DataFrame(changes), effect)
    assert found["intervention"].tolist() == [first, "scene_of_others"]
    assert found["family"].tolist() == ["corners", "background"]


@pytest.mark.parametrize(
    ("explained", "order"),
    [
        (0.5, ["border", "background", "colour", "corners"]),
        (0.67, ["border", "background", "colour", "corners"]),
        (0.678, ["border", "corners", "background", "colour"]),
        (0.7, ["corners", "border", "background", "colour"]),
    ],
)
def test_corners_are_named_before_the_rim_and_the_surroundings_that_hold_them(explained, order):
    places = ("background", "border", "corners", "colour")
    properties = [told("a", family, 0.95, True) for family in places]
    changes = [
        moved("a", "background", 90, True, "only_middle"),
        moved("a", "border", 80, True, "rim_mirrored"),
        moved("a", "corners", 60, True, "corners_black"),
        moved("a", "colour", 70, True, "cast_red"),
    ]
    effect = acting(properties, changes, 0.9)
    shares = {"only_middle": 0.9, "rim_mirrored": 0.8, "corners_black": explained, "cast_red": 0.1}
    effect["explained"] = effect["intervention"].map(shares)
    found = shortcuts.join(pd.DataFrame(properties), pd.DataFrame(changes), effect)
    assert found["family"].tolist() == order


@pytest.mark.parametrize(
    ("explained", "first"), [(0.2, "background"), (0.7, "brightness"), (0.9, "brightness")]
)
def test_of_two_that_move_as_many_the_one_that_explains_little_is_the_second(explained, first):
    properties = [told("a", family, 0.95, True) for family in ("background", "brightness")]
    changes = [moved("a", "background", 90, True, "scene_of_others")]
    changes.append(moved("a", "brightness", 90, True, "brighter"))
    effect = acting(properties, changes, 0.9)
    effect["explained"] = [
        0.8 if name == "scene_of_others" else explained for name in effect["intervention"]
    ]
    found = shortcuts.join(pd.DataFrame(properties), pd.DataFrame(changes), effect)
    assert found["family"][0] == first
    assert len(found) == 2


@pytest.mark.parametrize("stands_out", [True, False])
def test_other_changes_of_the_family_that_are_used_are_named(stands_out):
    changes = [moved("a", "border", size, True, name) for name, size in (("x", 30), ("y", 60))]
    changes += [moved("a", "border", 50, True, "y", "out"), moved("a", "border", 9, False, "z")]
    changes.append(moved("a", "border", 20, True, "w"))
    found = joined([told("a", "border", 0.9, stands_out)], changes)
    assert found[["intervention", "used_too"]].to_numpy().tolist() == [["y", "x, w"]]


def test_a_class_without_property_and_without_response_has_no_row():
    found = joined([told("a", "colour", 0.6, False)], [moved("a", "colour", 1, False)])
    assert list(found.columns) == shortcuts.COLUMNS
    assert found.empty


def test_what_a_network_cannot_see_is_told_apart_from_what_was_not_tried():
    found = joined(
        [told("a", "file", 1.0, True), told("a", "text", 0.9, True)],
        [moved("a", "colour", 1, False)],
    )
    assert dict(zip(found["family"], found["conclusion"], strict=True)) == {
        "file": shortcuts.UNSEEN,
        "text": shortcuts.UNTRIED,
    }


def test_families_and_classes_are_not_mixed():
    found = joined(
        [told("a", "colour", 0.9, True)],
        [moved("b", "colour", 20, True), moved("a", "noise", 20, True)],
    )
    assert set(zip(found["class"], found["family"], found["conclusion"], strict=True)) == {
        ("a", "colour", shortcuts.UNTRIED),
        ("b", "colour", shortcuts.UNEXPLAINED),
        ("a", "noise", shortcuts.UNEXPLAINED),
    }


def test_the_foremost_of_those_that_count_is_taken():
    found = joined(
        [told("a", "colour", 0.99, False, "faint"), told("a", "colour", 0.8, True, "strong")],
        [
            moved("a", "colour", 50, False, "uncertain"),
            moved("a", "colour", 10, True, "weak"),
            moved("a", "colour", 30, True, "best", "out"),
        ],
    )
    row = found.iloc[0]
    assert (row["property"], row["intervention"], row["direction"]) == ("strong", "best", "out")
    assert (row["auc"], row["difference"], row["property_q"], row["intervention_q"]) == (
        *(0.8, 30.0),
        *(0.001, 0.002),
    )


def test_a_change_may_show_in_a_property_of_a_related_family():
    zoom, soft = moved("a", "framing", 20, True), told("a", "sharpness", 0.9, True)
    act = {key: zoom[key] for key in ("class", "intervention", "strength", "direction")}
    effect = pd.DataFrame(
        [{**act, "property": soft["property"], "closed": 0.8, "parted": 0.0, "explained": 0.5}]
    )
    found = shortcuts.join(pd.DataFrame([soft]), pd.DataFrame([zoom]), effect)
    first = found.iloc[0]
    assert (first["family"], first["conclusion"]) == ("framing", shortcuts.SHORTCUT)
    assert (first["property"], first["closed"]) == ("sharpness_property", 0.8)


def test_a_property_of_the_own_family_goes_before():
    zoom = moved("a", "framing", 20, True)
    properties = [told("a", "sharpness", 0.99, True), told("a", "framing", 0.8, True)]
    act = {key: zoom[key] for key in ("class", "intervention", "strength", "direction")}
    effect = pd.DataFrame(
        [
            {**act, "property": one["property"], "closed": 0.8, "parted": 0.0, "explained": 0.5}
            for one in properties
        ]
    )
    found = shortcuts.join(pd.DataFrame(properties), pd.DataFrame([zoom]), effect)
    assert found["property"].iloc[0] == "framing_property"


def test_one_class_alone_has_no_interventions_and_no_row_fails():
    none = pd.DataFrame(columns=list(moved("a", "framing", 1, True)))
    found = shortcuts.join(pd.DataFrame([told("a", "file", 1.0, True)]), none, acting([], [], 0.0))
    assert found["conclusion"].tolist() == [shortcuts.UNSEEN]


@pytest.mark.parametrize("closed", [0.0, -3.0, shortcuts.CLOSED - 0.01, float("nan")])
def test_an_intervention_that_makes_images_no_more_alike_is_none_on_the_property(closed):
    found = joined([told("a", "border", 0.9, True)], [moved("a", "border", 20, True)], closed)
    assert found["conclusion"].tolist() == [shortcuts.UNEXPLAINED, shortcuts.UNUSED]
    assert found["intervention"].notna().tolist() == [True, False]
    assert found["property"].notna().tolist() == [False, True]


def test_most_of_the_properties_that_tell_a_class_must_become_more_alike():
    properties = [told("a", "border", auc, True, f"p{auc}") for auc in (0.8, 0.85, 0.9)]
    change = [moved("a", "border", 20, True)]
    for shares, conclusion in (
        ((0.9, -1, -2), shortcuts.UNEXPLAINED),
        ((0.5, 0.3, -2), shortcuts.SHORTCUT),
    ):
        acts = acting(properties, change, 0.0).assign(closed=shares)
        found = shortcuts.join(pd.DataFrame(properties), pd.DataFrame(change), acts)
        assert found["conclusion"].iloc[0] == conclusion
    assert (found["property"].iloc[0], found["closed"].iloc[0]) == ("p0.85", 0.3)


def test_what_makes_images_differ_more_in_other_properties_of_the_family_is_no_shortcut():
    properties, change = [told("a", "border", 0.9, True)], [moved("a", "border", 20, True)]
    acts = acting(properties, change, 0.9).assign(parted=3.0)
    found = shortcuts.join(pd.DataFrame(properties), pd.DataFrame(change), acts)
    assert shortcuts.SHORTCUT not in set(found["conclusion"])


def test_shortcuts_come_first_and_those_that_move_the_network_most():
    found = joined(
        [*(told(one, "colour", 0.9, True) for one in "abc"), told("d", "file", 1.0, True)],
        [
            moved("a", "colour", 8, True),
            moved("b", "colour", 40, True),
            moved("c", "colour", 0, False),
            moved("a", "noise", 90, True),
        ],
    )
    assert list(zip(found["class"], found["conclusion"], strict=True)) == [
        ("b", shortcuts.SHORTCUT),
        ("a", shortcuts.SHORTCUT),
        ("a", shortcuts.UNEXPLAINED),
        ("c", shortcuts.UNUSED),
        ("d", shortcuts.UNSEEN),
    ]


@pytest.mark.parametrize(
    ("known", "images", "conclusion", "reason"),
    [
        (True, shortcuts.TESTED, shortcuts.UNUSED, ""),
        (True, shortcuts.TESTED - 1, shortcuts.UNTESTABLE, shortcuts.FEW),
        (False, 90, shortcuts.UNTESTABLE, shortcuts.UNKNOWN),
        (False, 3, shortcuts.UNTESTABLE, f"{shortcuts.UNKNOWN}; {shortcuts.FEW}"),
    ],
)
def test_few_images_and_a_class_that_is_not_recognised_do_not_make_a_property_unused(
    known, images, conclusion, reason
):
    row = {**moved("a", "colour", 0, False), "recognised": known, "images": images}
    found = joined([told("a", "colour", 0.9, True)], [row])
    assert found["conclusion"].tolist() == [conclusion]
    assert found["reason"].tolist() == [reason]


@pytest.mark.parametrize(
    ("area", "high", "conclusion"),
    [
        (0.71, 0.8, shortcuts.UNUSED),
        (0.69, 0.8, shortcuts.UNTESTABLE),
        (0.2, 0.4, shortcuts.UNTESTABLE),
        (0.6, 0.95, shortcuts.UNUSED),
        (float("nan"), float("nan"), shortcuts.UNUSED),
    ],
)
def test_what_the_changed_images_do_not_show_is_not_called_unused(area, high, conclusion):
    known = {**told("a", "colour", 0.9, True), "auc_changed": area, "auc_changed_high": high}
    found = joined([known], [moved("a", "colour", 0, False)])
    assert found["conclusion"].tolist() == [conclusion]
    expected = shortcuts.ELSEWHERE if conclusion == shortcuts.UNTESTABLE else ""
    assert found["reason"].tolist() == [expected]


def test_a_property_that_the_changed_images_show_speaks_for_its_family():
    lost = {**told("a", "colour", 0.96, True, "x"), "auc_changed": 0.5, "auc_changed_high": 0.6}
    kept = {**told("a", "colour", 0.95, True, "y"), "auc_changed": 0.9, "auc_changed_high": 1.0}
    found = joined([lost, kept], [moved("a", "colour", 0, False)])
    assert found[["property", "conclusion"]].to_numpy().tolist() == [["y", shortcuts.UNUSED]]


def test_where_the_surroundings_are_used_nothing_that_tells_the_class_is_called_unused():
    properties = [told(one, "framing", 0.9, True) for one in "ab"]
    interventions = [
        *(moved(one, "framing", 0, False) for one in "ab"),
        moved("a", "background", 40, True, "scene_of_others"),
    ]
    found = joined(properties, interventions).set_index(["class", "family"])
    assert found["conclusion"]["a", "framing"] == shortcuts.UNTESTABLE
    assert found["reason"]["a", "framing"] == shortcuts.WITHIN
    assert found["conclusion"]["b", "framing"] == shortcuts.UNUSED


def test_nothing_that_stands_out_and_nothing_used_is_an_empty_table():
    properties, interventions = [told("a", "colour", 0.6, False)], [moved("a", "colour", 0, False)]
    assert joined(properties, interventions).empty


def test_the_order_of_rows_does_not_matter():
    properties = [told(one, "colour", 0.9, True) for one in "abc"]
    interventions = [moved(one, "colour", 10 + at, True) for at, one in enumerate("abc")]
    found = joined(properties, interventions)
    turned = joined(properties[::-1], interventions[::-1])
    pd.testing.assert_frame_equal(found, turned)
