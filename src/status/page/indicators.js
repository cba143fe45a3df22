// The five indicators against their targets: each a scale with the target's side marked and a needle for the value.

import { assembled, element, setAttribute, setShape, setText, shape, syncChildren } from "./dom.js";
import { NONE, milliseconds, percent } from "./format.js";

const VERDICTS = {
  true: { word: "met", icon: "check" },
  false: { word: "not met", icon: "cross" },
  null: { word: "no data yet", icon: "dash" },
};

export function showIndicators(list, indicators, upstreams) {
  syncChildren(list, indicators, (indicator) => indicator.id, createIndicator,
    (node, indicator) => updateIndicator(node, indicator, upstreams));
}

function createIndicator(indicator) {
  const parts = {
    title: element("span", { class: "indicator-title" }),
    value: element("span", { class: "indicator-value" }),
    target: element("span", { class: "indicator-target" }),
    icon: shape("dash"),
    verdict: element("span"),
    zone: element("span", { class: "zone" }),
    needle: element("span", { class: "needle" }),
  };
  return assembled(element("li", { "data-id": indicator.id }), parts, parts.title, parts.value,
    element("span", { class: "gauge", "aria-hidden": "true" }, parts.zone, parts.needle),
    element("span", { class: "verdict" }, parts.icon, parts.verdict), parts.target);
}

function updateIndicator(node, indicator, upstreams) {
  const known = typeof indicator.value === "number";
  const met = known && typeof indicator.met === "boolean" ? indicator.met : null;
  const { title, value, target, icon, verdict } = node.parts;
  setAttribute(node, "data-met", met);
  setText(title, indicator.title);
  setText(value, known ? valueText(indicator, upstreams) : NONE);
  setText(target, `target ${indicator.target} ${inUnit(indicator.limit, indicator.unit)}`);
  setText(verdict, VERDICTS[met].word);
  setShape(icon, VERDICTS[met].icon);
  updateGauge(node.parts, indicator, known);
}

function valueText(indicator, upstreams) {
  if (indicator.id === "launch_peak") return launchPeak(indicator.value, upstreams);
  if (indicator.id === "miss_latency") {
    return `p50\u00a0${milliseconds(indicator.p50)}, p99\u00a0${milliseconds(indicator.value)}`;
  }
  return inUnit(indicator.value, indicator.unit);
}

/** "2 of 5" where the ratio says that of the upstreams there are now. */
function launchPeak(ratio, upstreams) {
  const launched = ratio * upstreams;
  const fits = upstreams > 0 && Math.abs(launched - Math.round(launched)) < 0.02;
  return fits ? `${Math.round(launched)} of ${upstreams}` : percent(ratio);
}

function inUnit(value, unit) {
  if (unit === "ms") return milliseconds(value);
  return `${Math.round(value * 1000) / 10}\u202f%`;
}

function updateGauge({ zone, needle }, indicator, known) {
  const full = indicator.unit === "ratio" ? 1 : indicator.limit * 2;
  const limit = clamp(indicator.limit / full);
  const above = indicator.target === "above";
  place(zone, "left", above ? limit : 0);
  place(zone, "right", above ? 0 : 1 - limit);
  needle.hidden = !known;
  if (known) place(needle, "left", clamp(indicator.value / full));
}

function clamp(share) {
  return Math.min(1, Math.max(0, share));
}

function place(node, side, share) {
  const text = `${Math.round(share * 10000) / 100}%`;
  if (node.style[side] !== text) node.style[side] = text;
}
