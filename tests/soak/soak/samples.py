"""What is written down every few seconds, and what it comes to at the end."""

import dataclasses
import math
import os
import pathlib
import re
import statistics

MEBIBYTE = 1 << 20

# Growth from the middle third to the last that counts as none: a share, or so much if that is more.
FLAT_MEMORY = (0.02, MEBIBYTE)
FLAT_DESCRIPTORS = (0.1, 10)  # each retransmission to an upstream has a socket of its own


@dataclasses.dataclass
class Sample:
    """Latencies are milliseconds; queries, lost and wrong since the sample before."""

    seconds: float
    resident_bytes: int
    descriptors: int
    threads: int
    queries: int
    p50: float
    p99: float
    lost: int
    wrong: int


FIELDS = [field.name for field in dataclasses.fields(Sample)]


def percentile(values, share):
    """By nearest rank; NaN of nothing."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan


def look(server, window, seconds):
    """The sample of this moment."""
    folder = pathlib.Path(f"/proc/{server.process.pid}")
    threads = int(re.search(r"Threads:\s*(\d+)", (folder / "status").read_text(encoding="ascii"))[1])
    return Sample(round(seconds, 1), server.resident_bytes(), len(os.listdir(folder / "fd")), threads,
                  len(window.latencies) + window.lost, round(percentile(window.latencies, 0.5), 3),
                  round(percentile(window.latencies, 0.99), 3), window.lost, window.wrong)


def line(sample):
    return ",".join(str(value) for value in dataclasses.astuple(sample))


def verdict(samples):
    """(text, whether all is well): the last third against the middle one."""
    third = len(samples) // 3
    middle, last = samples[third:2 * third], samples[2 * third:]
    if not middle:
        return "too few samples for a verdict", False

    def means(field):
        return [statistics.fmean(getattr(sample, field) for sample in part) for part in (middle, last)]
    memory, descriptors = means("resident_bytes"), means("descriptors")
    flat_memory, flat_descriptors = _is_flat(memory, FLAT_MEMORY), _is_flat(descriptors, FLAT_DESCRIPTORS)
    threads = {sample.threads for sample in samples}
    queries, lost, wrong = (sum(getattr(sample, field) for sample in samples) for field in ("queries", "lost", "wrong"))
    p50, p99 = means("p50"), means("p99")
    text = "\n".join([
        f"{'':<16} {'middle third':>12} {'last third':>12}",
        f"{'resident MiB':<16} {memory[0] / MEBIBYTE:>12.2f} {memory[1] / MEBIBYTE:>12.2f}   {_word(flat_memory)}",
        f"{'descriptors':<16} {descriptors[0]:>12.1f} {descriptors[1]:>12.1f}   {_word(flat_descriptors)}",
        f"{'p50 ms':<16} {p50[0]:>12.2f} {p50[1]:>12.2f}",
        f"{'p99 ms':<16} {p99[0]:>12.2f} {p99[1]:>12.2f}",
        f"threads: {', '.join(map(str, sorted(threads)))}",
        f"{queries} queries, {lost} lost, {wrong} wrong",
    ])
    return text, flat_memory and flat_descriptors and len(threads) == 1 and lost == 0 and wrong == 0


def _is_flat(means, tolerance):
    return means[1] - means[0] <= max(tolerance[0] * means[0], tolerance[1])


def _word(flat):
    return "flat" if flat else "GROWS"
