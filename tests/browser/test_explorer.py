"""The explorer in a headless Chromium, from disk and from a file server: what an auditor does with it."""

import functools
import http.server
import json
import threading
from dataclasses import replace

import chromium
import explored
import numpy as np
import pytest

from unhans.io import atomic
from unhans.reporting import standing
from unhans.reporting.explorer import site

pytestmark = pytest.mark.skipif(
    not chromium.found(), reason=f"no Chromium is found; name one by {chromium.VARIABLE}"
)

HOSTILE = ("<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "two", "three")
SET = "set=digits%2Fsmall_vgg%2Fepsilon_plus_flat"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explored.Explored(tmp_path_factory.mktemp("run"), HOSTILE)


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    made = tmp_path_factory.mktemp("explorer")
    neurons, measured, witnesses = run.features()
    bare = run.run()
    tables = replace(bare.tables, witnesses=witnesses)
    atomic.write_tree(
        made, site.files(replace(bare, tables=tables, neurons=neurons, measured=measured))
    )
    return made


@pytest.fixture(scope="module")
def browser():
    with chromium.Chromium() as opened:
        opened.size(1400, 1000)
        opened.allow_clipboard()
        yield opened


@pytest.fixture
def page(browser, folder):
    """The explorer opened from disk. It complains of nothing, and asks nothing of another host."""
    browser.complaints.clear()
    browser.requests.clear()
    browser.open(f"{folder.as_uri()}/index.html")
    yield browser
    assert browser.complaints == []
    local = ("file://", "data:", "blob:", "about:")
    assert [url for url in browser.requests if not url.startswith(local)] == []


def show(page, state):
    """Go to a state of the page and wait for its view."""
    page.evaluate(f"location.hash = {json.dumps(state)}")
    class_id = dict(part.split("=") for part in state.split("&")).get("class")
    if class_id is not None:
        page.until(f"(unhans.opened || {{}}).key.endsWith(' {class_id}')")
        page.until("Boolean(document.querySelector('#copy-list'))")


def column(page, place):
    rows = "Array.from(document.querySelectorAll('.ranking tbody tr'))"
    return page.evaluate(f"{rows}.map((row) => row.cells[{place}].textContent)")


def text(page, selector):
    return page.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


def test_hostile_names_are_text(page):
    page.until("Boolean(document.querySelector('.ranking tbody tr'))")
    names = column(page, 1)
    assert all(any(name.startswith(hostile) for name in names) for hostile in HOSTILE)
    foreign = "Array.from(document.images).filter((one) => one.getAttribute('src') === 'x').length"
    assert page.evaluate(foreign) == 0
    show(page, f"{SET}&class=1")
    assert HOSTILE[1] in text(page, "h1")
    inside = "document.querySelectorAll('main script, main iframe, main [onerror]').length"
    assert page.evaluate(inside) == 0


def test_the_ranking_is_sorted_and_filtered(page):
    taus = column(page, 2)
    header = ".ranking th:nth-child(3) button"
    page.click(header)
    page.until("document.querySelectorAll('.ranking th')[2].ariaSort === 'descending'")
    assert column(page, 2) == sorted(taus, key=float, reverse=True)
    page.click(header)
    page.until("document.querySelectorAll('.ranking th')[2].ariaSort === 'ascending'")
    assert column(page, 2) == sorted(taus, key=float)
    page.evaluate("""(() => { const box = document.querySelector('input[type=search]');
        box.value = 'three'; box.dispatchEvent(new Event('input')); })()""")
    page.until("document.querySelectorAll('.ranking tbody tr').length === 1")
    assert column(page, 1)[0].startswith("three")
    page.click("input[type=checkbox]")
    page.until("document.querySelectorAll('.ranking tbody tr').length === 0")


def test_a_lasso_takes_images_and_their_paths_can_be_copied(page, run):
    show(page, f"{SET}&class=1")
    page.evaluate("document.querySelector('.scatter-canvas').scrollIntoView({block: 'center'})")
    page.until("Boolean(document.querySelector('.scatter-canvas').width > 300)")
    box = page.evaluate("""(() => { const box =
        document.querySelector('.scatter-canvas').getBoundingClientRect();
        return [box.left, box.top, box.width, box.height]; })()""")
    left, top, width, height = box
    corners = [(0.02, 0.02), (0.5, 0.02), (0.5, 0.98), (0.02, 0.98), (0.02, 0.5)]
    page.drag([(left + x * width, top + y * height) for x, y in corners])
    page.until("location.hash.includes('images=')")
    # The page follows its address a moment later.
    shown = "parseInt(document.getElementById('selection-count').textContent)"
    page.until(f"{shown} < {explored.PER_CLASS}")
    count = int(text(page, "#selection-count").split()[0])
    assert 0 < count < explored.PER_CLASS
    page.click("#copy-list")
    page.until("document.getElementById('toast').textContent.includes('paths copied')")
    listed = clipboard(page).splitlines()
    results = run.collect("1")[0]
    paths = [row[2] for row in json.loads(results["corpus"]["listing"].tobytes())["rows"]]
    points = results["projection_0"]["tsne"][:, 0]
    low, high = points.min(), points.max()
    pixels = 14 + (points - low) / (high - low) * (width - 28)
    sure = {paths[at] for at in np.flatnonzero(pixels < 0.5 * width - 2)}
    near = {paths[at] for at in np.flatnonzero(pixels < 0.5 * width + 2)}
    assert len(listed) == count
    assert sure <= set(listed) <= near
    assert page.evaluate("document.getElementById('keep').disabled") is True


def test_metric_k_and_cluster_are_switched_and_a_cluster_becomes_a_row(page, run):
    show(page, f"{SET}&class=1&k=3&cluster=1")
    page.until("document.querySelector('.selection h2').textContent === 'Cluster 1 of 3'")
    other = explored.ANALYSES[1].comparison
    page.evaluate(f"""(() => {{ const box = document.querySelector('.left select');
        box.value = {json.dumps(other)}; box.dispatchEvent(new Event('change')); }})()""")
    page.until(f"unhans.state().analysis === {json.dumps(other)}")
    page.evaluate("""(() => { const box = document.getElementById('k');
        box.value = 4; box.dispatchEvent(new Event('input')); })()""")
    page.until("unhans.state().k === '4'")
    page.click(".legend-entry:nth-child(3)")
    page.until("document.querySelector('.selection h2').textContent === 'Cluster 2 of 4'")
    results = run.collect("1")[0]
    row = results["clustering_1"]["k"].tolist().index(4)
    size = int((results["clustering_1"]["nested"][row] == 2).sum())
    assert text(page, "#selection-count").startswith(f"{size} of {explored.PER_CLASS} images")
    assert page.evaluate("document.querySelectorAll('.tile').length") == size
    page.click("#keep")
    assert "null" not in text(page, "#dialog")
    page.click("#copy-row")
    page.until("document.getElementById('toast').textContent === 'Row copied'")
    cells = clipboard(page).split("\t")
    head = page.evaluate(
        "Array.from(document.querySelectorAll('.row-text th'), (one) => one.innerText)"
    )
    kept = dict(zip(head, cells, strict=True))
    assert kept["analysis"] == other
    assert (kept["k"], kept["cluster"], kept["class"], kept["mask"]) == ("4", "2", "1", "suggested")
    page.evaluate("document.getElementById('dialog').close()")


def test_a_less_clear_group_has_no_sentence_and_no_row_of_the_clearest(page, run):
    groups = run.collect("2")[0]["group_search"]
    assert len(standing.groups(groups, "grouped")) > 1
    show(page, f"{SET}&class=2&group=grouped.0")
    page.until("document.querySelector('.selection h2').textContent === 'Group by grouped'")
    assert "no experiment" not in text(page, ".selection")
    page.evaluate(f"location.hash = '{SET}&class=2&group=grouped.1'")
    page.until("document.querySelector('.selection h2').textContent === 'Group 2 by grouped'")
    assert "A less clear group: no experiment is made on it." in text(page, ".selection")
    assert "Most like it: cluster" in text(page, ".selection")
    assert page.evaluate("document.getElementById('keep').disabled")


def test_a_link_opens_what_it_names_and_keys_work(page):
    show(page, f"{SET}&class=1&k=4&cluster=0&view=overlay&sort=centre&layout=axes:2:3")
    page.until("document.querySelector('.selection h2').textContent === 'Cluster 0 of 4'")
    pressed = "document.querySelector('.gallery-head [aria-pressed=true]').textContent"
    assert page.evaluate(pressed) == "Overlay"
    page.press("h")
    page.until(f"{pressed} === 'Heatmap'")
    page.press("+")
    page.until("unhans.state().k === '5'")
    # The address changes first, and what is shown after it.
    page.until("document.querySelector('.selection h2').textContent !== 'Cluster 0 of 4'")
    page.press("c")
    page.until("unhans.state().cluster === '0'")
    page.press("Escape")
    page.until("unhans.state().cluster === undefined")
    page.press("]")
    page.until("unhans.opened.key.endsWith(' 2')")
    page.press("o")
    page.until("Boolean(document.querySelector('.ranking'))")


@pytest.mark.parametrize(
    "link",
    [
        *("colour=number:none", "colour=score:none", "colour=column:constructor"),
        *("sort=score:constructor", "colour=feature:none", "k=999", "group=none.0", "layout=none"),
        *("cluster=77&k=5", "cluster=-1", "cluster=abc", "cluster=", "k=999&cluster=9"),
    ],
)
def test_a_link_to_what_is_not_there_shows_all_images(page, link):
    show(page, f"{SET}&class=1&{link}")
    page.until("document.querySelector('.selection h2').textContent === 'All images'")
    assert page.evaluate("document.querySelectorAll('.legend-entry').length") > 0
    assert page.evaluate("document.getElementById('keep').disabled")


def test_what_is_redrawn_keeps_the_focus_and_a_dialog_keeps_the_keys(page):
    show(page, f"{SET}&class=1")
    focus = "document.activeElement.closest('.field, .gallery-head, dialog, .ranking') !== null"
    for selector in (".controls label:last-of-type select", ".gallery-head select"):
        page.evaluate(f"""(() => {{ const box = document.querySelector({json.dumps(selector)});
            box.focus(); box.selectedIndex = 1; box.dispatchEvent(new Event('change')); }})()""")
        page.until("unhans.state().colour !== undefined || unhans.state().sort !== undefined")
        page.until(focus)
    page.click(".tile")
    page.until("document.querySelector('dialog h2').textContent.startsWith('Image 1 ')")
    for place in (2, 3, 4):
        page.press("ArrowRight")
        page.until(f"document.querySelector('dialog h2').textContent.startsWith('Image {place} ')")
    before = page.evaluate("location.hash")
    for key in ("]", "h", "k"):
        page.press(key)
    assert page.evaluate("location.hash") == before
    assert page.evaluate("document.querySelector('dialog h2').textContent").startswith("Image 4 ")
    page.evaluate("location.hash = ''")
    page.until("!document.getElementById('dialog').open")
    page.until("Boolean(document.querySelector('.ranking thead button'))")
    page.evaluate("document.querySelectorAll('.ranking thead button')[2].focus()")
    page.evaluate("document.activeElement.click()")
    page.until("unhans.state().order !== undefined")
    page.until(focus)


def test_every_image_of_a_selection_is_a_tile_in_order(page, run):
    show(page, f"{SET}&class=1&sort=logit")
    page.until(f"document.querySelectorAll('.tile').length === {explored.PER_CLASS}")
    shown = page.evaluate("Array.from(document.querySelectorAll('.tile'), (one) => one.image)")
    logits = run.collect("1")[0]["attribution"]["logit"]
    assert shown == np.argsort(-logits, kind="stable").tolist()
    page.click(".tile")
    page.until("document.getElementById('dialog').open")
    assert text(page, ".dialog-head h2") == f"Image 1 of {explored.PER_CLASS}"
    page.evaluate("document.getElementById('dialog').close()")


def test_a_neural_feature_sorts_the_images_and_is_labelled(page, run):
    show(page, f"{SET}&class=1")
    assert "witnesses2: tau, neurons" in text(page, ".chips")
    page.click(".features [data-feature=neuron7]")
    page.until("unhans.state().feature === 'neuron7'")
    page.until("document.querySelectorAll('.feature .pair').length === 6")
    assert "as a person says" in text(page, ".feature")
    page.until("document.querySelector('.gallery-head select').value === 'feature:neuron7'")
    shown = page.evaluate("Array.from(document.querySelectorAll('.tile'), (one) => one.image)")
    neurons = next(iter(run.features()[0].values()))
    strength = np.full(explored.PER_CLASS, -np.inf)
    strength[neurons["image"]] = neurons["activation"][:, 7]
    assert shown == np.argsort(-strength, kind="stable").tolist()
    page.click("#label-feature")
    page.click("#copy-label")
    page.until("document.getElementById('toast').textContent === 'Row copied'")
    assert clipboard(page) == "digits\tsmall_vgg\t1\tneuron7\tbackground"
    page.evaluate("document.getElementById('dialog').close()")
    page.click("#keep-feature")
    page.click("#copy-row")
    page.until("document.getElementById('toast').textContent === 'Row copied'")
    head = "Array.from(document.querySelectorAll('.row-text th'), (one) => one.innerText)"
    kept = dict(zip(page.evaluate(head), clipboard(page).split("\t"), strict=True))
    assert (kept["artefact"], kept["feature"], kept["indicator"]) == (
        "class_1_neuron7",
        "neuron7",
        "",
    )
    page.evaluate("document.getElementById('dialog').close()")
    page.until("!document.activeElement.closest('dialog')")
    page.press("f")
    page.until("unhans.state().feature === 'neuron2'")
    page.click(".features [data-feature=neuron2]")
    page.until("unhans.state().feature === undefined && unhans.state().sort === undefined")
    page.until("document.querySelector('.feature') === null")


def test_a_class_without_features_says_why(page):
    show(page, f"{SET}&class=2")
    assert "no average pooling" in text(page, "[aria-label='Neural features']")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "state", [SET, f"{SET}&class=1&k=4&cluster=1&feature=component1&view=overlay"]
)
def test_a_phone_shows_it_without_scrolling_sideways(page, state, dark):
    page.size(390, 844, dark)
    show(page, state)
    # A class, or a network, of a longer name than that of the digits.
    page.evaluate("""document.querySelectorAll('.features a').forEach((one) => {
        one.textContent = one.textContent.replaceAll('/', '_of_a_longer_name/'); })""")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.size(1400, 1000)


@pytest.fixture
def server(folder):
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}/"
        made.shutdown()


def test_a_plain_file_server_serves_it(browser, server):
    browser.complaints.clear()
    browser.requests.clear()
    browser.open(f"{server}index.html#{SET}&class=1")
    browser.until("Boolean(document.querySelector('.tile'))")
    assert browser.complaints == []
    local = (server, "data:", "about:", "blob:")
    assert [url for url in browser.requests if not url.startswith(local)] == []
