// Fetches what the page shows, once a second while it is visible: one request of each kind at a time, each with a
// timeout. When the daemon does not answer only /api/status is tried, at growing intervals, until it answers again.

const INTERVAL_MS = 1000;
const TIMEOUT_MS = 5000;
const LONGEST_PAUSE_MS = 15000;
const STALE_AFTER_MS = 3500;

export class Feed {
  /**
   * `sources`: {kind: {path, receive(data)}}; the kind "status" must be there. `report(state)` is called once a
   * second and with every change.
   */
  constructor(sources, report) {
    this.sources = sources;
    this.report = report;
    this.waiting = new Set();
    this.received = new Map();
    this.failures = 0;
    this.reason = "";
    this.nextTry = 0;
  }

  start() {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.pause() : this.resume()));
    if (!document.hidden) this.resume();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  resume() {
    this.visibleSince = performance.now();
    this.nextTry = 0;
    this.timer ??= setInterval(() => this.tick(), INTERVAL_MS);
    this.tick();
  }

  tick() {
    const kinds = this.failures > 0 ? ["status"] : Object.keys(this.sources);
    if (this.failures === 0 || performance.now() >= this.nextTry) kinds.forEach((kind) => this.fetch(kind));
    this.report(this.state());
  }

  async fetch(kind) {
    if (this.waiting.has(kind)) return;
    this.waiting.add(kind);
    const data = await this.get(kind);
    this.waiting.delete(kind);
    if (data) this.succeeded(kind);
    this.report(this.state());
    if (data) this.sources[kind].receive(data);
  }

  async get(kind) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      return await getObject(this.sources[kind].path, abort.signal);
    } catch (error) {
      this.failed(kind, abort.signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : describe(error));
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  succeeded(kind) {
    this.received.set(kind, performance.now());
    if (kind !== "status" || this.failures === 0) return;
    this.failures = 0;
    this.visibleSince = performance.now();
    this.tick();
  }

  /** What else fails than the status shows as stale; it is asked for again with the next tick. */
  failed(kind, reason) {
    if (kind !== "status") return;
    this.reason = reason;
    this.failures += 1;
    this.nextTry = performance.now() + Math.min(INTERVAL_MS * 2 ** (this.failures - 1), LONGEST_PAUSE_MS);
  }

  /** {name: connecting | live | stale | away, ageSeconds, retrySeconds, reason, late: [kind...]} */
  state() {
    const now = performance.now();
    const received = this.received.get("status");
    const late = Object.keys(this.sources).filter(
      (kind) => now - Math.max(this.received.get(kind) ?? 0, this.visibleSince) > STALE_AFTER_MS);
    let name = "live";
    if (this.failures > 0) name = "away";
    else if (late.length > 0) name = "stale";
    else if (received === undefined) name = "connecting";
    return {
      name, late, reason: this.reason,
      ageSeconds: received === undefined ? null : (now - received) / 1000,
      retrySeconds: this.waiting.has("status") ? 0 : Math.max(0, (this.nextTry - now) / 1000),
    };
  }
}

async function getObject(path, signal) {
  const response = await fetch(path, { signal, cache: "no-store" });
  if (response.ok) return response.json();
  const said = await response.json().catch(() => ({}));
  throw new Error(typeof said.error === "string" ? said.error : `HTTP status ${response.status}`);
}

function describe(error) {
  return error instanceof TypeError ? "no connection" : error.message;
}
