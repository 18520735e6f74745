// The scatter: images as points on a 2-D canvas, with zoom, lasso and click.
//
// A class has some thousand images. A 2-D canvas draws them within a few milliseconds, also where a browser
// has no WebGL (remote desktops, headless runs), and d3 brings zoom, neighbours and the lasso's polygon.
"use strict";

(() => {
  const { el } = unhans;
  const ROOM = 14;  // pixels between the points and the border

  class Scatter {
    // `picked(flags, add)` is called with a lasso or a click, `pointed(image)` while the pointer is near one.
    constructor({ picked, pointed }) {
      Object.assign(this, { picked, pointed, points: [], selected: null, transform: d3.zoomIdentity, hovered: -1 });
      this.canvas = el("canvas", { class: "scatter-canvas", tabIndex: 0, role: "img" });
      this.mode = "lasso";
      this.buttons = [["lasso", "Lasso"], ["move", "Move"]].map(([mode, text]) =>
        el("button", { type: "button", class: "segment", aria: { pressed: mode === this.mode }, onclick: () => this.setMode(mode) }, text));
      this.reset = el("button", { type: "button", class: "quiet", onclick: () => this.fit() }, "Fit");
      this.node = el("div", { class: "scatter" },
        el("div", { class: "scatter-tools" }, el("div", { class: "segments", role: "group", aria: { label: "What dragging does" } }, this.buttons), this.reset,
          el("span", { class: "note" }, "Click: cluster. Shift: add. Wheel: zoom.")),
        this.canvas);
      this.zoom = d3.zoom().scaleExtent([0.8, 60])
        .filter((event) => event.type === "wheel" || event.touches?.length > 1 || (this.mode === "move" && !event.button))
        .on("zoom", (event) => { this.transform = event.transform; this.draw(); });
      d3.select(this.canvas).call(this.zoom).on("dblclick.zoom", null);
      this.listen();
      this.observer = new ResizeObserver(() => this.resize());
      this.observer.observe(this.canvas);
    }

    setMode(mode) {
      this.mode = mode;
      this.canvas.classList.toggle("moving", mode === "move");
      this.buttons.forEach((button, at) => button.setAttribute("aria-pressed", String((at === 0) === (mode === "lasso"))));
    }

    // Points as [x, y], a style each ({ colour, shape }), and a text for those who do not see them.
    show(points, styles, label) {
      const moved = points !== this.points;
      Object.assign(this, { points, styles });
      this.canvas.setAttribute("aria-label", label);
      if (moved) {
        this.extents = [0, 1].map((axis) => d3.extent(points, (point) => point[axis]));
        this.place();
      }
      this.draw();
    }

    // Which images are selected: flags, or null for all.
    select(flags) {
      this.selected = flags;
      this.draw();
    }

    point(image) {
      if (image === this.hovered) return;
      this.hovered = image;
      this.draw();
    }

    fit() {
      d3.select(this.canvas).call(this.zoom.transform, d3.zoomIdentity);
    }

    resize() {
      const { clientWidth: width, clientHeight: height } = this.canvas;
      if (!width || (width === this.width && height === this.height)) return;
      Object.assign(this, { width, height, ratio: window.devicePixelRatio || 1 });
      this.canvas.width = Math.round(width * this.ratio);
      this.canvas.height = Math.round(height * this.ratio);
      this.place();
      this.draw();
    }

    // Where each point lies before zoom. Both axes keep their own scale: distances in a projection mean little.
    place() {
      if (!this.width || !this.points.length) return;
      const scales = this.extents.map(([low, high], axis) => {
        const [from, to] = axis ? [this.height - ROOM, ROOM] : [ROOM, this.width - ROOM];
        return d3.scaleLinear(low === high ? [low - 1, high + 1] : [low, high], [from, to]);
      });
      this.placed = this.points.map(([x, y]) => [scales[0](x), scales[1](y)]);
      this.tree = d3.quadtree(Array.from(this.placed.keys()), (at) => this.placed[at][0], (at) => this.placed[at][1]);
    }

    draw() {
      if (this.frame) return;
      this.frame = requestAnimationFrame(() => { this.frame = null; this.paint(); });
    }

    paint() {
      if (!this.placed || !this.styles || !this.width) return;
      const context = this.canvas.getContext("2d");
      const { ratio, transform, selected } = this;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, this.width, this.height);
      const radius = Math.max(2, Math.min(4.5, 90 / Math.sqrt(this.points.length))) * Math.min(2, transform.k ** 0.35);
      const order = Array.from(this.placed.keys());
      if (selected) order.sort((a, b) => selected[a] - selected[b]);
      const edge = unhans.colours.css("--surface");
      const faded = unhans.colours.css("--faded");
      for (const at of order) {
        const [x, y] = transform.apply(this.placed[at]);
        if (x < -9 || y < -9 || x > this.width + 9 || y > this.height + 9) continue;
        const shown = !selected || selected[at];
        context.globalAlpha = shown ? 0.92 : 0.5;
        context.fillStyle = shown ? this.styles[at].colour : faded;
        context.strokeStyle = edge;
        context.lineWidth = 0.6;
        mark(context, this.styles[at].shape, x, y, shown ? radius : radius * 0.8);
      }
      context.globalAlpha = 1;
      if (this.hovered >= 0) {
        const [x, y] = transform.apply(this.placed[this.hovered]);
        context.strokeStyle = unhans.colours.css("--ink");
        context.lineWidth = 2;
        context.beginPath();
        context.arc(x, y, radius + 4, 0, 2 * Math.PI);
        context.stroke();
      }
      if (this.lasso?.length > 1) {
        context.strokeStyle = unhans.colours.css("--accent");
        context.fillStyle = unhans.colours.css("--accent-soft");
        context.lineWidth = 1.5;
        context.beginPath();
        this.lasso.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)));
        context.closePath();
        context.fill();
        context.stroke();
      }
    }

    // The image nearest to a place on the canvas, -1 where none is near.
    near(x, y, within = 14) {
      if (!this.tree) return -1;
      const [left, top] = this.transform.invert([x, y]);
      const found = this.tree.find(left, top, within / this.transform.k);
      return found === undefined ? -1 : found;
    }

    within(polygon) {
      const flags = new Uint8Array(this.points.length);
      this.placed.forEach((place, at) => {
        if (d3.polygonContains(polygon, this.transform.apply(place))) flags[at] = 1;
      });
      return flags;
    }

    listen() {
      const place = (event) => {
        const box = this.canvas.getBoundingClientRect();
        return [event.clientX - box.left, event.clientY - box.top];
      };
      this.canvas.addEventListener("pointerdown", (event) => {
        if (event.button || this.mode !== "lasso" || !event.isPrimary) return;
        this.lasso = [place(event)];
        this.canvas.setPointerCapture(event.pointerId);
      });
      this.canvas.addEventListener("pointermove", (event) => {
        if (this.lasso) {
          this.lasso.push(place(event));
          this.draw();
        } else if (event.pointerType !== "touch") {
          const image = this.near(...place(event));
          if (image !== this.hovered) { this.point(image); this.pointed(image, event); }
        }
      });
      this.canvas.addEventListener("pointerup", (event) => {
        const lasso = this.lasso;
        this.lasso = null;
        const add = event.shiftKey;
        if (!lasso) return;
        if (lasso.length > 3 && d3.polygonLength(lasso) > 20) this.picked({ flags: this.within(lasso), add });
        else this.picked({ image: this.near(...place(event)), add });
        this.draw();
      });
      this.canvas.addEventListener("pointercancel", () => { this.lasso = null; this.draw(); });
      this.canvas.addEventListener("pointerleave", () => { this.point(-1); this.pointed(-1); });
      // With the keyboard: arrows move, plus and minus zoom.
      this.canvas.addEventListener("keydown", (event) => {
        const steps = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
        if (steps[event.key]) d3.select(this.canvas).call(this.zoom.translateBy, ...steps[event.key].map((step) => step / this.transform.k));
        else if (event.key === "+" || event.key === "=") d3.select(this.canvas).call(this.zoom.scaleBy, 1.4);
        else if (event.key === "-") d3.select(this.canvas).call(this.zoom.scaleBy, 1 / 1.4);
        else return;
        event.preventDefault();
      });
    }
  }

  function mark(context, shape, x, y, size) {
    context.beginPath();
    if (shape === "square") context.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
    else if (shape === "triangle") polygon(context, [[x, y - size * 1.2], [x + size * 1.1, y + size * 0.8], [x - size * 1.1, y + size * 0.8]]);
    else if (shape === "diamond") polygon(context, [[x, y - size * 1.25], [x + size * 1.25, y], [x, y + size * 1.25], [x - size * 1.25, y]]);
    else if (shape === "cross") {
      const thin = size * 0.42;
      context.rect(x - size * 1.1, y - thin, size * 2.2, 2 * thin);
      context.rect(x - thin, y - size * 1.1, 2 * thin, size * 2.2);
    } else context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
    if (shape !== "cross") context.stroke();
  }

  function polygon(context, corners) {
    corners.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
  }

  // The same mark for a legend.
  function legendMark(style) {
    const ratio = window.devicePixelRatio || 1;
    const canvas = el("canvas", { width: 14 * ratio, height: 14 * ratio, class: "mark", aria: { hidden: "true" } });
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.fillStyle = style.colour;
    context.strokeStyle = "transparent";
    mark(context, style.shape, 7, 7, 4.5);
    return canvas;
  }

  unhans.Scatter = Scatter;
  unhans.legendMark = legendMark;
})();
