// The status page: what comes from the daemon goes to the part of the page that shows it.

import { byId, element, setAttribute, setShape, setText, syncChildren } from "./dom.js";
import { Feed } from "./feed.js";
import { FlightDetail } from "./flight_detail.js";
import { FlightList } from "./flight_list.js";
import { bytes, count, duration, plural } from "./format.js";
import { showIndicators } from "./indicators.js";
import { Plots } from "./plots.js";
import { showUpstreams } from "./upstreams.js";

const FLIGHTS_SHOWN = 50;

const CONNECTION = {
  connecting: { word: "connecting", icon: "ring" },
  live: { word: "live", icon: "disc" },
  stale: { word: "stale", icon: "triangle" },
  away: { word: "daemon away", icon: "cross" },
};

const plots = new Plots(byId("plots"));
const detail = new FlightDetail(byId("flight"));
const flightList = new FlightList(
  { list: byId("flight-list"), follow: byId("follow"), empty: byId("flights-empty") },
  (flight, listed) => detail.show(flight, listed));

function showStatus(status) {
  showIdentity(status);
  showFacts(status);
  setText(byId("indicators-span"), `last ${duration(status.indicators.over_s)}`);
  showIndicators(byId("indicators"), status.indicators.list, status.upstreams.length);
  setText(byId("rates-span"), `figures: last ${duration(status.rates.over_s)}`);
  plots.showRates(status.rates);
  setText(byId("upstreams-count"), upstreamStates(status.upstreams));
  showUpstreams(byId("upstreams"), status.upstreams);
  setText(byId("flights-count"), `${count(status.flights.remembered)} remembered`);
  byId("privacy").hidden = status.privacy === "full";
  setText(byId("privacy"), `Names are ${status.privacy}, addresses numbered. To show them, set status.privacy: full.`);
}

function showIdentity(status) {
  setText(byId("version"), status.version);
  setText(byId("uptime"), `up ${duration(status.uptime_s)}`);
  setText(byId("workers"), plural(status.workers, "worker"));
  setText(byId("config"), status.config);
}

function showFacts(status) {
  const { queries, cache, flights } = status;
  const facts = [
    ["Queries", `${count(queries.udp)} UDP, ${count(queries.tcp)} TCP`],
    ["Cache", `${count(cache.hits)} hits, ${count(cache.misses)} misses`],
    ["Held", `${plural(cache.entries, "entry", "entries")}, ${bytes(cache.bytes)} of ${bytes(cache.size)}`],
    ["Evicted", count(cache.evictions)],
    ["Flights", `${count(flights.started)} started, ${count(flights.open)} open, ${count(flights.joined)} joined`],
  ];
  syncChildren(byId("facts"), facts, ([name]) => name,
    ([name]) => element("div", {}, element("dt", {}, name), element("dd")),
    (node, [, text]) => setText(node.lastElementChild, text));
}

function upstreamStates(upstreams) {
  const states = ["up", "suspect", "down"].map((state) => [upstreams.filter((each) => each.state === state).length, state]);
  return states.filter(([number]) => number > 0).map(([number, state]) => `${number} ${state}`).join(", ");
}

function showConnection(state) {
  const { word, icon } = CONNECTION[state.name];
  const root = byId("connection");
  setAttribute(root, "data-state", state.name);
  setAttribute(document.body, "data-connection", state.name);
  setShape(root.firstElementChild, icon);
  setText(byId("connection-word"), word);
  setText(byId("connection-detail"), connectionDetail(state));
  document.title = state.name === "away" ? "pacedns status (daemon away)" : "pacedns status";
}

function connectionDetail(state) {
  const age = state.ageSeconds === null ? "nothing received yet" : `showing data from ${duration(state.ageSeconds)} ago`;
  if (state.name === "stale") return state.late.includes("status") ? age : `no new ${state.late.join(" and ")}`;
  if (state.name !== "away") return "";
  const retry = state.retrySeconds > 0 ? `next try in ${duration(Math.ceil(state.retrySeconds))}` : "trying now";
  return `${state.reason}; ${age}; ${retry}`;
}

new Feed({
  status: { path: "api/status", receive: showStatus },
  history: { path: "api/history", receive: (history) => plots.showHistory(history) },
  flights: { path: `api/flights?limit=${FLIGHTS_SHOWN}`, receive: ({ flights }) => flightList.show(flights) },
}, showConnection).start();
