// The latest flights as a list box. One is chosen: the newest for as long as the list follows, or the one the user
// picked, which stays chosen while new ones arrive and after it has left the list.

import { assembled, element, setAttribute, setShape, setText, shape, syncChildren } from "./dom.js";
import { clockTime, milliseconds, questionName } from "./format.js";

const PAGE = 8;

export class FlightList {
  /** `choose(flight, listed)` is called for the chosen flight whenever it may have changed. */
  constructor({ list, follow, empty }, choose) {
    this.list = list;
    this.followButton = follow;
    this.empty = empty;
    this.choose = choose;
    this.flights = [];
    this.chosen = null;
    this.following = true;
    list.addEventListener("keydown", (event) => this.onKey(event));
    list.addEventListener("click", (event) => this.onClick(event));
    follow.addEventListener("click", () => this.setFollowing(!this.following));
  }

  show(flights) {
    this.flights = flights;
    const now = this.following ? flights[0] : flights.find((flight) => isSame(flight, this.chosen));
    if (now) this.chosen = now;
    this.render(Boolean(now));
  }

  setFollowing(following) {
    this.following = following;
    if (following && this.flights.length > 0) {
      this.chosen = this.flights[0];
      this.list.scrollTop = 0;
    }
    this.render(this.chosenIndex() >= 0);
  }

  chosenIndex() {
    return this.flights.findIndex((flight) => isSame(flight, this.chosen));
  }

  pick(index) {
    const flight = this.flights[Math.min(Math.max(index, 0), this.flights.length - 1)];
    if (!flight) return;
    this.chosen = flight;
    this.following = false;
    this.render(true);
    document.getElementById(optionId(flight))?.scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.chosenIndex();
    const targets = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + PAGE, PageUp: at - PAGE, Home: 0, End: Infinity };
    if (!(event.key in targets)) return;
    event.preventDefault();
    this.pick(targets[event.key]);
  }

  onClick(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.pick(this.flights.findIndex((flight) => optionId(flight) === option.id));
  }

  render(listed) {
    syncChildren(this.list, this.flights, (flight) => flight.id, createOption,
      (node, flight) => updateOption(node, flight, isSame(flight, this.chosen)));
    this.empty.hidden = this.flights.length > 0;
    setAttribute(this.followButton, "aria-pressed", this.following);
    setAttribute(this.list, "aria-activedescendant", listed ? optionId(this.chosen) : null);
    if (this.chosen) this.choose(this.chosen, listed);
  }
}

/** A restarted daemon counts its flights from the beginning. */
function isSame(one, other) {
  return Boolean(one && other) && one.id === other.id && Math.abs(one.started_s - other.started_s) < 1;
}

function optionId(flight) {
  return `flight-${flight.id}`;
}

function createOption(flight) {
  const parts = {
    icon: shape("ring"),
    name: element("span", { class: "option-name" }),
    type: element("span", { class: "option-type" }),
    result: element("span", { class: "option-result" }),
    time: element("span", { class: "option-time" }),
  };
  return assembled(element("div", { role: "option", id: optionId(flight), "data-flight": flight.id }), parts);
}

function updateOption(option, flight, isChosen) {
  const { icon, name, type, result, time } = option.parts;
  const [word, picture] = resultOf(flight);
  setAttribute(option, "aria-selected", isChosen);
  setAttribute(option, "data-result", picture);
  setShape(icon, picture);
  setText(name, questionName(flight));
  setAttribute(name, "title", questionName(flight));
  setText(type, flight.open ? `${flight.type}, collecting` : flight.type);
  setText(result, word);
  setText(time, clockTime(flight.started_s));
}

function resultOf(flight) {
  if (flight.answered_ms === null) return flight.open ? ["waiting", "ring"] : ["no answer", "cross"];
  if (flight.rcode === "NOERROR") return [milliseconds(flight.answered_ms), flight.open ? "ring" : "disc"];
  const isFailure = flight.rcode !== "NXDOMAIN";
  return [`${flight.rcode} ${milliseconds(flight.answered_ms)}`, isFailure ? "triangle" : flight.open ? "ring" : "disc"];
}
