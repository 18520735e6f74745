// Small charts: eigenvalues with their gap, a response with its control, tau with its interval.
"use strict";

(() => {
  const { el, svg, number, points } = unhans;

  // Eigenvalues of the Laplacian. A click on one takes so many clusters.
  function eigenvalues(analysis, k, choose) {
    const values = analysis.eigenvalues;
    const [width, height, left, bottom, top] = [420, 150, 34, 22, 10];
    const x = d3.scaleLinear([1, Math.max(2, values.length)], [left + 8, width - 10]);
    const y = d3.scaleLinear([Math.min(0, d3.min(values)), d3.max(values) || 1], [height - bottom, top]).nice();
    const gap = analysis.gap;
    const parts = [svg("title", {}, `Eigenvalues of the Laplacian${gap ? `; largest gap after ${gap}` : ""}`)];
    for (const tick of y.ticks(4)) {
      parts.push(svg("line", { class: "grid", x1: left, x2: width - 6, y1: y(tick), y2: y(tick) }));
      parts.push(svg("text", { class: "tick", x: left - 5, y: y(tick) + 3.5, "text-anchor": "end" }, String(tick)));
    }
    for (const tick of x.ticks(8).filter(Number.isInteger)) {
      parts.push(svg("text", { class: "tick", x: x(tick), y: height - 6, "text-anchor": "middle" }, String(tick)));
    }
    if (gap && gap < values.length) {
      const [from, to] = [y(values[gap]), y(values[gap - 1])];
      parts.push(svg("rect", { class: "gap", x: x(gap), width: x(gap + 1) - x(gap), y: from, height: Math.max(1, to - from) }));
      parts.push(svg("text", { class: "gap-text", x: x(gap + 1) + 6, y: top + 11 }, `largest gap: ${gap} groups`));
    }
    if (k <= values.length) parts.push(svg("line", { class: "chosen", x1: x(k), x2: x(k), y1: top, y2: height - bottom }));
    values.forEach((value, at) => {
      const can = analysis.k.includes(at + 1);
      parts.push(svg("circle", { class: at + 1 === k ? "dot chosen" : "dot", cx: x(at + 1), cy: y(value), r: at + 1 === k ? 5 : 3.2 },
        svg("title", {}, `eigenvalue ${at + 1}: ${number(value, 4)}`)));
      if (can) parts.push(svg("rect", { class: "hit", x: x(at + 1) - 6, y: top, width: 12, height: height - bottom - top, onclick: () => choose(at + 1) },
        svg("title", {}, `eigenvalue ${at + 1}: ${number(value, 4)}; click for k = ${at + 1}`)));
    });
    return svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img" }, parts);
  }

  // Change of probability when a group's artefact is put into other images, with its interval and control.
  function response(row) {
    const [width, height, left] = [320, 54, 66];
    const values = [0, row.probability_change, row.probability_low, row.probability_high, row.control_probability_change];
    const [low, high] = d3.extent(values);
    const x = d3.scaleLinear([Math.min(low, 0), Math.max(high, 0.05)], [left, width - 14]).nice();
    const said = `The artefact changes the class by ${points(row.probability_change)} points (${points(row.probability_low)} to ` +
      `${points(row.probability_high)}), the control by ${points(row.control_probability_change)}`;
    return svg("svg", { class: "chart response", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said },
      svg("title", {}, said),
      x.ticks(4).map((tick) => [
        svg("line", { class: tick === 0 ? "zero" : "grid", x1: x(tick), x2: x(tick), y1: 2, y2: 38 }),
        svg("text", { class: "tick", x: x(tick), y: 50, "text-anchor": "middle" }, points(tick).replace(/\.0$/, "")),
      ]).flat(),
      svg("text", { class: "tick", x: left - 8, y: 14, "text-anchor": "end" }, "artefact"),
      svg("text", { class: "tick", x: left - 8, y: 33, "text-anchor": "end" }, "control"),
      svg("line", { class: "interval", x1: x(row.probability_low), x2: x(row.probability_high), y1: 11, y2: 11 }),
      svg("circle", { class: "value", cx: x(row.probability_change), cy: 11, r: 4.5 }),
      svg("circle", { class: "control", cx: x(row.control_probability_change), cy: 30, r: 4 }));
  }

  // tau of a class as a cell: its interval, itself, and a bar where structureless points lie.
  function tau(row, largest) {
    const at = (value) => `${(100 * Math.min(1, Math.max(0, value / largest))).toFixed(2)}%`;
    const part = (name, left, width) => {
      const node = el("i", { class: name });
      node.style.left = left;
      if (width) node.style.width = width;
      return node;
    };
    if (row.tau === null) return el("span", { class: "tau-cell" });
    const whole = row.tau_low !== null && row.tau_low !== undefined;
    const title = `tau ${number(row.tau, 4)}` + (whole ? `, 95 % interval ${number(row.tau_low)} to ${number(row.tau_high)}` : "") +
      (row.tau_null !== null ? `; without structure ${number(row.tau_null)}` : "");
    return el("span", { class: "tau-cell", title, aria: { hidden: "true" } },
      whole && part("interval", at(row.tau_low), `${(100 * (Math.min(1, row.tau_high / largest) - Math.min(1, row.tau_low / largest))).toFixed(2)}%`),
      row.tau_null !== null && part("null", at(row.tau_null)), part("dot", at(row.tau)));
  }

  unhans.charts = { eigenvalues, response, tau };
})();
