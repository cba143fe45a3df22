// The time chart of a flight: a row an attempt, a bar from launch to reply; vertical lines for the second tier's start,
// the client's answer and the end of collection. Where all but silent upstreams are done long before the end, the axis
// is broken, so that the part in which things happen keeps most of the width.

import { svg } from "./dom.js";
import { flightTime, roundUp, words } from "./format.js";

const LANE = 15;
const BAR = 12;
const AXIS = 20;
const NARROW = 520;
const LETTER = 6.7;
const BREAK_FROM = 2.5;
const BREAK_AT = 0.82;
const BREAK_GAP = 10;

export function drawTimeline(root, flight, width) {
  const layout = layOut(flight, width);
  const drawing = svg("svg", { width, height: layout.height, role: "img", "aria-label": "Time chart; the table below says the same" },
    ...grid(layout), ...flight.attempts.flatMap((attempt, row) => bar(layout, attempt, row)), ...axis(layout),
    ...layout.marks.map((mark, lane) => markLine(layout, mark, lane)),
    ...flight.attempts.flatMap((attempt, row) => labels(layout, attempt, row)),
    ...layout.marks.map((mark, lane) => markLabel(layout, mark, lane)));
  root.replaceChildren(drawing);
}

/** All measures of the drawing. On a narrow page the names stand above their bars. */
function layOut(flight, width) {
  const narrow = width < NARROW;
  const longest = Math.max(8, ...flight.attempts.map((attempt) => attempt.upstream.length));
  const left = narrow ? 2 : Math.min(longest * LETTER + 26, width * 0.28);
  const marks = marksOf(flight);
  const top = marks.length * LANE + 8;
  const rowHeight = narrow ? 34 : 22;
  const bottom = top + Math.max(1, flight.attempts.length) * rowHeight;
  const scale = timeScale(flight, left, width - 8);
  return { narrow, left, right: width - 8, top, rowHeight, bottom, height: bottom + AXIS, marks, ...scale };
}

function marksOf(flight) {
  const marks = [];
  if (flight.second_tier) {
    marks.push({ kind: "second", at: flight.second_tier.at_ms, text: `second tier: ${words(flight.second_tier.reason)}` });
  }
  if (flight.answered_ms !== null) marks.push({ kind: "answer", at: flight.answered_ms, text: "client answered" });
  if (flight.finished_ms !== null) marks.push({ kind: "end", at: flight.finished_ms, text: "collection ended" });
  return marks.sort((one, other) => one.at - other.at);
}

/** {x(ms), end, brokenAt: ms or null, breakX}: from milliseconds to pixels. */
function timeScale(flight, left, right) {
  const ends = flight.attempts.filter((attempt) => attempt.ended_ms !== null && isReply(attempt))
    .map((attempt) => attempt.ended_ms);
  const starts = flight.attempts.map((attempt) => attempt.launched_ms ?? 0);
  const busy = Math.max(10, flight.answered_ms ?? 0, flight.second_tier?.at_ms ?? 0, ...ends, ...starts) * 1.12;
  const isOpen = flight.finished_ms === null;
  const end = Math.max(busy, flight.finished_ms ?? 0, ...flight.attempts.map((attempt) => attempt.ended_ms ?? 0));
  const width = right - left;
  if (isOpen || end < busy * BREAK_FROM) {
    const full = isOpen ? end * 1.1 : end * 1.02;
    return { x: (ms) => left + (ms / full) * width, end: full, brokenAt: null };
  }
  const breakX = left + width * BREAK_AT;
  const rest = right - 4 - breakX - BREAK_GAP;
  const x = (ms) => ms <= busy ? left + (ms / busy) * width * BREAK_AT
    : breakX + BREAK_GAP + ((ms - busy) / (end - busy)) * rest;
  return { x, end, brokenAt: busy, breakX };
}

function isReply(attempt) {
  return attempt.outcome === "usable" || attempt.outcome === "failure";
}

function grid(layout) {
  const { x, top, bottom } = layout;
  return ticks(layout).flatMap((ms) => [svg("path", { class: "tick", d: `M${x(ms)} ${top}V${bottom}` }),
    svg("text", { x: x(ms), y: bottom + 14, "text-anchor": ms === 0 ? "start" : "middle" }, ms === 0 ? "0" : `${ms} ms`)]);
}

/** The base line; where the axis is broken, the gap through the bars and two strokes. */
function axis({ end, brokenAt, breakX, left, right, top, bottom }) {
  if (brokenAt === null) return [svg("path", { class: "base", d: `M${left} ${bottom}H${right}` })];
  const after = breakX + BREAK_GAP;
  return [svg("rect", { class: "break", x: breakX, y: top, width: BREAK_GAP, height: bottom - top }),
    svg("path", { class: "base", d: `M${left} ${bottom}H${breakX}M${after} ${bottom}H${right}` }),
    svg("path", { class: "stroke", d: `M${breakX - 2} ${bottom + 5}l4 -10M${after - 2} ${bottom + 5}l4 -10` }),
    svg("text", { x: right, y: bottom + 14, "text-anchor": "end" }, `${Math.round(end)} ms`)];
}

