// The table of upstreams: one row each, with a line of its RTT over the last minutes.

import { assembled, element, linePath, setAttribute, setShape, setText, shape, svg, syncChildren } from "./dom.js";
import { NONE, count, milliseconds, words } from "./format.js";

const SHAPES = { up: "disc", suspect: "triangle", down: "cross" };
const LINE = { width: 96, height: 20, samples: 60 };

const FIRST_OF_GROUP = [1, 4, 8];
const BAD_UNLESS_ZERO = [5, 8];

function numbersOf({ wins, queries, replies, failures, retransmissions, mismatches }) {
  return [wins, queries.active, queries.second, queries.probe, replies.usable, replies.failure, replies.truncated,
    replies.no_edns, failures, retransmissions, mismatches];
}

export function showUpstreams(body, upstreams) {
  syncChildren(body, upstreams, (upstream) => `${upstream.name} ${upstream.address}`, createRow, updateRow);
}

function createRow(upstream) {
  const parts = {
    source: element("span", { class: "source" }),
    icon: shape("disc"),
    state: element("span"),
    rtt: element("td", { class: "number" }),
    line: svg("path", { class: "spark" }),
    range: element("span", { class: "range" }),
    numbers: Array.from({ length: 11 }, (_, column) => element("td",
      { class: FIRST_OF_GROUP.includes(column) ? "number first" : "number" })),
  };
  const sparkline = svg("svg",
    { width: LINE.width, height: LINE.height, viewBox: `0 0 ${LINE.width} ${LINE.height}`, "aria-hidden": "true" }, parts.line);
  return assembled(element("tr", { "data-name": upstream.name }), parts,
    element("th", { scope: "row" }, element("span", { class: "name" }, upstream.name), parts.source),
    element("td", { class: "state" }, element("span", {}, parts.icon, parts.state)),
    parts.rtt, element("td", { class: "sparkline" }, element("span", {}, sparkline, parts.range)), ...parts.numbers);
}

function updateRow(row, upstream) {
  const { source, icon, state, rtt, numbers } = row.parts;
  setAttribute(row, "data-state", upstream.state);
  setText(source, upstream.source === "resolv_conf" ? `${upstream.address}, from resolv.conf` : upstream.address);
  setText(state, words(upstream.state));
  setShape(icon, SHAPES[upstream.state] ?? "ring");
  setText(rtt, milliseconds(upstream.smoothed_rtt_ms));
  updateSparkline(row.parts, upstream.rtt_history_ms ?? []);
  numbersOf(upstream).forEach((value, column) => updateNumber(numbers[column], value, BAD_UNLESS_ZERO.includes(column)));
}

/** Noughts step back, failures come forward. */
function updateNumber(cell, value, bad) {
  setText(cell, count(value));
  cell.classList.toggle("zero", !value);
  cell.classList.toggle("bad", bad && value > 0);
}

/** The newest sample is at the right; the scale is the row's own range, or a quarter of its highest where that is more. */
function updateSparkline({ line, range }, history) {
  const samples = history.slice(-LINE.samples);
  const known = samples.filter((value) => typeof value === "number");
  const [low, high] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 1];
  const span = Math.max(high - low, high / 4, 0.1);
  const step = (LINE.width - 6) / (LINE.samples - 1);
  const x = (index) => LINE.width - 3 - (samples.length - 1 - index) * step;
  const y = (value) => LINE.height / 2 - ((value - (low + high) / 2) / span) * (LINE.height - 6);
  setAttribute(line, "d", linePath(samples, x, y));
  setText(range, known.length > 0 ? rangeText(Math.round(low), Math.round(high)) : NONE);
}

function rangeText(low, high) {
  return low === high ? `${low}\u202fms` : `${low}\u2013${high}\u202fms`;
}
