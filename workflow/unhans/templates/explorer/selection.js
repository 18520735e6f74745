// The selection: what its images have in common, their list, and a row that keeps it as an artefact.
"use strict";

(() => {
  const { el, named, number, percent } = unhans;

  // Which images the state names: a cluster, a group, a lasso, or all.
  function selected(model, analysis, k, state) {
    if (state.images) return { kind: "images", title: "Selection by hand", flags: unhans.fromText(state.images, model.n) };
    const group = state.group && model.group(state.group);
    if (group) return { kind: "group", title: `Group ${group.number ? `${group.number + 1} ` : ""}by ${group.indicator}`, flags: group.flags, group };
    const cluster = /^\d+$/.test(state.cluster) ? Number(state.cluster) : k;
    if (cluster < k && analysis.status === "ok") {
      const labels = model.clusters(analysis, k);
      const standing = analysis.standing.find((one) => one.k === k && one.cluster === cluster);
      return { kind: "cluster", title: `Cluster ${cluster} of ${k}`, flags: Uint8Array.from(labels, (label) => label === cluster), cluster, standing };
    }
    return { kind: "all", title: "All images", flags: new Uint8Array(model.n).fill(1) };
  }

  // A small map of shares of relevance, drawn sharp, with the hot bins outlined.
  function map(model, values, hot, title, explained) {
    const largest = Math.max(...values.map(Math.abs)) || 1;
    const steps = Int8Array.from(values, (value) => Math.round((127 * value) / largest));
    const canvas = el("canvas", { width: 168, height: 168 });
    const context = canvas.getContext("2d");
    const signed = values.some((value) => value < 0);
    unhans.colours.paint(context, steps, 0, model.height, model.width, signed ? "dark" : "magma", false, true);
    if (hot) outline(context, hot, model.height, model.width);
    return el("figure", { title: explained }, canvas, el("figcaption", {}, title));
  }

  function outline(context, hot, height, width) {
    const [across, down] = [context.canvas.width / width, context.canvas.height / height];
    const is = (row, column) => row >= 0 && column >= 0 && row < height && column < width && hot[row * width + column];
    const trace = () => {
      context.beginPath();
      for (let row = 0; row < height; row += 1) {
        for (let column = 0; column < width; column += 1) {
          if (!is(row, column)) continue;
          const [x, y] = [column * across, row * down];
          if (!is(row - 1, column)) { context.moveTo(x, y); context.lineTo(x + across, y); }
          if (!is(row + 1, column)) { context.moveTo(x, y + down); context.lineTo(x + across, y + down); }
          if (!is(row, column - 1)) { context.moveTo(x, y); context.lineTo(x, y + down); }
          if (!is(row, column + 1)) { context.moveTo(x + across, y); context.lineTo(x + across, y + down); }
        }
      }
    };
    for (const [colour, line] of [["#000", 3], ["#fff", 1.3]]) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      trace();
      context.stroke();
    }
  }

  // The suggested mask over the mean heatmap of its group.
  function mask(model, values, finding) {
    const figure = map(model, values, null, "suggested mask", "Pixels of the artefact that was isolated from the group, over its mean heatmap");
    const source = finding.mask.split("/").map(encodeURIComponent).join("/");
    figure.classList.add("masked");
    figure.insertBefore(el("img", { src: source, alt: "suggested mask" }), figure.lastChild);
    return figure;
  }

  // How the selection differs from the rest of the class by each column that divides it.
  function composition(model, flags, whole) {
    const inside = flags.reduce((sum, flag) => sum + flag, 0);
    const parts = [];
    for (const name in model.value.categories) {
      const { values, codes } = model.category(name);
      if (values.length < 2) continue;
      const counts = values.map(() => [0, 0]);
      codes.forEach((code, image) => { counts[code][flags[image] ? 0 : 1] += 1; });
      const rows = values.map((text, code) => ({ text, own: counts[code][0] / Math.max(1, inside), rest: counts[code][1] / Math.max(1, model.n - inside), count: counts[code][0] }));
      rows.sort((a, b) => b.own - a.own || b.rest - a.rest);
      const seen = rows.filter((row) => row.count || row.rest >= 0.005);
      parts.push(el("tbody", {}, seen.slice(0, 4).map((row, place) => {
        const bar = el("i", { class: "share" });
        bar.style.width = `${100 * row.own}%`;
        const beside = el("i", { class: "rest" });
        beside.style.left = `${100 * row.rest}%`;
        return el("tr", {}, el("th", { scope: "row" }, place ? "" : name), el("td", {}, named(row.text)),
          el("td", { class: "number" }, String(row.count)), el("td", { class: "number" }, percent(row.own)),
          el("td", { class: "number rest-text" }, whole ? "" : percent(row.rest)),
          el("td", { class: "bar-cell" }, el("span", { class: "share-bar", aria: { hidden: "true" } }, bar, whole ? null : beside)));
      }), seen.length > 4 ? el("tr", {}, el("th"), el("td", { colSpan: 5, class: "note" }, `and ${seen.length - 4} more`)) : null));
    }
    if (!parts.length) return null;
    return el("table", { class: "composition" },
      el("thead", {}, el("tr", {}, ["", "", "images", "share", whole ? "" : "of the rest", ""].map((text) => el("th", { scope: "col" }, text)))), parts);
  }

  const safe = (text) => text.replace(/[^A-Za-z0-9]/g, "_");

  // A row of the table of accepted artefacts, of a group, of a neural feature or of a cluster.
  function rowOf(set, { id, finding, feature, analysis, k, cluster }) {
    const row = { corpus: set.corpus, model: set.model, composite: set.composite, class: id, mask: "suggested", kind: "fixed" };
    if (finding) {
      const own = finding.suggestion || {};
      return { ...row, artefact: own.artefact || `class_${safe(id)}_${finding.indicator}`.slice(0, 80), kind: own.kind || "fixed", indicator: finding.indicator };
    }
    if (feature) return { ...row, artefact: `class_${safe(id)}_${feature}`.slice(-80).replace(/^[^A-Za-z]+/, ""), feature };
    return { ...row, artefact: `class_${safe(id)}_k${k}_cluster${cluster}`.slice(0, 80), analysis, k, cluster };
  }

  // A page from disk cannot write: it shows the row, and says where the row goes.
  function keep(set, what) {
    const row = rowOf(set, what);
    const names = unhans.overview.row.filter((name) => name !== "template" && (row[name] !== undefined || name === "indicator"));
    const head = names.join("\t");
    const line = () => names.map((name) => unhans.tsv(row[name])).join("\t");
    const cells = names.map(() => el("td"));
    const shown = el("div", { class: "frame", tabIndex: 0, role: "region", aria: { label: "The row" } }, el("table", { class: "row-text" },
      el("thead", {}, el("tr", {}, names.map((one) => el("th", { scope: "col" }, one)))), el("tbody", {}, el("tr", {}, cells))));
    const fault = el("p", { class: "fault", role: "alert" });
    const name = el("input", { type: "text", value: row.artefact, maxLength: 80, spellcheck: false, oninput: () => refresh() });
    const kind = unhans.select("Kind", ["fixed", "free", "whole", "overlay"].map((one) => [one, one]), row.kind, (value) => { row.kind = value; refresh(); });
    const buttons = [
      el("button", { type: "button", class: "primary", id: "copy-row", onclick: () => unhans.copy(line(), "Row") }, "Copy row"),
      el("button", { type: "button", onclick: () => unhans.copy(`${head}\n${line()}\n`, "Row and header") }, "Copy with header"),
      el("button", { type: "button", onclick: () => unhans.download("artefacts.tsv", `${head}\n${line()}\n`) }, "Download as artefacts.tsv"),
    ];
    function refresh() {
      row.artefact = name.value;
      const good = /^[A-Za-z][A-Za-z0-9_]{0,79}$/.test(row.artefact);
      fault.textContent = good ? "" : "A name starts with a letter and has letters, digits and underscores alone.";
      buttons.forEach((button) => { button.disabled = !good; });
      cells.forEach((cell, at) => { cell.textContent = row[names[at]] === undefined ? "" : String(row[names[at]]); });
    }
    refresh();
    unhans.dialog("Keep as artefact",
      el("p", {}, "Add this row to the table that ", el("code", {}, "correction.artefacts"), " of your configuration names (", el("code", {}, "config/artefacts.tsv"),
        "). The next ", el("code", {}, "snakemake -- correct"), " puts the artefact into other images, and corrects the network of it."),
      what.finding ? null : el("p", { class: "note" }, what.feature
        ? "A row of a neural feature needs the column feature in the table's header; other rows leave it empty. The images that show it more than the others are those with the artefact."
        : "A row of a cluster needs the columns analysis, k and cluster in the table's header; other rows leave them empty."),
      el("div", { class: "controls" }, el("label", { class: "field" }, el("span", {}, "Name"), name), kind), fault, shown,
      el("p", { class: "note" }, "fixed: a mark at the same pixels. free: one at any place. whole: all over the image, such as a tint. overlay: details that lie over the image. ",
        "A mask of your own goes into the column mask in place of “suggested”."),
      el("div", { class: "actions" }, buttons));
  }

  class Selection {
    constructor(view) {
      this.view = view;
      this.node = el("section", { class: "panel selection", aria: { label: "Selection" } });
    }

    update(selection, heat, analysis, k) {
      const { model, set, id, findings } = this.view;
      const { flags, kind } = selection;
      const count = flags.reduce((sum, flag) => sum + flag, 0);
      // Sentence, mask and experiment are those of an indicator's clearest group, which alone has a row.
      const clearest = kind === "group" && selection.group.number === 0;
      const finding = clearest ? findings.find((one) => one.indicator === selection.group.indicator) : undefined;
      const whole = count === model.n;
      const paths = () => Array.from(flags.keys()).filter((image) => flags[image]).map((image) => model.value.path[image]);
      const list = () => `${paths().join("\n")}\n`;
      const file = `${safe(set.corpus)}_class_${safe(id)}_${safe(kind === "group" ? `${selection.group.indicator}_${selection.group.number}` : kind === "cluster" ? `k${k}_cluster${selection.cluster}` : kind)}.txt`;
      const said = kind === "group" && finding ? unhans.sentence(finding, this.view.name)
        : kind === "group" ? `${count} images, by ${selection.group.note}.${clearest ? "" : " A less clear group: no experiment is made on it."}`
          : selection.standing ? `Few neighbours connect it with the rest: conductance ${number(selection.standing.conductance, 2)}.` : "";
      const keepable = kind === "cluster" ? { id, analysis: analysis.path, k, cluster: selection.cluster } : finding ? { id, finding } : null;
      this.node.replaceChildren(
        el("header", { class: "panel-head" }, el("h2", {}, selection.title),
          el("p", { class: "count", id: "selection-count" }, `${count} of ${model.n} images, ${percent(count / model.n, count / model.n < 0.1 ? 1 : 0)}`)),
        said ? el("p", {}, said) : "",
        el("div", { class: "summary" }, el("div", { class: "maps" },
          count ? map(model, Array.from(heat.mean), heat.hot, "mean heatmap", "Mean share of positive relevance; outlined where the selection has more than the rest") : null,
          count && !whole ? map(model, Array.from(heat.surplus), heat.hot, "more than the rest", "Orange: more of their relevance than the rest of the class; blue: less") : null,
          finding && finding.mask ? mask(model, Array.from(heat.mean), finding) : null,
          finding ? unhans.answer(finding.suggestion) : null),
        composition(model, flags, whole) || ""),
        this.likeness(kind === "images" || (kind === "group" && !clearest), analysis, flags, count, whole) || "",
        el("div", { class: "actions" },
          el("button", { type: "button", id: "copy-list", disabled: !count, onclick: () => unhans.copy(list(), `${count} paths`) }, "Copy list"),
          el("button", { type: "button", disabled: !count, onclick: () => unhans.download(file, list()) }, "Download list"),
          el("button", { type: "button", id: "keep", class: "primary", disabled: !keepable, title: keepable ? "" : "A row names a cluster or the clearest group of an indicator; another selection has none", onclick: () => unhans.keep(set, keepable) }, "Keep as artefact"),
          kind !== "all" ? el("button", { type: "button", id: "clear", class: "quiet", onclick: () => this.view.choose({}) }, "Clear (Esc)") : null));
    }

    // A selection by hand, and a less clear group, has no row: the cluster most like it has.
    likeness(sought, analysis, flags, count, whole) {
      if (!sought || !count || whole || analysis.status !== "ok") return null;
      const best = this.view.model.closest(analysis, flags);
      if (!best.k) return null;
      return el("p", { class: "note" }, "Most like it: ",
        el("button", { type: "button", class: "link", onclick: () => this.view.choose({ k: best.k, cluster: best.cluster }) },
          `cluster ${best.cluster} of ${best.k}`),
        `, ${best.images} images, Jaccard index ${number(best.index, 2)}.`);
    }
  }

  Object.assign(unhans, { selected, Selection, keep });
})();
