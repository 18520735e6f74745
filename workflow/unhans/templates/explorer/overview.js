// The first view: what was found, in sentences with pictures, then the ranking.
"use strict";

(() => {
  const { el, named, number, percent, points, href, charts } = unhans;

  const SORTS = { tau: -1, score: -1, accuracy: 1, n: -1, rank: 1, name: 1, confusion: -1, tau_null: -1, shortcuts: -1, witnesses: -1, features: -1, planted: -1 };
  // Column, title, whether it holds numbers, explanation.
  const COLUMNS = [
    ["rank", "rank", true, "Rank by tau within the analysis (of n tau, where classes differ in size)"],
    ["name", "class", false, "The class; click a row to open it"],
    ["tau", "tau", true, "Mean Fisher separability of the class's clusterings: dot, 95 % interval, and a grey bar where points without structure lie"],
    ["score", "score", true, "Score of the findings, which no distance enters; classes that stand out are marked"],
    ["accuracy", "accuracy", true, "Share of the explained images that the network is right about"],
    ["confusion", "most often taken for", false, "The other class that its images are most often taken for"],
    ["shortcuts", "whole class", false, "What nearly all images of the class have and the network uses, by family (the probes)"],
    ["witnesses", "witnesses", true, "How many of tau, the indicators, the probes, neurons and components speak for an artefact (snakemake -- witnesses)"],
    ["features", "spurious features", true, "Neurons and components of the last layer that are spurious (snakemake -- features)"],
    ["n", "images", true, "Images that were explained"],
    ["planted", "planted", false, "Kind of the artefact that was planted, where the truth is known"],
  ];

  const BATCH = 120;  // rows that are made at once

  const nameOf = (set) => `${set.corpus}/${set.model}/${set.composite}`;
  const same = (one, other) => ["corpus", "model", "composite"].every((key) => one[key] === other[key]);

  // Rows of an analysis as objects.
  function rowsOf(analysis) {
    if (!analysis.rows) {
      const names = Object.keys(analysis.columns);
      const [first] = names;
      analysis.rows = analysis.columns[first].map((_, at) => Object.fromEntries(names.map((name) => [name, analysis.columns[name][at]])));
    }
    return analysis.rows;
  }

  // The sentence without the name of the class, which stands above it.
  function sentence(finding, name) {
    const text = finding.finding.replace(`class ${name}: `, "");
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  function strip(finding, link) {
    if (!finding.strip) return null;
    const [width, height] = finding.strip_size;
    const source = finding.strip.split("/").map(encodeURIComponent).join("/");
    const image = el("img", { class: "strip", src: source, width, height, loading: "lazy", alt: "Images of the group, and below them where their relevance lies" });
    if (finding.strip.endsWith(".png")) image.classList.add("sharp");
    return el("a", { href: link, class: "strip-link", tabIndex: -1, aria: { hidden: "true" } }, image);
  }

  function answer(suggestion) {
    if (!suggestion || suggestion.probability_change === null) return null;
    return el("div", { class: "answer" }, charts.response(suggestion),
      el("p", { class: "note" }, `Put into ${suggestion.images} images of other classes, in points of probability.`));
  }

  const linkOf = (set, id, finding) => href({
    set: nameOf(set), class: id, group: finding && finding.indicator ? `${finding.indicator}.0` : undefined, view: "overlay", sort: "hot",
  }, {});

  // One card a class: its first finding with pictures, the others by which it stands out as well below.
  function card(set, { id, name, speaking, features }, findings) {
    const [first, ...others] = findings;
    const seen = features && features.count ? (features.spurious.length ? `spurious neural features: ${features.spurious.join(", ")}` : `none of ${features.count} neural features is labelled spurious`) : "";
    const said = [speaking && speaking.length ? `witnesses: ${unhans.witnesses(speaking)}` : "", seen].filter(Boolean).join("; ");
    const link = linkOf(set, id, first);
    return el("article", { class: first.flagged ? "card" : "card dim" },
      el("header", {}, el("h3", {}, el("a", { href: link }, "Class ", named(name))),
        el("span", { class: first.flagged ? "badge" : "badge plain" }, first.flagged ? `stands out, score ${number(first.score, 2)}` : `score ${number(first.score, 2)}`)),
      strip(first, link),
      el("p", {}, sentence(first, name)),
      said ? el("p", { class: "note" }, said.charAt(0).toUpperCase() + said.slice(1), ". ", seen ? el("a", { href: linkOf(set, id) }, "Look at its features") : null) : null,
      el("div", { class: "row" }, answer(first.suggestion),
        el("div", { class: "actions" },
          el("a", { class: "button primary", href: link }, "Look at these images"),
          first.suggestion && el("button", { type: "button", onclick: () => unhans.keep(set, { id, finding: first }) }, "Keep as artefact"))),
      others.length ? el("details", {}, el("summary", {}, `Found in ${others.length} more way${others.length > 1 ? "s" : ""}`),
        el("ul", {}, others.map((one) => el("li", {}, sentence(one, name), " ", el("a", { href: linkOf(set, id, one) }, "Look"))))) : null);
  }

  function findings(set) {
    const classes = new Map(set.classes.map((one) => [one.id, one]));
    const byClass = d3.group(set.findings.filter((one) => one.indicator), (one) => one.class);
    const flagged = Array.from(byClass).filter(([, own]) => own[0].flagged);
    const clearest = Array.from(byClass).filter(([, own]) => !own[0].flagged && own[0].strip);
    const cards = (pairs) => el("div", { class: "cards" }, pairs.map(([id, own]) => card(set, classes.get(id) ?? { id, name: id }, own)));
    const first = cards(flagged.slice(0, 12));
    const rest = flagged.slice(12);
    const more = rest.length ? el("button", {
      type: "button", class: "wide", onclick: () => { first.append(...cards(rest).children); more.remove(); },
    }, `Show the other ${rest.length} classes that stand out`) : null;
    const count = set.classes.length;
    return el("section", { aria: { labelledby: "found" } },
      el("h2", { id: "found" }, flagged.length ? `${flagged.length} of ${count} classes stand${flagged.length === 1 ? "s" : ""} out` : `Nothing stands out in ${count} classes`),
      el("p", { class: "lead" }, flagged.length
        ? "In each of them some images differ from the others by where their relevance lies, or by what they show. That is a candidate for an artefact: look at the images, and at what happens when it is put into others."
        : "That says what was looked for and not found, and no more: see below."),
      flagged.length ? [first, more] : null,
      clearest.length ? el("details", { open: !flagged.length }, el("summary", {}, "The clearest groups of classes that do not stand out"), cards(clearest)) : null,
      set.notes.length ? el("details", {}, el("summary", {}, "What was looked for, and what could have been found"), set.notes.map((note) => el("p", { class: "note" }, note))) : null);
  }

  // What covers whole classes, which no group of a class shows.
  function shortcuts(set, id) {
    if (!set.shortcuts) return null;
    const [own, alone] = [set.shortcuts, set.surroundings].map((all) => all.filter((one) => id === undefined || one.class === id));
    if (id !== undefined && !own.length && !alone.length) return null;
    const names = new Map(set.classes.map((one) => [one.id, one.name]));
    const name = (one) => names.get(one.class) ?? one.class;
    return el("section", { class: id === undefined ? "" : "panel", aria: { label: "Shortcuts of whole classes" } },
      el("h2", {}, id === undefined ? (own.length ? `Shortcuts of whole classes: ${own.length}` : "No shortcut of a whole class was found") : own.length ? "A shortcut of the whole class" : "Its surroundings alone are enough"),
      id === undefined ? el("p", { class: "lead" }, own.length
        ? "A property tells the images of a class from those of others, and a change of that property moves the network. No group within the class shows it."
        : "No property that tells a whole class was found to move the network; probes.html beside the tables of the network says what was looked for.") : null,
      listed(own),
      id === undefined && alone.length ? el("p", { class: "lead" }, "Classes that the network recognises where the middle of their images is greyed:") : null,
      listed(alone));

    function listed(found) {
      return el("ul", { class: "sentences" }, found.map((one) => el("li", {}, id === undefined ? el("a", { href: linkOf(set, one.class) }, "Class ", named(name(one))) : "",
        id === undefined ? ": " : "", sentence({ finding: one.sentence }, name(one)))));
    }
  }

  function cell(column, row, set, largest, openable, known = {}) {
    const value = row[column];
    if (column === "name") {
      const id = row.class;
      const parts = [openable ? el("a", { href: linkOf(set, id) }, named(row.name)) : named(row.name)];
      if (id !== row.name) parts.push(" ", el("span", { class: "id" }, named(id)));
      if (row.status !== "ok") parts.push(el("div", { class: "note" }, row.status));
      return el("td", {}, parts);
    }
    if (column === "tau") return el("td", { class: "number tau" }, el("span", {}, number(value)), charts.tau(row, largest));
    if (column === "score") return el("td", { class: "number" }, row.flagged && el("span", { class: "flag", title: "stands out" }, "●"), number(value, 2), row.flagged && el("span", { class: "offstage" }, " stands out"));
    if (column === "accuracy") return el("td", { class: "number" }, percent(value, 1));
    if (column === "rank") {
      const ties = row.rank_low !== null && row.rank_low < row.rank_high ? `${row.rank_low} to ${row.rank_high} are possible by the intervals` : "";
      return el("td", { class: "number", title: ties }, value === null ? "–" : String(value));
    }
    if (column === "shortcuts") return el("td", {}, value || "");
    if (column === "witnesses") return el("td", { class: "number", title: unhans.witnesses(known.speaking || []) }, value === null ? "–" : String(value));
    if (column === "features") return el("td", { class: "number", title: known.features ? known.features.reason || known.features.spurious.join(", ") : "" }, value === null ? "–" : `${value} of ${known.features.count}`);
    if (column === "confusion" || column === "planted") return el("td", {}, value ? named(value) : "");
    return el("td", { class: "number" }, value === null ? "–" : String(value));
  }

  class Ranking {
    constructor(set, analyses) {
      Object.assign(this, { set, analyses });
      this.there = new Set(set.classes.filter((one) => one.status === "ok").map((one) => one.id));
      this.known = new Map(set.classes.map((one) => [one.id, one]));
      for (const row of analyses.flatMap(rowsOf)) {
        const { speaking, features } = this.known.get(row.class) || {};
        row.witnesses = speaking ? speaking.length : null;
        row.features = features && features.spurious ? features.spurious.length : null;
      }
      this.find = el("input", { type: "search", placeholder: "class, confusion, status", autocomplete: "off", oninput: () => unhans.go({ find: this.find.value }, true) });
      this.only = el("input", { type: "checkbox", onchange: () => unhans.go({ only: this.only.checked ? "flagged" : undefined }) });
      this.count = el("output", { aria: { live: "polite" } });
      this.says = el("p", { class: "note" });
      this.choice = unhans.select("Analysis", analyses.map((one) => [one.path, one.path.replaceAll("/", ", ")]), analyses[0].path, (path) => unhans.go({ analysis: path }));
      this.head = el("tr");
      this.body = el("tbody");
      this.end = el("div", { class: "tiles-end" });
      new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) this.append(); },
        { rootMargin: "1200px" }).observe(this.end);
      this.node = el("section", { aria: { labelledby: "ranked" } },
        el("h2", { id: "ranked" }, "All classes, by tau"),
        el("p", { class: "lead" }, "tau says how clearly the heatmaps of a class fall into clusters. A high tau is a candidate, no proof: compare it with its interval and with points without structure."),
        el("div", { class: "controls" }, this.choice, el("label", { class: "field" }, el("span", {}, "Search"), this.find),
          el("label", { class: "check" }, this.only, " only those that stand out"), this.count),
        this.says,
        el("div", { class: "frame", tabIndex: 0, role: "region", aria: { labelledby: "ranked" } },
          el("table", { class: "ranking" }, el("thead", {}, this.head), this.body), this.end));
    }

    update(state) {
      const analysis = this.analyses.find((one) => one.path === state.analysis) || this.analyses[0];
      const rows = rowsOf(analysis);
      const [column, direction] = (state.order || "rank").split(".");
      const sign = direction ? (direction === "up" ? 1 : -1) : SORTS[column] || 1;
      const asked = { planted: (row) => row.planted, witnesses: (row) => row.witnesses !== null, features: (row) => row.features !== null };
      const shown = COLUMNS.filter(([name]) => !asked[name] || rows.some(asked[name]));
      this.choice.querySelector("select").value = analysis.path;
      if (document.activeElement !== this.find) this.find.value = state.find || "";
      this.only.checked = state.only === "flagged";
      this.says.textContent = analysis.says;
      unhans.refill(this.head, ...shown.map(([name, title, isNumber, explained]) => el("th", {
        scope: "col", class: isNumber ? "number" : "", aria: { sort: name === column ? (sign > 0 ? "ascending" : "descending") : "none" },
      }, el("button", {
        type: "button", title: explained,
        onclick: () => unhans.go({ order: `${name}.${name === column ? (sign > 0 ? "down" : "up") : (SORTS[name] || 1) > 0 ? "up" : "down"}` }),
      }, title))));
      const words = (state.find || "").toLowerCase().split(/\s+/).filter(Boolean);
      const found = rows.filter((row) => {
        if (state.only === "flagged" && !row.flagged) return false;
        const text = `${row.class} ${row.name} ${row.confusion || ""} ${row.planted || ""} ${row.status}`.toLowerCase();
        return words.every((word) => text.includes(word));
      });
      found.sort((a, b) => compare(a[column], b[column], sign));
      const largest = d3.quantile(rows.map((row) => row.tau_high ?? row.tau).filter((value) => value !== null), 0.98) || 1;
      this.count.textContent = `${found.length} of ${rows.length} classes`;
      Object.assign(this, { found, shown, largest, made: 0 });
      this.body.replaceChildren();
      this.append();
    }

    // Rows of a thousand classes are made as the table is scrolled.
    append() {
      if (!this.found || this.made >= this.found.length) return;
      const fresh = this.found.slice(this.made, this.made + BATCH);
      this.made += fresh.length;
      this.body.append(...fresh.map((row) => {
        const openable = this.there.has(row.class);
        return el("tr", { class: row.status === "ok" ? "" : "aside", onclick: (event) => {
          if (openable && !event.target.closest("a") && !String(getSelection())) location.hash = linkOf(this.set, row.class);
        } }, this.shown.map(([name]) => cell(name, row, this.set, this.largest, openable, this.known.get(row.class))));
      }));
    }
  }

  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  // What has no value comes last in either direction.
  function compare(a, b, sign) {
    const missing = (value) => value === null || value === undefined || value === "";
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * collator.compare(String(a), String(b));
  }

  class Overview {
    constructor(overview, set) {
      this.key = `overview ${nameOf(set)}`;
      const analyses = overview.analyses.filter((one) => same(one, set));
      this.ranking = analyses.length ? new Ranking(set, analyses) : null;
      this.node = el("div", { class: "overview" },
        el("div", { class: "title" }, el("h1", {}, named(set.corpus), " seen by ", named(set.model)),
          el("p", { class: "note" }, set.network)),
        findings(set), shortcuts(set), this.ranking && this.ranking.node, unhans.corrections(overview, set));
    }

    update(state) {
      document.title = "unhans explorer";
      if (this.ranking) this.ranking.update(state);
    }
  }

  Object.assign(unhans, { Overview, shortcuts, nameOf, same, rowsOf, sentence, answer, linkOf });
})();