function ticks({ x, left, end, brokenAt }) {
  const until = brokenAt ?? end;
  const rough = until / Math.max(2, Math.floor((x(until) - left) / 70));
  const step = roundUp(rough, [1, 2, 5, 10]);
  const values = [];
  for (let value = 0; value <= until; value += step) values.push(Math.round(value * 1000) / 1000);
  return values;
}

function barTop({ narrow, rowHeight, top }, row) {
  return top + row * rowHeight + (narrow ? 17 : (rowHeight - BAR) / 2);
}

function wasSent(attempt) {
  return attempt.outcome !== "not_sent" && attempt.launched_ms !== null;
}

/** Where the bar ends: at the reply or error, or for as long as nothing has come. */
function barEnd({ x, right }, attempt) {
  if (!wasSent(attempt)) return null;
  return attempt.ended_ms === null ? right : Math.max(x(attempt.launched_ms) + 2, x(attempt.ended_ms));
}

function bar(layout, attempt, row) {
  const to = barEnd(layout, attempt);
  if (to === null) return [];
  const from = layout.x(attempt.launched_ms);
  const y = barTop(layout, row);
  const isOpen = !isReply(attempt) && attempt.outcome !== "network_error";
  return isOpen ? openBar(from, to - 4, y, attempt) : closedBar(from, to, y, attempt);
}

function closedBar(from, to, y, attempt) {
  const rect = svg("rect", { class: `attempt ${attempt.winner ? "won" : attempt.outcome}`, x: from, y,
    width: to - from, height: BAR });
  return attempt.winner ? [rect, svg("path", { class: "winner-mark", d: `M${to} ${y - 4}v${BAR + 8}` })] : [rect];
}

/** Without an edge on the right: an arrow while something may come, a cross where nothing came. */
function openBar(from, to, y, attempt) {
  const end = attempt.outcome === "pending" ? "m-5 2 5 4-5 4" : "m-7 2 7 8m0-8-7 8";
  const edge = Math.max(from, to - 10);
  return [svg("path", { class: `attempt open dashed ${attempt.outcome}`, d: `M${edge} ${y}H${from}v${BAR}H${edge}` }),
    svg("path", { class: `attempt open ${attempt.outcome}`, d: `M${to} ${y}${end}` })];
}

function labels(layout, attempt, row) {
  const { narrow, left, right } = layout;
  const y = barTop(layout, row);
  const name = svg("text", { class: attempt.winner ? "upstream winner" : "upstream", x: narrow ? left : left - 10,
    y: narrow ? y - 5 : y + BAR - 2, "text-anchor": narrow ? "start" : "end" },
  shortened(attempt.upstream, narrow ? right * 0.6 : left - 16), svg("title", {}, attempt.upstream));
  return [name, svg("text", { class: "note", ...notePlace(layout, attempt, y) }, noteText(attempt))];
}

/** Right of the bar; where there is no room, left of it, or above it on a narrow page. */
function notePlace(layout, attempt, y) {
  const { narrow, left, right, x } = layout;
  const width = noteText(attempt).length * LETTER;
  const to = barEnd(layout, attempt) ?? left;
  if (to + 6 + width <= right) return { x: to + 6, y: y + BAR - 2 };
  if (narrow) return { x: right, y: y - 5, "text-anchor": "end" };
  const from = x(attempt.launched_ms);
  return { x: from - 6 - width > left ? from - 6 : to - 18, y: y + BAR - 2, "text-anchor": "end" };
}

function noteText(attempt) {
  if (attempt.winner) return `${flightTime(attempt.ended_ms)}, winner`;
  if (attempt.outcome === "usable") return flightTime(attempt.ended_ms);
  if (attempt.outcome === "failure") return `${flightTime(attempt.ended_ms)}, ${attempt.rcode ?? "failure"}`;
  return words(attempt.outcome);
}

/** Right of the bar, or where there is no room, inside the bar or above it. */
function note(layout, to, y, text, attempt) {
  const width = text.length * LETTER;
  const attributes = { class: "note", y: y + BAR - 2, x: to + 6 };
  if (to === 0) attributes.x = layout.left + 6;
  else if (to + 6 + width > layout.right) {
    const outside = layout.x(attempt.launched_ms) - 6 - width;
    if (layout.narrow) Object.assign(attributes, { x: layout.right, y: y - 5, "text-anchor": "end" });
    else if (outside > layout.left) Object.assign(attributes, { x: layout.x(attempt.launched_ms) - 6, "text-anchor": "end" });
    else Object.assign(attributes, { x: to - 14, class: "note inside", "text-anchor": "end" });
  }
  return svg("text", attributes, text);
}

function markLine({ x, bottom }, mark, lane) {
  return svg("path", { class: `mark ${mark.kind}`, d: `M${x(mark.at)} ${lane * LANE + 2}V${bottom}` });
}

function markLabel({ x, left, right }, mark, lane) {
  const at = x(mark.at);
  const text = `${mark.text}, ${flightTime(mark.at)}`;
  const toTheLeft = at + text.length * LETTER > right && at - left > right - at;
  return svg("text", { class: `mark-label ${mark.kind}`, x: toTheLeft ? at - 5 : at + 5, y: lane * LANE + 11,
    "text-anchor": toTheLeft ? "end" : "start" }, text);
}

function shortened(text, width) {
  const most = Math.max(6, Math.floor(width / LETTER));
  return text.length <= most ? text : `${text.slice(0, most - 1)}\u2026`;
}
