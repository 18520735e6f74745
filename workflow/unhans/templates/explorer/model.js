// The data of one class, and what is computed from it: selections, mean heatmaps, orders.
"use strict";

(() => {
  const HOT = 0.5;  // as relevance.HOT: a bin is hot from this fraction of the largest surplus on

  class ClassModel {
    constructor(value, features) {
      this.value = value;
      this.seen = features;
      this.features = features ? features.features : [];
      this.n = value.n;
      [, this.height, this.width] = value.heatmaps.values.shape;
      this.heatmaps = unhans.unpack(value.heatmaps.values);
      this.kept = new Map();
    }

    // Something that is computed once.
    once(key, make) {
      if (!this.kept.has(key)) this.kept.set(key, make());
      return this.kept.get(key);
    }

    analysis(path) {
      return this.value.analyses.find((one) => one.path === path) || this.value.analyses[0];
    }

    // Cluster of each image, for k clusters.
    clusters(analysis, k) {
      const all = this.once(`labels ${analysis.path}`, () => unhans.unpack(analysis.labels));
      const row = Math.max(0, analysis.k.indexOf(k));
      return all.subarray(row * this.n, (row + 1) * this.n);
    }

    embedding(analysis) {
      return this.once(`embedding ${analysis.path}`, () => unhans.unpack(analysis.embedding));
    }

    category(name) {
      const found = this.value.categories[name];
      return this.once(`category ${name}`, () => ({ values: found.values, codes: unhans.unpack(found.codes) }));
    }

    numbers(name) {
      return this.once(`number ${name}`, () => unhans.unpack(this.value.numbers[name]));
    }

    score(indicator) {
      return this.once(`score ${indicator}`, () => unhans.unpack(this.value.scores[indicator]));
    }

    feature(name) {
      return this.features.find((one) => one.feature === name);
    }

    // How strongly each image shows a feature; NaN where that is not known.
    strength(name) {
      return this.once(`feature ${name}`, () => unhans.unpack(this.feature(name).strength));
    }

    // Small maps of all images that tiles show: relevance, or where a feature is.
    maps(name) {
      if (!name) return this;
      return this.once(`masks ${name}`, () => ({ heatmaps: unhans.unpack(this.feature(name).masks), height: this.seen.height, width: this.seen.width }));
    }

    group(name) {
      const found = this.value.groups.find((one) => `${one.indicator}.${one.number}` === name);
      return found ? { ...found, flags: unhans.unflag(found.members, this.n) } : undefined;
    }

    // Points of a layout: [x, y] of each image.
    points(layout, analysis) {
      const [kind, first, second] = layout.split(":");
      if (kind === "axes") {
        const values = this.embedding(analysis);
        const q = analysis.embedding.shape[1];
        const axes = [first, second].map((axis) => Math.min(q, Math.max(1, Number(axis))) - 1);
        return Array.from({ length: this.n }, (_, at) => axes.map((axis) => values[at * q + axis]));
      }
      const own = this.value.analyses.find((one) => one.path === first) || analysis;
      const values = this.once(`layout ${layout}`, () => unhans.unpack(own.projections[kind]));
      return Array.from({ length: this.n }, (_, at) => [values[2 * at], values[2 * at + 1]]);
    }

    layouts(analysis) {
      const found = [];
      for (const own of this.value.analyses) {
        for (const name in own.projections || {}) {
          const title = { tsne: "t-SNE", umap: "UMAP" }[name] || name;
          found.push([`${name}:${own.path}`, `${title} of ${own.path.split("/").slice(0, 2).join(", ")}`]);
        }
      }
      found.sort((a, b) => (b[0].startsWith("tsne") - a[0].startsWith("tsne")));
      if (analysis.status === "ok") found.push(["axes:2:3", "spectral axes"]);
      return found;
    }

    // Share of an image's positive relevance in each bin, of all images: once a class.
    get shares() {
      return this.once("shares", () => {
        const size = this.height * this.width;
        const made = new Float32Array(this.n * size);
        for (let image = 0; image < this.n; image += 1) {
          let total = 0;
          for (let at = image * size; at < (image + 1) * size; at += 1) total += Math.max(0, this.heatmaps[at]);
          if (!total) continue;
          for (let at = image * size; at < (image + 1) * size; at += 1) made[at] = Math.max(0, this.heatmaps[at]) / total;
        }
        return made;
      });
    }

    // Mean share of relevance in each bin: of the selection, and what it has more than the rest.
    heat(flags) {
      const size = this.height * this.width;
      const [inside, outside] = [new Float64Array(size), new Float64Array(size)];
      const counts = [0, 0];
      const shares = this.shares;
      for (let image = 0; image < this.n; image += 1) {
        const into = flags[image] ? inside : outside;
        counts[flags[image] ? 0 : 1] += 1;
        for (let at = 0; at < size; at += 1) into[at] += shares[image * size + at];
      }
      const mean = inside.map((value) => value / Math.max(1, counts[0]));
      const surplus = mean.map((value, at) => value - outside[at] / Math.max(1, counts[1]));
      const largest = Math.max(...surplus);
      const hot = Uint8Array.from(surplus, (value) => (largest > 0 && value >= HOT * largest ? 1 : 0));
      return { mean, surplus, hot };
    }

    // Relevance of each image within the hot bins.
    within(hot) {
      const size = this.height * this.width;
      const bins = Array.from(hot.keys()).filter((at) => hot[at]);
      const shares = this.shares;
      const found = new Float64Array(this.n);
      for (let image = 0; image < this.n; image += 1) {
        let sum = 0;
        for (const at of bins) sum += shares[image * size + at];
        found[image] = sum;
      }
      return found;
    }

    // Distance of each image to the mean of a selection, by the first k spectral axes.
    distances(analysis, k, flags) {
      const [values, q] = [this.embedding(analysis), analysis.embedding.shape[1]];
      const axes = Math.min(k, q);
      const centre = new Float64Array(axes);
      let count = 0;
      flags.forEach((flag, image) => {
        if (!flag) return;
        count += 1;
        for (let axis = 0; axis < axes; axis += 1) centre[axis] += values[image * q + axis];
      });
      return Float64Array.from({ length: this.n }, (_, image) => {
        let sum = 0;
        for (let axis = 0; axis < axes; axis += 1) sum += (values[image * q + axis] - centre[axis] / Math.max(1, count)) ** 2;
        return Math.sqrt(sum);
      });
    }

    // The cluster most like a selection, over all k of an analysis: Jaccard index.
    closest(analysis, flags) {
      const wanted = flags.reduce((sum, flag) => sum + flag, 0);
      let best = { index: 0 };
      for (const k of analysis.k) {
        const labels = this.clusters(analysis, k);
        const [sizes, shared] = [new Float64Array(k), new Float64Array(k)];
        for (let image = 0; image < this.n; image += 1) {
          sizes[labels[image]] += 1;
          shared[labels[image]] += flags[image];
        }
        for (let cluster = 0; cluster < k; cluster += 1) {
          const index = shared[cluster] / (sizes[cluster] + wanted - shared[cluster]);
          if (index > best.index) best = { index, k, cluster, images: sizes[cluster] };
        }
      }
      return best;
    }
  }

  unhans.ClassModel = ClassModel;
})();
