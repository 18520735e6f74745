// The gallery: every image of a selection as a tile, drawn when it comes into view.
"use strict";

(() => {
  const { el, named, number } = unhans;
  const BATCH = 120;  // tiles that are made at once; more follow when the page is scrolled to their end

  class Gallery {
    constructor({ pointed, opened }) {
      Object.assign(this, { pointed, opened, shown: [], view: "image", map: "blue-red" });
      this.grid = el("div", { class: "tiles" });
      this.end = el("div", { class: "tiles-end" });
      this.node = el("div", {}, this.grid, this.end);
      this.visible = new IntersectionObserver((entries) => entries.forEach((entry) => {
        if (entry.isIntersecting) { this.visible.unobserve(entry.target); this.paint(entry.target); }
      }), { rootMargin: "300px" });
      this.more = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) this.append(); },
        { rootMargin: "800px" });
      this.more.observe(this.end);
      this.grid.addEventListener("keydown", (event) => this.move(event));
    }

    open(model, sheet) {
      Object.assign(this, { model, sheet });
      const { sharp, width, height } = model.value.sheet;
      // Tiles of whole pixels for small images, so that each of their pixels is seen.
      this.size = sharp ? Math.max(1, Math.round(84 / Math.max(width, height))) * Math.max(width, height) : 84;
      this.grid.style.setProperty("--tile", `${this.size}px`);
    }

    // Images in the order in which they are shown.
    show(order, view, map, note, maps) {
      Object.assign(this, { shown: order, view, map, note, maps, made: 0 });
      this.visible.disconnect();
      this.grid.replaceChildren();
      this.append();
    }

    append() {
      if (!this.model || this.made >= this.shown.length) return;
      const fresh = document.createDocumentFragment();
      for (const image of this.shown.slice(this.made, this.made + BATCH)) {
        const path = this.model.value.path[image];
        const tile = el("button", {
          type: "button", class: "tile", title: `${path}${this.note ? `\n${this.note(image)}` : ""}`, tabIndex: fresh.childElementCount || this.made ? -1 : 0,
          aria: { label: path }, onclick: () => this.opened(image), onpointerenter: () => this.pointed(image),
          onpointerleave: () => this.pointed(-1), onfocus: () => this.pointed(image),
        }, el("canvas", { aria: { hidden: "true" } }));
        tile.image = image;
        if (this.model.correct && !this.model.correct[image]) tile.classList.add("wrong");
        fresh.append(tile);
      }
      const tiles = Array.from(fresh.children);
      this.made += tiles.length;
      this.grid.append(fresh);
      tiles.forEach((tile) => this.visible.observe(tile));
    }

    paint(tile) {
      const canvas = tile.firstChild;
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      canvas.width = canvas.height = Math.round(this.size * ratio);
      draw(canvas, this.model, this.sheet, tile.image, this.view, this.map, this.maps);
    }

    // Arrows go from tile to tile; only one of them is reached by the tab key.
    move(event) {
      const tiles = Array.from(this.grid.children);
      const at = tiles.indexOf(document.activeElement);
      if (at < 0) return;
      const across = Math.max(1, Math.floor(this.grid.clientWidth / (tiles[0].offsetWidth + 4)));
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -at, End: tiles.length - 1 - at }[event.key];
      if (step === undefined) return;
      const next = tiles[Math.min(tiles.length - 1, Math.max(0, at + step))];
      tiles[at].tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
      event.preventDefault();
    }
  }

  // Draw an image, its heatmap (or where a feature is in it), or that over the image, on the whole of a canvas.
  function draw(canvas, model, sheet, image, view, map, maps = model) {
    const context = canvas.getContext("2d");
    const { across, width, height, sharp } = model.value.sheet;
    context.imageSmoothingEnabled = !sharp;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (view !== "heatmap") {
      context.drawImage(sheet, (image % across) * width, Math.floor(image / across) * height, width, height, 0, 0, canvas.width, canvas.height);
    }
    if (view === "overlay") {
      // Grey, and dim: colours are those of the heatmap alone.
      context.globalCompositeOperation = "saturation";
      context.fillStyle = "#000";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.globalCompositeOperation = "multiply";
      context.fillStyle = "#8c8c8c";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.globalCompositeOperation = "source-over";
    }
    if (view !== "image") {
      const { heatmaps, height, width } = maps;
      unhans.colours.paint(context, heatmaps, image * height * width, height, width, map, view === "overlay", sharp && maps === model);
    }
  }

  // One image at its largest, with all that is known of it. Arrows go to its neighbours in the gallery.
  function detail(gallery, image, extra) {
    const { model, sheet, map, maps } = gallery;
    const value = model.value;
    const place = gallery.shown.indexOf(image);
    const pictures = ["image", "heatmap", "overlay"].map((view) => {
      const canvas = el("canvas", { width: 448, height: 448 });
      draw(canvas, model, sheet, image, view, map, maps);
      return el("figure", {}, canvas, el("figcaption", {}, view));
    });
    const rows = [["path", value.path[image]], ["image", value.image[image]]];
    for (const name in value.categories) {
      const { values, codes } = model.category(name);
      rows.push([name, values[codes[image]]]);
    }
    for (const name in value.numbers) rows.push([name, number(model.numbers(name)[image], 6)]);
    rows.push(...extra(image));
    const step = (by) => {
      const next = gallery.shown[place + by];
      if (next !== undefined) detail(gallery, next, extra);
    };
    const box = unhans.dialog(`Image ${place + 1} of ${gallery.shown.length}`,
      el("div", { class: "actions" },
        el("button", { type: "button", aria: { disabled: String(place <= 0) }, onclick: () => step(-1) }, "← Previous"),
        el("button", { type: "button", aria: { disabled: String(place + 1 >= gallery.shown.length) }, onclick: () => step(1) }, "Next →"),
        el("button", { type: "button", onclick: () => unhans.copy(value.path[image], "Path") }, "Copy path")),
      el("div", { class: "detail" }, el("div", { class: "detail-pictures" }, pictures),
        el("table", { class: "facts" }, el("tbody", {}, rows.map(([name, text]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, named(text))))))));
    box.onkeydown = (event) => {
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    };
    box.onclose = () => { box.onkeydown = null; };
  }

  Object.assign(unhans, { Gallery, drawImage: draw, detail });
})();
