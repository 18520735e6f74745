// The page: it reads the address, opens what it names, and listens to keys.
"use strict";

(() => {
  const { el, named, go, state } = unhans;
  let shown = null;
  let turn = 0;

  unhans.addOverview = (value) => {
    unhans.overview = value;
  };

  function fail(text) {
    document.getElementById("main").replaceChildren(el("p", { class: "fault" }, text));
    shown = null;
  }

  function crumbs(set, id) {
    const sets = unhans.overview.sets;
    const parts = [];
    if (sets.length > 1) {
      const names = sets.map((one) => [unhans.nameOf(one), `${one.corpus}, ${one.model}, ${one.composite}`]);
      parts.push(unhans.select("", names, unhans.nameOf(set), (name) => { location.hash = unhans.href({ set: name }, {}); }));
    } else {
      parts.push(el("a", { href: unhans.href({ set: unhans.nameOf(set) }, {}) }, named(`${set.corpus}, ${set.model}`)));
    }
    if (id !== undefined) {
      const classes = set.classes.filter((one) => one.status === "ok").map((one) => [one.id, one.name === one.id ? one.id : `${one.name} (${one.id})`]);
      parts.push(el("span", { aria: { hidden: "true" } }, "/"), unhans.select("", classes, id, (other) => { location.hash = unhans.linkOf(set, other); }));
    }
    document.getElementById("crumbs").replaceChildren(...parts);
    document.querySelectorAll("#crumbs select").forEach((box, at) => box.setAttribute("aria-label", at || sets.length < 2 ? "Class" : "Corpus, network and composite"));
  }

  async function render() {
    const overview = unhans.overview;
    if (!overview) { fail("overview.js cannot be loaded: the explorer's folder must stay whole."); return; }
    if (!overview.sets.length) { fail("The run holds no class."); return; }
    const now = state();
    const set = overview.sets.find((one) => unhans.nameOf(one) === now.set) || overview.sets[0];
    const key = now.class === undefined ? `overview ${unhans.nameOf(set)}` : `class ${unhans.nameOf(set)} ${now.class}`;
    turn += 1;
    const mine = turn;
    if (!shown || shown.key !== key) {
      const started = performance.now();
      let view;
      if (now.class === undefined) view = new unhans.Overview(overview, set);
      else {
        const known = set.classes.find((one) => one.id === now.class);
        if (!known) { fail(`There is no class of this id: ${now.class}`); return; }
        if (known.status !== "ok") { fail(`Class ${known.name} was set aside: ${known.status}`); return; }
        document.body.classList.add("busy");
        try {
          const sheet = async (value) => unhans.loadImage(unhans.address(set, `${now.class}${value.sheet.ending}`));
          const value = await unhans.loadClass(set, now.class);
          const seen = known.features && known.features.count ? unhans.loadClass(set, now.class, "features") : null;
          const [image, features] = await Promise.all([sheet(value), seen]);
          if (mine !== turn) return;
          view = new unhans.ClassView(overview, set, known, value, image, features);
        } catch (error) {
          if (mine === turn) fail(error.message);
          return;
        } finally {
          document.body.classList.remove("busy");
        }
      }
      shown = view;
      document.getElementById("main").replaceChildren(view.node);
      crumbs(set, now.class);
      window.scrollTo(0, 0);
      view.update(state());
      unhans.opened = { key, milliseconds: performance.now() - started };
      return;
    }
    shown.update(now);
  }

  const THEMES = ["system", "light", "dark"];
  function theme(next) {
    let name = next;
    try {
      if (next === undefined) name = localStorage.getItem("unhans-theme") || "system";
      else localStorage.setItem("unhans-theme", next);
    } catch (error) {
      name = next || "system";  // a page from disk may have no storage
    }
    document.documentElement.dataset.theme = name;
    document.getElementById("theme").replaceChildren("◐", el("span", {}, ` ${name}`));
    if (shown && shown.scatter) { shown.showScatter(); }
  }

  const KEYS = [
    ["/", "search the ranking"], ["[ and ]", "previous and next class"], ["o", "overview"], ["i, h, v", "tiles show image, heatmap, overlay"],
    ["+ and −", "one cluster more or less"], ["c, then arrows", "step through the clusters"], ["l", "lasso, or move the map"], ["f", "next neural feature"], ["k", "keep as artefact"], ["y", "copy the list of paths"],
    ["Esc", "clear the selection"], ["arrows", "on tiles: next image; on the map: move"], ["Enter", "on a tile: enlarge it"],
  ];

  function help() {
    unhans.dialog("Keyboard", el("table", { class: "facts" }, el("tbody", {}, KEYS.map(([key, text]) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, text))))),
      el("p", { class: "note" }, "With the mouse: drag on the map for a lasso, shift adds to the selection, the wheel zooms, a click takes a cluster. The address of the page is a link to what it shows."));
  }

  function step(by) {
    const { analysis, k } = shown.now;
    if (analysis.k && analysis.k.includes(k + by)) go({ k: k + by, cluster: undefined });
  }

  function cluster(by) {
    const { k, analysis } = shown.now;
    if (analysis.status !== "ok") return;
    const at = shown.chosen.kind === "cluster" ? shown.chosen.cluster + by : 0;
    shown.choose({ k, cluster: (at + k) % k });
  }

  function feature(by) {
    const names = shown.model.features.map((one) => one.feature);
    if (!names.length) return;
    const at = names.indexOf(shown.now.feature);
    shown.showFeature(names[(at < 0 ? 0 : at + by + names.length) % names.length]);
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog") || document.querySelector("dialog[open]")) return;
    const inClass = shown && shown.model;
    const click = (id) => { const node = document.getElementById(id); if (node) node.click(); };
    const actions = {
      "?": help,
      o: () => { location.hash = inClass ? unhans.href({ set: unhans.nameOf(shown.set) }, {}) : "#"; },
      "/": () => { const box = document.querySelector("input[type=search]"); if (box) box.focus(); },
    };
    if (inClass) {
      Object.assign(actions, {
        "[": () => click("previous"), "]": () => click("next"), i: () => go({ view: "image" }), h: () => go({ view: "heatmap" }), v: () => go({ view: "overlay" }),
        c: () => cluster(1), C: () => cluster(-1), l: () => shown.scatter.setMode(shown.scatter.mode === "lasso" ? "move" : "lasso"),
        f: () => feature(1), F: () => feature(-1), k: () => click("keep"), y: () => click("copy-list"), Escape: () => shown.choose({}),
      });
      if (!event.target.closest("canvas")) Object.assign(actions, { "+": () => step(1), "=": () => step(1), "-": () => step(-1) });
    }
    if (!actions[event.key]) return;
    actions[event.key]();
    event.preventDefault();
  }

  document.getElementById("theme").addEventListener("click", () => theme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % 3]));
  document.getElementById("keys").addEventListener("click", help);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (shown && shown.scatter) shown.showScatter(); });
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
  document.addEventListener("keydown", press);
  window.addEventListener("hashchange", () => { document.getElementById("dialog").close(); render(); });
  document.addEventListener("DOMContentLoaded", () => { theme(); render(); });
})();
