"""Does one fault after the other to a running daemon, and prints what it did to the queries (see scripts/faults.sh)."""

import argparse
import concurrent.futures
import sys
import time

from faults import clock_faults, network_faults, process_faults, upstream_faults
from faults.registry import outcome, outcome_here
from faults.row import HEADER, line_of

AT_ONCE = 2  # faults, each with a daemon and upstreams of its own, which wait most of the time
MODULES = (upstream_faults, network_faults, process_faults, clock_faults)


def all_faults():
    return [fault for module in MODULES for fault in module.faults()]


def chosen(patterns):
    faults = all_faults()
    for pattern in patterns:
        if not any(fault.matches(pattern) for fault in faults):
            raise SystemExit(f"no fault is called {pattern}; --list shows them")
    return [fault for fault in faults if not patterns or any(map(fault.matches, patterns))]


def print_matrix(faults):
    """One line a fault, in order, as soon as it is over; whether all were as they must be."""
    begin = time.monotonic()
    print(HEADER, flush=True)
    rows = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for row in pool.map(outcome, faults):
            rows.append(row)
            print(line_of(row), flush=True)
    skipped = sum(bool(row.skipped) for row in rows)
    failed = sum(row.failed for row in rows)
    print(f"\n{len(rows)} faults in {time.monotonic() - begin:.0f} s: {sum(row.asked for row in rows)} queries, "
          f"{sum(row.lost for row in rows)} lost, {sum(row.wrong for row in rows)} wrong; {failed} failed, "
          f"{skipped} skipped")
    return failed == 0 and skipped < len(rows)


def main():
    """The exit status: 0 if nothing was lost and every reply was right."""
    parser = argparse.ArgumentParser(prog="scripts/faults.sh", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="this one, all of a kind (dark), or those that match a pattern (*/ms20); may be repeated")
    parser.add_argument("--list", action="store_true", help="print the names of the faults")
    parser.add_argument("--inside", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.list:
        print(*(fault.name for fault in all_faults()), sep="\n")
    elif options.inside:
        fault = next(fault for fault in all_faults() if fault.name == options.inside)
        print(outcome_here(fault).to_json())
    else:
        return 0 if print_matrix(chosen(options.only)) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
