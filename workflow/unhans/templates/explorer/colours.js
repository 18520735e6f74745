// Colours that stay distinct for any kind of colour vision: groups after Okabe and Ito, with a shape each
// where there are more groups than colours; heatmaps in scales without red against green.
"use strict";

(() => {
  const GROUPS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#882255", "#B7A800"];
  const SHAPES = ["circle", "triangle", "square", "diamond", "cross"];

  const group = (place) => GROUPS[place % GROUPS.length];
  const shape = (place) => SHAPES[Math.floor(place / GROUPS.length) % SHAPES.length];

  // From -1 (against the class) to 1 (for it). `clear` is the value that an overlay lets through.
  const MAPS = {
    "blue-red": { name: "blue – red", of: (value) => d3.interpolateRdBu(0.5 - value / 2) },
    dark: {
      name: "blue – black – orange",
      of: d3.piecewise(d3.interpolateRgb, ["#9fd4ff", "#1769c2", "#000000", "#d53e18", "#ffd08a"].map(d3.color)),
      both: true,
    },
    magma: { name: "magma, relevance for the class alone", of: (value) => d3.interpolateMagma(Math.max(0, value)) },
    grey: { name: "grey, relevance for the class alone", of: (value) => d3.interpolateGreys(1 - Math.max(0, value)) },
  };
  const FOR = [213, 62, 24];
  const AGAINST = [23, 105, 194];

  const tables = new Map();
  // Red, green, blue and opacity of each of the 255 steps of a small heatmap.
  function table(map, overlay) {
    const key = `${map} ${overlay}`;
    if (tables.has(key)) return tables.get(key);
    const { of, both } = MAPS[map] || MAPS["blue-red"];
    const made = new Uint8ClampedArray(4 * 256);
    for (let step = -127; step <= 127; step += 1) {
      const value = step / 127;
      const at = 4 * (step + 128);
      const one = d3.rgb(of(both ? (value + 1) / 2 : value));
      let [red, green, blue, opacity] = [one.r, one.g, one.b, 255];
      if (overlay) {
        opacity = 255 * Math.abs(value) ** 0.7;
        if (map === "blue-red" || map === "dark") [red, green, blue] = value > 0 ? FOR : AGAINST;
        else if (value < 0) opacity = 0;
      }
      made.set([red, green, blue, opacity], at);
    }
    tables.set(key, made);
    return made;
  }

  const scratch = document.createElement("canvas");
  // Draw one small heatmap (a typed array from -127 to 127) over a canvas.
  function paint(context, values, offset, height, width, map, overlay, sharp) {
    scratch.width = width;
    scratch.height = height;
    const inner = scratch.getContext("2d");
    const pixels = inner.createImageData(width, height);
    const colours = table(map, overlay);
    for (let at = 0; at < width * height; at += 1) {
      const from = 4 * (values[offset + at] + 128);
      for (let part = 0; part < 4; part += 1) pixels.data[4 * at + part] = colours[from + part];
    }
    inner.putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = !sharp;
    context.imageSmoothingQuality = "high";
    context.drawImage(scratch, 0, 0, context.canvas.width, context.canvas.height);
  }

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  unhans.colours = { group, shape, MAPS, paint, css, count: GROUPS.length };
})();
