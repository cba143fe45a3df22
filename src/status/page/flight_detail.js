// The chosen flight: a sentence, its time chart, the table of its attempts, its addresses.

import { assembled, byId, element, setAttribute, setText, syncChildren, watchWidth } from "./dom.js";
import { clockTime, flightTime, NONE, plural, questionName, words } from "./format.js";
import { drawTimeline } from "./timeline.js";

export class FlightDetail {
  constructor(root) {
    this.root = root;
    this.width = 0;
    watchWidth(byId("timeline"), (width) => this.draw((this.width = width)));
  }

  /** Draws it when something has changed. `listed`: whether the daemon still knows it. */
  show(flight, listed) {
    byId("flight-gone").hidden = listed;
    const content = JSON.stringify(flight);
    if (content === this.shown) return;
    this.shown = content;
    this.flight = flight;
    this.root.hidden = false;
    setAttribute(this.root, "data-flight", flight.id);
    setText(byId("flight-name"), questionName(flight));
    setText(byId("flight-type"), [flight.type, flight.do && "DO", flight.cd && "CD"].filter(Boolean).join(" "));
    setText(byId("flight-summary"), summary(flight));
    showAttempts(byId("attempts"), flight);
    showAddresses(byId("addresses"), flight.addresses);
    setText(byId("addresses-count"), `${flight.addresses.length}`);
    this.draw();
  }

  draw() {
    if (this.width > 0 && this.flight) drawTimeline(byId("timeline"), this.flight, this.width);
  }
}

function summary(flight) {
  const parts = [`Flight ${flight.id}, started ${clockTime(flight.started_s)}, ${plural(flight.clients, "client")}.`];
  parts.push(answerOf(flight));
  if (flight.second_tier) {
    parts.push(`Second tier after ${flightTime(flight.second_tier.at_ms)}: ${words(flight.second_tier.reason)}.`);
  }
  if (flight.finished_ms !== null) parts.push(`Collecting ended after ${flightTime(flight.finished_ms)}.`);
  else if (flight.open) parts.push("Still collecting.");
  return parts.join(" ");
}

function answerOf(flight) {
  if (flight.answered_ms === null) return flight.open ? "No answer yet." : "The client got no answer.";
  const by = flight.answered_by ? ` from ${flight.answered_by}` : "";
  return `Answered ${flight.rcode ?? ""}${by} after ${flightTime(flight.answered_ms)}.`;
}

function showAttempts(body, flight) {
  const rows = flight.attempts.map((attempt, index) => ({ attempt, index }));
  syncChildren(body, rows, ({ index }) => index, createRow, (row, { attempt }) => updateRow(row, attempt));
}

function createRow() {
  const cell = (className) => element("td", className ? { class: className } : {});
  const parts = {
    upstream: element("th", { scope: "row" }), tier: cell(), launched: cell("number"), ended: cell("number"),
    outcome: cell(), rcode: cell(), merge: cell("merge"), addresses: cell("attempt-addresses"),
  };
  return assembled(element("tr"), parts);
}

function updateRow(row, attempt) {
  const { upstream, tier, launched, ended, outcome, rcode, merge, addresses } = row.parts;
  setAttribute(row, "data-outcome", attempt.outcome);
  setAttribute(row, "data-winner", attempt.winner ? "true" : null);
  setText(upstream, attempt.upstream);
  setText(tier, attempt.tier);
  setText(launched, flightTime(attempt.launched_ms));
  setText(ended, flightTime(attempt.ended_ms));
  setText(outcome, outcomeText(attempt));
  setText(rcode, attempt.rcode ?? NONE);
  showMerge(merge, attempt);
  setText(addresses, attempt.addresses.length > 0 ? attempt.addresses.join("  ") : NONE);
}

/** The outcome, and what was out of the ordinary on the way. */
function outcomeText(attempt) {
  const parts = [words(attempt.outcome)];
  if (attempt.winner) parts.push("winner");
  if (attempt.error) parts.push(attempt.error);
  if (attempt.transport === "tcp") parts.push("over TCP");
  if (attempt.edns === false) parts.push("without EDNS");
  if (attempt.retransmissions > 0) parts.push(plural(attempt.retransmissions, "retransmission"));
  return parts.join(", ");
}

function showMerge(cell, attempt) {
  const why = attempt.why ? [element("span", { class: "why" }, attempt.why)] : [];
  cell.replaceChildren(element("span", {}, attempt.merge ? words(attempt.merge) : NONE), ...why);
}

function showAddresses(list, addresses) {
  syncChildren(list, addresses, ({ address }) => address, createAddress, (item, { address, from }) => {
    setText(item.parts.address, address);
    setText(item.parts.from, from.join(", "));
  });
}

function createAddress() {
  const parts = { address: element("span", { class: "address" }), from: element("span", { class: "from" }) };
  return assembled(element("li"), parts, parts.address, " ", parts.from);
}
