// unhans explorer: elements, texts, numbers, files, and the state that stands in the address.
// Names come from datasets. They reach the page as text nodes alone, never as markup.
"use strict";

const unhans = {};

(() => {
  // Elements. `properties` are set by name; `on...` are listeners, `data` and `aria` are attributes.
  function el(tag, properties = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "class") node.className = value;
      else if (name === "aria") for (const key in value) node.setAttribute(`aria-${key}`, value[key]);
      else if (name === "data") for (const key in value) node.dataset[key] = value[key];
      else if (name in node) node[name] = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  function svg(tag, attributes = {}, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const name in attributes) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), attributes[name]);
      else node.setAttribute(name, attributes[name]);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }

  // A name from a dataset: isolated, so that its direction of writing stays its own.
  function named(text) {
    return el("bdi", { class: "name" }, text === "" ? "(empty)" : String(text));
  }

  function select(label, options, value, change) {
    const box = el("select", { onchange: () => change(box.value) });
    for (const [key, text] of options) box.append(el("option", { value: key, selected: key === value }, text));
    return el("label", { class: "field" }, el("span", {}, label), box);
  }

  const number = (value, digits = 3) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e5)) return value.toExponential(1).replace("e-", "e−").replace("-", "−");
    return String(Number(value.toPrecision(digits))).replace("-", "−");
  };
  const percent = (value, digits = 0) => (value === null || value === undefined ? "–" : `${(100 * value).toFixed(digits)} %`);
  const points = (value) => {
    const shown = (100 * value).toFixed(1);
    return (Number(shown) === 0 ? "0.0" : shown).replace("-", "−");
  };

  // Arrays as `encoding.packed` writes them.
  const KINDS = { i1: Int8Array, u1: Uint8Array, u2: Uint16Array, f4: Float32Array, f8: Float64Array };
  function unpack(value) {
    const text = atob(value.data);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    return new KINDS[value.kind](bytes.buffer);
  }

  function unflag(value, n) {
    const bytes = unpack(value);
    return Uint8Array.from({ length: n }, (_, at) => (bytes[at >> 3] >> (7 - (at & 7))) & 1);
  }

  // Selections in the address: a bit an image, in the letters of base 64 that need no escape.
  function toText(flags) {
    const bytes = new Uint8Array(Math.ceil(flags.length / 8));
    flags.forEach((flag, at) => { if (flag) bytes[at >> 3] |= 128 >> (at & 7); });
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function fromText(text, n) {
    try {
      const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
      return Uint8Array.from({ length: n }, (_, at) => (bytes.charCodeAt(at >> 3) >> (7 - (at & 7))) & 1);
    } catch (error) {
      return new Uint8Array(n);
    }
  }

  // Data of a class: a script that calls `unhans.addClass`. It works from disk, where nothing else does.
  const asked = new Map();
  const waiting = new Map();
  unhans.addClass = (value) => {
    const source = document.currentScript && document.currentScript.dataset.of;
    if (waiting.has(source)) waiting.get(source)(value);
  };
  unhans.addFeatures = unhans.addClass;

  const address = (set, name, folder = "data") =>
    [folder, set.corpus, set.model, set.composite, name].map(encodeURIComponent).join("/");

  function loadClass(set, id, folder) {
    const key = address(set, `${id}.js`, folder);
    if (!asked.has(key)) {
      asked.set(key, new Promise((resolve, reject) => {
        waiting.set(key, resolve);
        const script = el("script", { src: key, async: true });
        script.dataset.of = key;
        script.onload = () => script.remove();
        script.onerror = () => { asked.delete(key); reject(new Error(`${decodeURIComponent(key)} cannot be loaded`)); };
        document.head.append(script);
      }));
      if (asked.size > 12) asked.delete(asked.keys().next().value);
    }
    return asked.get(key);
  }

  function loadImage(source) {
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = () => reject(new Error(`${decodeURIComponent(source)} cannot be loaded`));
      image.src = source;
    });
  }

  function toast(text) {
    const box = document.getElementById("toast");
    box.textContent = text;
    box.classList.add("shown");
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => box.classList.remove("shown"), 2600);
  }

  async function copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
    } catch (error) {
      // No clipboard here: an old browser, or a page from disk in some of them.
      const box = el("textarea", { value: text, class: "offstage" });
      const open = document.querySelector("dialog[open]") || document.body;
      open.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    toast(`${what} copied`);
  }

  function download(name, text) {
    const link = el("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: "text/plain" })) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    toast(`${name} saved`);
  }

  // The state is the part of the address after #. `undefined` removes a key.
  function state() {
    return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  }

  function href(changes, from = state()) {
    const next = new URLSearchParams();
    for (const [key, value] of Object.entries({ ...from, ...changes })) {
      if (value !== undefined && value !== null && value !== "") next.set(key, value);
    }
    return `#${next}`;
  }

  // `keep` leaves no step in the history: for what changes with each move of a slider.
  function go(changes, keep = false, from = state()) {
    const next = href(changes, from);
    if (next === (location.hash || "#")) return;
    if (keep) location.replace(next);
    else location.hash = next;
  }

  // Replace what a node holds; what has the focus in it keeps its place, so that keys go on working.
  function refill(node, ...children) {
    const places = () => Array.from(node.querySelectorAll("a[href], button:not(:disabled), input:not(:disabled), select"));
    const at = places().indexOf(document.activeElement);
    node.replaceChildren(...children.filter((one) => one !== null && one !== undefined));
    const found = places();
    if (at >= 0 && found.length) found[Math.min(at, found.length - 1)].focus();
  }

  function dialog(title, ...children) {
    const box = document.getElementById("dialog");
    refill(box,
      el("div", { class: "dialog-head" }, el("h2", {}, title),
        el("button", { type: "button", class: "quiet", onclick: () => box.close(), aria: { label: "Close" } }, "✕")),
      ...children);
    if (!box.open) box.showModal();
    return box;
  }

  // Names of witnesses, as `witnesses.tabulate` writes them, for people.
  const witnesses = (names) => names.map((name) => name.replace(/^by_/, "").replaceAll("_", " ")).join(", ");

  const tsv = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /["\t\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };

  Object.assign(unhans, {
    el, svg, named, select, number, percent, points, unpack, unflag, toText, fromText, address, loadClass,
    loadImage, toast, copy, download, state, href, go, refill, dialog, witnesses, tsv,
  });
})();
