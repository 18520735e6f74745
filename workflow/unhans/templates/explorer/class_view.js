// The view of a class: scatter, eigenvalues, clusters, groups, and all images of the selection.
"use strict";

(() => {
  const { el, named, number, percent, go } = unhans;

  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  class ClassView {
    constructor(overview, set, known, value, sheet, features) {
      const { id, name } = known;
      Object.assign(this, { overview, set, id, name, known, sheet, key: `class ${unhans.nameOf(set)} ${id}` });
      this.model = new unhans.ClassModel(value, features);
      this.model.correct = this.correct();
      this.findings = set.findings.filter((one) => one.class === id && one.indicator);
      this.scatter = new unhans.Scatter({ picked: (what) => this.picked(what), pointed: (image, event) => this.pointed(image, event) });
      this.gallery = new unhans.Gallery({ pointed: (image) => this.scatter.point(image), opened: (image) => this.open(image) });
      this.gallery.open(this.model, sheet);
      this.selection = new unhans.Selection(this);
      this.features = unhans.featurePanel(this);
      this.build();
    }

    correct() {
      const { values, codes } = this.model.category("correct");
      return Uint8Array.from(codes, (code) => values[code] === "yes");
    }

    build() {
      const openable = this.set.classes.filter((one) => one.status === "ok");
      const at = openable.findIndex((one) => one.id === this.id);
      const neighbour = (by, text, key) => {
        const other = openable[at + by];
        return other ? el("a", { class: "button quiet", href: unhans.linkOf(this.set, other.id), title: `${other.name} (${key})`, id: by < 0 ? "previous" : "next" }, text) : null;
      };
      this.facts = el("dl", { class: "chips" });
      this.controls = el("div", { class: "controls" });
      this.legend = el("div", { class: "legend" });
      this.tip = el("div", { class: "tip", hidden: true });
      this.spectrum = el("div");
      this.kBox = el("div", { class: "k-box" });
      this.standing = el("div", { class: "standing" });
      this.galleryHead = el("div", { class: "gallery-head" });
      this.scatterBox = el("div", { class: "scatter-box" }, this.scatter.node, this.tip);
      this.fault = el("p", { class: "fault" });
      this.node = el("div", { class: "class-view" },
        el("div", { class: "title" },
          el("div", { class: "title-row" }, el("h1", {}, "Class ", named(this.name)), this.name === this.id ? null : el("span", { class: "id" }, named(this.id)),
            el("span", { class: "grow" }), neighbour(-1, "← Previous", "["), neighbour(1, "Next →", "]")),
          this.facts),
        el("div", { class: "columns" },
          el("div", { class: "left" },
            el("section", { class: "panel", aria: { label: "Map of the images" } }, this.controls, this.fault, this.scatterBox, this.legend),
            el("section", { class: "panel", aria: { label: "Clusters" } }, el("h2", {}, "Clusters"), this.kBox, this.spectrum, this.standing)),
          el("div", { class: "right" }, this.groups(), unhans.shortcuts(this.set, this.id), this.selection.node, this.features.node,
            el("section", { class: "panel", aria: { label: "Images" } }, this.galleryHead, this.gallery.node),
            unhans.corrections(this.overview, this.set, this.id))));
    }

    // Findings and other groups of the class as buttons that select them.
    groups() {
      const { groups } = this.model.value;
      if (!groups.length) return null;
      const flagged = new Set(this.findings.filter((one) => one.flagged).map((one) => one.indicator));
      const ordered = [...groups].sort((a, b) => flagged.has(b.indicator) - flagged.has(a.indicator));
      this.groupButtons = ordered.map((one) => {
        const name = `${one.indicator}.${one.number}`;
        const main = flagged.has(one.indicator) && one.number === 0;
        const button = el("button", { type: "button", class: main ? "chip flagged" : "chip", title: one.note, aria: { pressed: "false" }, onclick: () => this.choose({ group: name }) },
          `${one.indicator}${one.number ? ` ${one.number + 1}` : ""}`, el("span", { class: "chip-count" }, String(one.images)));
        button.dataset.group = name;
        return button;
      });
      const sentences = this.findings.filter((one) => one.flagged).map((one) => unhans.sentence(one, this.name));
      const rest = this.findings.filter((one) => !one.flagged).map((one) => unhans.sentence(one, this.name));
      this.sentences = el("ul", { class: "sentences" }, (sentences.length ? sentences : rest).map((text) => el("li", {}, text)));
      return el("section", { class: "panel", aria: { label: "Groups" } },
        el("header", { class: "panel-head" }, el("h2", {}, sentences.length ? `This class stands out, in ${plural(sentences.length, "way")}` : "Groups of images"),
          el("p", { class: "note" }, sentences.length ? "Marked: the indicators by which it does." : "By each indicator, the clearest first.")),
        el("div", { class: "chip-row" }, this.groupButtons), this.sentences);
    }

    // What is shown, by the state and its defaults.
    settle(state) {
      const analysis = this.model.analysis(state.analysis);
      const layouts = this.model.layouts(analysis);
      const first = analysis.standing && analysis.standing[0];
      const ks = analysis.k || [];
      const asked = Number(state.k);
      const k = ks.includes(asked) ? asked : first ? first.k : ks.includes(analysis.gap) ? analysis.gap : ks[0];
      const known = state.layout && (layouts.some(([key]) => key === state.layout) || /^axes:\d+:\d+$/.test(state.layout));
      const layout = known ? state.layout : layouts.length ? layouts[0][0] : "";
      const colour = state.colour || "cluster";
      const view = ["image", "heatmap", "overlay"].includes(state.view) ? state.view : "image";
      const map = unhans.colours.MAPS[state.map] ? state.map : "blue-red";
      const feature = this.model.feature(state.feature) ? state.feature : "";
      return { analysis, layouts, k, layout, colour, view, map, sort: state.sort || "hot", feature };
    }

    update(state) {
      document.title = `${this.name} – unhans explorer`;
      const now = this.settle(state);
      const selection = unhans.selected(this.model, now.analysis, now.k, state);
      const changed = (...keys) => !this.last || keys.some((key) => this.last[key] !== now[key]);
      const key = JSON.stringify([state.images, state.group, state.cluster, now.k, now.analysis.path]);
      const reselected = key !== this.selectionKey;
      this.selectionKey = key;
      Object.assign(this, { now, chosen: selection });
      if (reselected) this.heat = this.model.heat(selection.flags);
      if (changed("analysis")) this.showFacts();
      if (changed("analysis", "layout", "colour")) this.showControls();
      if (changed("analysis", "layout", "colour", "k") || reselected) this.showScatter();
      if (changed("analysis", "k")) this.showClusters();
      if (reselected) this.selection.update(selection, this.heat, now.analysis, now.k);
      if (changed("feature")) this.features.update(now.feature);
      if (reselected || changed("sort", "view", "map", "feature")) this.showGallery();
      for (const button of this.groupButtons || []) button.setAttribute("aria-pressed", String(selection.kind === "group" && button.dataset.group === state.group));
      for (const button of this.standing.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(selection.kind === "cluster" && button.dataset.name === `${now.k}.${selection.cluster}`));
      }
      // A group that is selected has its sentence beside its images.
      if (this.sentences) this.sentences.hidden = selection.kind !== "all";
      this.last = now;
    }

    showFacts() {
      const analysis = this.overview.analyses.find((one) => unhans.same(one, this.set) && one.path === this.now.analysis.path);
      const row = analysis ? unhans.rowsOf(analysis).find((one) => one.class === this.id) : undefined;
      const facts = [["images", String(this.model.n)]];
      if (row) {
        const interval = row.tau_low !== null ? ` (${number(row.tau_low)} to ${number(row.tau_high)})` : "";
        facts.push(["tau", `${number(row.tau)}${interval}`], ["without structure", number(row.tau_null)], ["rank", row.rank === null ? "–" : String(row.rank)],
          ["score", number(row.score, 2)], ["accuracy", percent(row.accuracy, 1)]);
        if (row.confusion) facts.push(["taken for", row.confusion]);
        if (row.planted) facts.push(["planted", row.planted]);
        if (row.status !== "ok") facts.push(["status", row.status]);
      }
      const { speaking } = this.known;
      if (speaking) facts.push(["witnesses", speaking.length ? `${speaking.length}: ${unhans.witnesses(speaking)}` : "none speaks"]);
      this.facts.replaceChildren(...facts.map(([name, text]) => el("div", { class: name === "score" && row.flagged ? "flagged" : "" }, el("dt", {}, name), el("dd", {}, named(text)))));
    }

    showControls() {
      const { analysis, layouts, layout, colour } = this.now;
      const [kind, first, second] = layout.split(":");
      const colours = [["cluster", "cluster"], ...this.model.value.groups.map((one) => [`group:${one.indicator}.${one.number}`, `group by ${one.indicator}${one.number ? ` ${one.number + 1}` : ""}`]),
        ...Object.keys(this.model.value.categories).map((name) => [`column:${name}`, name === "correct" ? "right or wrong" : name]),
        ...Object.keys(this.model.value.numbers).map((name) => [`number:${name}`, name]),
        ...Object.keys(this.model.value.scores).map((name) => [`score:${name}`, `score of ${name}`]),
        ...this.model.features.map(({ feature }) => [`feature:${feature}`, feature])];
      const parts = [
        unhans.select("Analysis", this.model.value.analyses.map((one) => [one.path, one.path.replaceAll("/", ", ")]), analysis.path,
          (path) => go({ analysis: path, cluster: undefined, layout: kind === "axes" ? layout : undefined })),
        unhans.select("Places", layouts.map(([key, text]) => [key, text]), kind === "axes" ? "axes:2:3" : layout, (key) => go({ layout: key })),
      ];
      if (kind === "axes") {
        const q = analysis.embedding.shape[1];
        const axis = (value, other, make) => el("input", { type: "number", min: 1, max: q, value, aria: { label: `Axis ${other}` }, onchange: (event) => go({ layout: make(Math.min(q, Math.max(1, Math.round(Number(event.target.value)) || 1))) }) });
        parts.push(el("span", { class: "field axes" }, el("span", {}, "Axes"), axis(first, "across", (value) => `axes:${value}:${second}`), axis(second, "up", (value) => `axes:${first}:${value}`)));
      }
      parts.push(unhans.select("Colour", colours, colour, (key) => go({ colour: key })));
      unhans.refill(this.controls, ...parts);
      this.fault.textContent = analysis.status === "ok" ? "" : `This analysis has no result: ${analysis.status}`;
    }

    // Style of each image, and the entries of the legend.
    styles() {
      const { analysis, k, colour } = this.now;
      const [kind, name] = colour.includes(":") ? [colour.slice(0, colour.indexOf(":")), colour.slice(colour.indexOf(":") + 1)] : [colour, ""];
      const { group, shape, css } = unhans.colours;
      const { numbers, scores, categories } = this.model.value;
      // A link may be older than the columns that are there.
      const known = { number: Object.hasOwn(numbers, name), score: Object.hasOwn(scores, name), feature: Boolean(this.model.feature(name)) };
      if (known[kind] === true) {
        const values = kind === "number" ? this.model.numbers(name) : kind === "score" ? this.model.score(name) : this.model.strength(name);
        const [low, high] = d3.extent(values);
        const scale = d3.scaleSequential([low, high === low ? low + 1 : high], d3.interpolateViridis);
        return { of: Array.from(values, (value) => ({ colour: Number.isNaN(value) ? css("--faded") : scale(value), shape: "circle" })), ramp: [low, high] };
      }
      let values = [];
      let codes = new Uint8Array(this.model.n);
      let choose = () => undefined;
      const own = kind === "group" && this.model.group(name);
      if (own) {
        codes = Uint8Array.from(own.flags, (flag) => 1 - flag);
        values = ["in the group", "the others"];
        choose = (place) => (place ? undefined : { group: name });
      } else if (kind === "column" && Object.hasOwn(categories, name)) {
        ({ values, codes } = this.model.category(name));
        choose = (place) => ({ images: unhans.toText(Uint8Array.from(codes, (code) => code === place)) });
      } else if (analysis.status === "ok") {
        codes = this.model.clusters(analysis, k);
        values = Array.from({ length: k }, (_, place) => `cluster ${place}`);
        choose = (place) => ({ cluster: place });
      }
      const kinds = values.map((_, place) => ({ colour: own && place ? css("--faded") : group(place), shape: shape(place) }));
      const counts = values.map(() => 0);
      codes.forEach((code) => { counts[code] += 1; });
      return { of: Array.from(codes, (code) => kinds[code] || { colour: group(0), shape: "circle" }), kinds, values, counts, choose };
    }

    showScatter() {
      const { analysis, layout } = this.now;
      const styles = this.styles();
      const key = `${layout} ${layout.startsWith("axes") ? analysis.path : ""}`;
      if (key !== this.pointsKey) {
        this.pointsKey = key;
        this.points = layout ? this.model.points(layout, analysis) : Array.from({ length: this.model.n }, () => [0, 0]);
      }
      const flags = this.chosen.kind === "all" ? null : this.chosen.flags;
      this.scatter.show(this.points, styles.of, `${plural(this.model.n, "image")} as points; choose clusters by the legend, or groups by their buttons`);
      this.scatter.select(flags);
      if (styles.ramp) {
        this.legend.replaceChildren(el("span", {}, number(styles.ramp[0])), el("span", { class: "ramp" }), el("span", {}, number(styles.ramp[1])));
        return;
      }
      const entries = styles.values.map((text, place) => {
        const change = styles.choose(place);
        const pressed = this.chosen.kind === "cluster" && change && change.cluster === this.chosen.cluster;
        return el("button", { type: "button", class: "legend-entry", disabled: !change, aria: { pressed: String(Boolean(pressed)) }, onclick: () => this.choose(pressed ? {} : change) },
          unhans.legendMark(styles.kinds[place]), named(text), el("span", { class: "chip-count" }, String(styles.counts[place])));
      });
      const most = 40;
      unhans.refill(this.legend, ...entries.slice(0, most), entries.length > most ? el("span", { class: "note" }, `and ${entries.length - most} more`) : "");
    }

    showClusters() {
      const { analysis, k } = this.now;
      if (analysis.status !== "ok") {
        [this.kBox, this.spectrum, this.standing].forEach((box) => box.replaceChildren());
        return;
      }
      const ks = analysis.k;
      const choose = (value) => go({ k: value, cluster: undefined });
      const slider = el("input", { type: "range", id: "k", min: ks[0], max: ks[ks.length - 1], value: k, oninput: () => go({ k: slider.value, cluster: undefined }, true) });
      if (document.activeElement && document.activeElement.id === "k" && this.kBox.contains(document.activeElement)) {
        this.kBox.querySelector("output").textContent = String(k);
      } else {
        this.kBox.replaceChildren(el("label", { htmlFor: "k" }, "Number of clusters k"), slider, el("output", { htmlFor: "k" }, String(k)));
      }
      this.spectrum.replaceChildren(unhans.charts.eigenvalues(analysis, k, choose));
      this.standing.replaceChildren(
        el("p", { class: "note" }, analysis.standing.length ? "Clusters with the fewest neighbours outside (least conductance), over all k:" : "No cluster of any k stands apart from the rest (conductance above 0.5)."),
        el("div", { class: "chip-row" }, analysis.standing.map((one) => {
          const button = el("button", { type: "button", class: "chip", aria: { pressed: "false" }, title: `conductance ${number(one.conductance, 2)}`, onclick: () => this.choose({ k: one.k, cluster: one.cluster }) },
            `${one.cluster} of ${one.k}`, el("span", { class: "chip-count" }, String(one.images)));
          button.dataset.name = `${one.k}.${one.cluster}`;
          return button;
        })));
    }

    // Images of the selection in the order asked for, and what a tile says of its place in it.
    ordered() {
      const { analysis, k, sort } = this.now;
      const images = Array.from(this.chosen.flags.keys()).filter((image) => this.chosen.flags[image]);
      const [kind, name] = sort.split(":");
      let values;
      let [sign, text] = [-1, ""];
      if (kind === "hot") [values, text] = [this.model.within(this.heat.hot), "relevance in the hot region"];
      else if (kind === "centre" && analysis.status === "ok") [values, sign, text] = [this.model.distances(analysis, k, this.chosen.flags), 1, "distance to the centre"];
      else if (kind === "score" && Object.hasOwn(this.model.value.scores, name)) [values, text] = [this.model.score(name), `score of ${name}`];
      else if (kind === "feature" && this.model.feature(name)) [values, text] = [this.model.strength(name), name];
      else if (kind === "logit") [values, text] = [this.model.numbers("logit"), "logit"];
      // Where a value is not known, the image comes last.
      const of = (image) => (Number.isNaN(values[image]) ? Infinity : sign * values[image]);
      if (values) images.sort((a, b) => (of(a) === of(b) ? a - b : of(a) - of(b)));
      return { images, note: values ? (image) => `${text}: ${number(values[image], 4)}` : null };
    }

    showGallery() {
      const { view, map, sort, analysis, feature } = this.now;
      const { images, note } = this.ordered();
      const sorts = [["hot", "relevance in the hot region"], ...(analysis.status === "ok" ? [["centre", "distance to the centre"]] : []),
        ...Object.keys(this.model.value.scores).map((name) => [`score:${name}`, `score of ${name}`]),
        ...this.model.features.map((one) => [`feature:${one.feature}`, one.feature]), ["logit", "logit"], ["order", "order of the files"]];
      const views = [["image", "Image"], ["heatmap", "Heatmap"], ["overlay", "Overlay"]].map(([key, text]) =>
        el("button", { type: "button", class: "segment", aria: { pressed: String(view === key) }, onclick: () => go({ view: key }) }, text));
      const wrong = images.filter((image) => !this.model.correct[image]).length;
      unhans.refill(this.galleryHead,
        el("h2", {}, plural(images.length, "image")),
        el("div", { class: "segments", role: "group", aria: { label: "What tiles show" } }, views),
        unhans.select("Sorted by", sorts, sort, (key) => go({ sort: key })),
        view === "image" ? "" : unhans.select("Colours", Object.entries(unhans.colours.MAPS).map(([key, one]) => [key, one.name]), map, (key) => go({ map: key })),
        view === "image" || !this.model.features.length ? "" : unhans.select("Maps", [["", "relevance"], ...this.model.features.map((one) => [one.feature, `where ${one.feature} is`])], feature, (key) => go({ feature: key || undefined })),
        wrong ? el("span", { class: "note" }, el("i", { class: "wrong-mark" }), ` ${wrong} that the network is wrong about`) : "");
      this.gallery.show(images, view, map, note, this.model.maps(feature));
    }

    // All images, those first that show a feature most, and where it is in them.
    showFeature(name) {
      if (name) go({ feature: name, colour: `feature:${name}`, sort: `feature:${name}`, view: "overlay" });
      else go({ feature: undefined, colour: undefined, sort: undefined });
    }

    // Take a selection into the address; an empty one is all images.
    choose(change) {
      go({ images: undefined, group: undefined, cluster: undefined, ...change });
    }

    picked({ flags, image, add }) {
      let chosen = flags;
      if (!flags) {
        if (image < 0) { if (!add) this.choose({}); return; }
        const { analysis, k, colour } = this.now;
        // A click takes the cluster of the point, or with shift the point alone.
        if (!add && colour === "cluster" && analysis.status === "ok") { this.choose({ cluster: this.model.clusters(analysis, k)[image] }); return; }
        chosen = new Uint8Array(this.model.n);
        chosen[image] = 1;
      }
      if (add && this.chosen.kind !== "all") chosen = chosen.map((flag, at) => flag | this.chosen.flags[at]);
      if (chosen.some(Boolean)) this.choose({ images: unhans.toText(chosen) });
    }

    pointed(image, event) {
      this.tip.hidden = image < 0;
      if (image < 0) return;
      const canvas = el("canvas", { width: 168, height: 168 });
      unhans.drawImage(canvas, this.model, this.sheet, image, this.now.view, this.now.map, this.model.maps(this.now.feature));
      this.tip.replaceChildren(canvas, el("div", {}, named(this.model.value.path[image])));
      const box = this.scatterBox.getBoundingClientRect();
      const left = event.clientX - box.left;
      this.tip.style.left = `${left > box.width / 2 ? left - 120 : left + 18}px`;
      this.tip.style.top = `${Math.max(4, event.clientY - box.top - 60)}px`;
    }

    open(image) {
      const { analysis, k } = this.now;
      unhans.detail(this.gallery, image, (one) => {
        const rows = Object.keys(this.model.value.scores).map((name) => [`score of ${name}`, number(this.model.score(name)[one], 4)]);
        rows.push(...this.model.features.map(({ feature }) => [feature, number(this.model.strength(feature)[one], 4)]));
        if (analysis.status === "ok") rows.unshift([`cluster of ${k}`, String(this.model.clusters(analysis, k)[one])]);
        return rows;
      });
    }
  }

  // What was measured of accepted artefacts, before and after the network was corrected.
  function corrections(overview, set, id) {
    const own = overview.corrections.filter((one) => unhans.same(one, set) && (id === undefined || one.class === id));
    if (!own.length) return null;
    const names = { accepted_response: "response of the network", correction: "corrected network", unhansing: "trained on without it (A) and with it (B)" };
    const left = new Set(["corpus", "model", "composite", "seconds", "pooled"]);
    return el("section", { class: "panel", aria: { label: "Correction" } }, el("h2", {}, "Correction, before and after"),
      Array.from(d3.group(own, (one) => one.artefact)).map(([artefact, parts]) => el("div", {}, el("h3", {}, named(artefact)),
        parts.map((one) => {
          const columns = Object.keys(one.columns).filter((name) => !left.has(name) && one.columns[name].some((value) => value !== null && value !== ""));
          const count = one.columns[columns[0]].length;
          return el("div", {}, el("h4", {}, names[one.stage] || one.stage),
            el("div", { class: "frame" }, el("table", {}, el("thead", {}, el("tr", {}, columns.map((name) => el("th", { scope: "col" }, name.replaceAll("_", " "))))),
              el("tbody", {}, Array.from({ length: count }, (_, at) => el("tr", {}, columns.map((name) => {
                const value = one.columns[name][at];
                return el("td", { class: typeof value === "number" ? "number" : "" }, typeof value === "number" ? number(value) : named(value ?? ""));
              })))))));
        }),
        (parts.find((one) => one.pictures.length) || { pictures: [] }).pictures.map((source) => el("img", { class: "picture", src: source, alt: "Images and heatmaps before and after", loading: "lazy" })))));
  }

  Object.assign(unhans, { ClassView, corrections });
})();
