// Three plots over one time axis: queries a second, hit rate, latency of misses. Gaps where nothing is known.

import { element, linePath, setAttribute, setText, svg, watchWidth } from "./dom.js";
import { milliseconds, perSecond, percent, roundUp } from "./format.js";

const LEFT = 46;
const RIGHT = 6;
const TOP = 6;
const HEIGHT = 84;
const AXIS = 18;
const NARROW = 420;
const SPAN_S = 300;
const STEPS = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10];
const MINUTES = [5, 4, 3, 2, 1, 0];

const PLOTS = [
  { title: "Queries a second", unit: "/s", lowest: 5,
    series: [{ key: "queries_per_s", name: "", now: (rates) => perSecond(rates.queries_per_s) }] },
  { title: "Hit rate", unit: "%", factor: 100, highest: 1,
    series: [{ key: "hit_ratio", name: "", now: (rates) => percent(rates.hit_ratio) }] },
  { title: "Latency of misses", unit: "ms", lowest: 20, axis: true,
    series: [{ key: "miss_p50_ms", name: "p50", now: (rates) => milliseconds(rates.miss_p50_ms) },
      { key: "miss_p99_ms", name: "p99", now: (rates) => milliseconds(rates.miss_p99_ms) }] },
];

export class Plots {
  constructor(root) {
    this.plots = PLOTS.map((options) => new Plot(root, options));
    watchWidth(root, (width) => this.plots.forEach((plot) => plot.resize(width)));
  }

  showRates(rates) {
    this.plots.forEach((plot) => plot.showRates(rates));
  }

  showHistory(history) {
    this.plots.forEach((plot) => plot.showHistory(history));
  }
}

class Plot {
  constructor(root, options) {
    this.options = options;
    this.history = null;
    this.width = 0;
    this.highest = 0;
    this.readings = options.series.map(() => element("output"));
    this.lines = options.series.map((_, index) => svg("path", { class: `line series-${index}` }));
    this.grid = svg("g", { class: "grid" });
    this.drawing = svg("svg", { role: "img", "aria-label": `${options.title}, last five minutes`,
      height: TOP + HEIGHT + (options.axis ? AXIS : 4) },
      this.grid, ...[...this.lines].reverse());
    root.append(element("figure", { class: "plot" }, element("figcaption", {},
      element("span", { class: "plot-title" }, options.title), ...this.legend()), this.drawing));
  }

  legend() {
    return this.options.series.map(({ name }, index) => element("span", { class: "reading" }, ...(name ? [
      svg("svg", { class: "sample", width: 18, height: 8, "aria-hidden": "true" },
        svg("path", { class: `line series-${index}`, d: "M1 4h16" })), name] : []), this.readings[index]));
  }

  showRates(rates) {
    this.options.series.forEach(({ now }, index) => setText(this.readings[index], now(rates)));
  }

  showHistory(history) {
    this.history = history;
    if (this.width > 0) this.draw();
  }

  resize(width) {
    this.width = width;
    setAttribute(this.drawing, "width", width);
    this.highest = 0;
    if (this.history) this.draw();
  }

  draw() {
    const rows = this.options.series.map(({ key }) => this.history[key] ?? []);
    const known = rows.flat().filter((value) => typeof value === "number");
    this.rescale(this.options.highest ?? roundUp(Math.max(this.options.lowest, ...known), STEPS));
    rows.forEach((values, index) => setAttribute(this.lines[index], "d", this.path(values)));
  }

  path(values) {
    const interval = this.history.interval_s || 1;
    return linePath(values, (index) => this.x((values.length - 1 - index) * interval), (value) => this.y(value));
  }

  x(secondsAgo) {
    return LEFT + (this.width - LEFT - RIGHT) * (1 - secondsAgo / SPAN_S);
  }

  y(value) {
    return TOP + HEIGHT * (1 - value / this.highest);
  }

  rescale(highest) {
    if (highest === this.highest) return;
    this.highest = highest;
    this.grid.replaceChildren(...MINUTES.map((minute) => this.minuteLine(minute)),
      ...[0, highest / 2, highest].flatMap((value) => this.valueLine(value)),
      ...(this.options.axis ? MINUTES : []).filter((minute) => this.width > NARROW || minute % 2 === 0)
        .map((minute) => this.minuteLabel(minute)));
  }

  minuteLine(minute) {
    return svg("path", { class: "tick", d: `M${this.x(minute * 60)} ${TOP}v${HEIGHT}` });
  }

  minuteLabel(minute) {
    const anchor = minute === 0 ? "end" : minute === 5 ? "start" : "middle";
    const text = minute === 0 ? "now" : `\u2212${minute} min`;
    return svg("text", { x: this.x(minute * 60), y: TOP + HEIGHT + 14, "text-anchor": anchor }, text);
  }

  valueLine(value) {
    const { unit, factor = 1 } = this.options;
    const y = this.y(value);
    return [svg("path", { class: value === 0 ? "base" : "tick", d: `M${LEFT} ${y}H${this.width - RIGHT}` }),
      svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, `${Math.round(value * factor * 100) / 100} ${unit}`)];
  }
}
