"""A row of the matrix: what one fault did to the queries that were asked meanwhile."""

import dataclasses
import json
import math

# What is worth a word in the table, when it is not 0.
COUNTERS = {
    "upstream_retransmissions": "retransmissions",
    "upstream_mismatches": "mismatches",
    "upstream_failures": "failed attempts",
    "second_tier_after_failure": "second tier after failure",
    "second_tier_after_timeout": "second tier after timeout",
    "answers_failed": "failed flights",
    "over_limit_refusals": "over limit",
    "dropped_replies": "replies not sent",
    "tcp_connections_refused": "connections refused",
    "tcp_accepts_failed": "accepts failed",
    "reloads": "reloads",
    "reloads_failed": "failed reloads",
}


@dataclasses.dataclass
class Row:
    """Latencies are milliseconds. `problems` are the reasons, besides lost and wrong ones, that it is a failure;
    `skipped` is the reason that nothing was tried."""

    fault: str
    asked: int = 0
    lost: int = 0
    wrong: int = 0
    p50: float = math.nan
    p99: float = math.nan
    most: float = math.nan
    counted: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)
    skipped: str = ""

    @property
    def failed(self):
        return bool(self.lost or self.wrong or self.problems)

    def require(self, condition, problem):
        if not condition:
            self.problems.append(problem)

    def to_json(self):
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text):
        return cls(**json.loads(text))


def percentile(values, share):
    """By nearest rank; NaN of nothing."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan


def row_of(fault, lookups, is_right, counted=()):
    """The row of a fault: a reply is wrong unless `is_right(lookup)`."""
    latencies = [lookup.latency * 1000 for lookup in lookups if not lookup.lost]
    return Row(fault, len(lookups), sum(lookup.lost for lookup in lookups),
               sum(not lookup.lost and not is_right(lookup) for lookup in lookups),
               percentile(latencies, 0.5), percentile(latencies, 0.99), max(latencies, default=math.nan), list(counted))


def counted(before, after):
    """What the daemon has counted in between, in words."""
    differences = {words: after[key] - before[key] for key, words in COUNTERS.items()}
    return [f"{words} {count}" for words, count in differences.items() if count]


HEADER = f"{'fault':<34} {'asked':>6} {'lost':>5} {'wrong':>5} {'p50 ms':>7} {'p99 ms':>8} {'max ms':>8}  counted"


def line_of(row):
    if row.skipped:
        return f"{row.fault:<34} skipped: {row.skipped}"
    numbers = "".join(f" {value:>{width}.1f}" if not math.isnan(value) else f" {'-':>{width}}"
                      for value, width in ((row.p50, 7), (row.p99, 8), (row.most, 8)))
    text = f"{row.fault:<34} {row.asked:>6} {row.lost:>5} {row.wrong:>5}{numbers}  {', '.join(row.counted) or '-'}"
    return "\n".join([text, *(f"    FAILED: {problem}" for problem in row.problems)])
