// Neural features of a class: what each neuron and component of the last layer shows, and a person's label of it.
"use strict";

(() => {
  const { el, named, number } = unhans;
  const SHOWN = 6;  // images at an end of a feature

  // Images at both ends of a feature, of all that it was seen in.
  function ends(model, feature) {
    const strength = model.strength(feature);
    const order = Array.from(strength.keys()).filter((image) => !Number.isNaN(strength[image]));
    order.sort((a, b) => strength[b] - strength[a] || a - b);
    return [order.slice(0, SHOWN), order.slice(SHOWN).reverse().slice(0, SHOWN)];
  }

  function strip(view, feature, images, title) {
    if (!images.length) return null;
    const maps = view.model.maps(feature);
    const pictures = images.map((image) => el("button", { type: "button", class: "pair", title: `${view.model.value.path[image]}\n${number(view.model.strength(feature)[image], 4)}`, onclick: () => view.open(image) },
      ["image", "overlay"].map((kind) => {
        const canvas = el("canvas", { width: 84, height: 84, aria: { hidden: "true" } });
        unhans.drawImage(canvas, view.model, view.sheet, image, kind, "blue-red", maps);
        return canvas;
      }), el("span", { class: "offstage" }, view.model.value.path[image])));
    return el("figure", { class: "ends" }, el("figcaption", {}, title), el("div", { class: "pairs" }, pictures));
  }

  // A page from disk cannot write: it shows the row of a label, and says where the row goes.
  function label(view, one) {
    const { columns, answers } = view.model.seen.labels;
    const row = { corpus: view.set.corpus, model: view.set.model, class: view.id, feature: one.feature };
    const line = () => columns.map((name) => unhans.tsv(row[name])).join("\t");
    const shown = el("code", {});
    const refresh = () => { shown.textContent = line(); };
    const known = answers.includes(one.label) ? one.label : answers[0];
    row.label = known;
    const choice = unhans.select("It looks at", answers.map((name) => [name, { core: "the main object (core)" }[name] || name.replaceAll("_", " ")]), known, (value) => { row.label = value; refresh(); });
    refresh();
    unhans.dialog(`Label ${one.feature}`,
      el("p", {}, "Add this row to the table that ", el("code", {}, "sensitivity.labels"), " of your configuration names; the next ", el("code", {}, "snakemake -- features"), " takes it, and the explorer shows it when it is made again."),
      el("div", { class: "controls" }, choice), el("div", { class: "frame", tabIndex: 0, role: "region", aria: { label: "The row" } }, shown),
      el("div", { class: "actions" },
        el("button", { type: "button", class: "primary", id: "copy-label", onclick: () => unhans.copy(line(), "Row") }, "Copy row"),
        el("button", { type: "button", onclick: () => unhans.copy(`${columns.join("\t")}\n${line()}\n`, "Row and header") }, "Copy with header"),
        el("button", { type: "button", onclick: () => unhans.download("features.tsv", `${columns.join("\t")}\n${line()}\n`) }, "Download as features.tsv")));
  }

  const SOURCES = {
    person: "as a person says", planted_pixels: "its masks overlap the planted pixels", planted_images: "it ranks images with the planted artefact first",
    planted: "it does not show the planted artefact", gap: "the images that show it most and least differ in accuracy", noise: "noise in its masks lowers the class by more than elsewhere",
  };

  function card(view, one) {
    const [upper, lower] = ends(view.model, one.feature);
    const groups = one.groups.map(({ indicator, auc }) => el("li", {}, "It shows what the group by ",
      el("button", { type: "button", class: "link", onclick: () => view.choose({ group: `${indicator}.0` }) }, indicator), ` shares: AUC ${number(auc, 2)}.`));
    return el("article", { class: "feature" },
      el("header", { class: "panel-head" }, el("h3", {}, one.feature), el("span", { class: one.spurious ? "badge" : "badge plain" }, one.label.replaceAll("_", " ")),
        one.source ? el("span", { class: "note" }, SOURCES[one.source] || one.source) : null),
      el("p", { class: "note" }, `${one.words.charAt(0).toUpperCase()}${one.words.slice(1)}.`),
      groups.length ? el("ul", { class: "sentences" }, groups) : null,
      strip(view, one.feature, upper, "most"), one.ends > 1 ? strip(view, one.feature, lower, "least") : null,
      el("div", { class: "actions" }, el("button", { type: "button", id: "label-feature", onclick: () => label(view, one) }, "Label it"),
        el("button", { type: "button", id: "keep-feature", onclick: () => unhans.keep(view.set, { id: view.id, feature: one.feature }) }, "Keep as artefact"),
        el("button", { type: "button", class: "quiet", onclick: () => view.showFeature("") }, "Close")));
  }

  // The panel of a class; without features it says why there are none, where that is known.
  function featurePanel(view) {
    const { features } = view.known;
    const none = { node: null, update: () => {} };
    if (!features) return none;
    if (features.reason) return { ...none, node: el("section", { class: "panel", aria: { label: "Neural features" } }, el("h2", {}, "Neural features"), el("p", { class: "note" }, "None: ", named(features.reason), ".")) };
    const shown = el("div");
    const chips = view.model.features.map((one) => {
      const chip = el("button", { type: "button", class: one.spurious ? "chip flagged" : "chip", title: one.label.replaceAll("_", " "), aria: { pressed: "false" }, onclick: () => view.showFeature(unhans.state().feature === one.feature ? "" : one.feature) },
        one.feature, one.groups.length ? el("span", { class: "chip-count" }, one.groups.map(({ indicator }) => indicator).join(", ")) : null);
      chip.dataset.feature = one.feature;
      return chip;
    });
    const node = el("section", { class: "panel features", aria: { label: "Neural features" } },
      el("header", { class: "panel-head" }, el("h2", {}, "Neural features"), el("p", { class: "note" }, "Neurons and components of the last layer that the class rests on. Marked: spurious. Beside a name: the group whose images show it most.")),
      el("div", { class: "chip-row" }, chips), el("p", { class: "note" }, `${view.model.seen.words}.`), shown,
      el("p", { class: "note" }, "All of them on one page, to be labelled: ",
        el("a", { class: "name", href: `../${[view.set.corpus, view.set.model, "features", `${view.id}.html`].map(encodeURIComponent).join("/")}` }, `${view.set.corpus}/${view.set.model}/features/${view.id}.html`),
        " in the folder of results (not part of the explorer)."));
    const update = (name) => {
      chips.forEach((chip) => chip.setAttribute("aria-pressed", String(chip.dataset.feature === name)));
      shown.replaceChildren(name ? card(view, view.model.feature(name)) : "");
    };
    return { node, update };
  }

  Object.assign(unhans, { featurePanel });
})();
