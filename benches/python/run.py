"""shirr beside asyncio: the same requests and the same gathers, as ratios of one run.

    python3 benches/python/run.py            # the tables, also into benches/RESULTS.md; some six minutes
    python3 benches/python/run.py --json     # one line of JSON for each row and each target
    python3 benches/python/run.py --quick    # shows that everything works, and no more

Only the first of these writes a file. In JSON `ratio_to_shirr` is what it takes divided by
what shirr takes; the tables' ratios, and `ratio` of a target, are shirr's divided by the
other's. A median is in nanoseconds a round, a request of processor time, or a child (the
sleeping ones: all of them), or in bytes a child.

It needs Python 3.11 or later with its venv module, cargo, and for the first run the network:
it makes a virtual environment in target/ with what requirements.txt pins. Where to read on:

- prepare.py has what must be there before anything is measured;
- counting.py is a server that counts, at which each client proves that it does the same;
- measure.py has what is measured, and how;
- report.py makes the tables;
- results.py puts them into their section of ../RESULTS.md.

The programs that are measured: fetch_aiohttp.py, ../../examples/fetch_status.rs and
src/bin/fetch_reqwest.rs; gather_asyncio.py and src/bin/gather_shirr.rs.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("run.py: this is Python %d.%d; it takes 3.11 or later" % sys.version_info[:2])

import argparse
import shlex

sys.dont_write_bytecode = True  # nothing is left beside the sources

import counting
import measure
import prepare
import report
import results


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="one lap, no warm-up, no verdicts")
    add("--json", action="store_true", help="one line of JSON for each row and each target")
    add("--laps", type=int, default=11, help="how often each client is measured [default: 11]")
    add("--seed", type=int, default=1, help="of the order of things [default: 1]")
    args = parser.parse_args()
    if args.laps < 1:
        parser.error("--laps: there must be one")
    return args


def main():
    args = parse_args()
    writes = not (args.quick or args.json)
    if writes:
        results.check()
    busy = prepare.load()  # before this script adds to it
    programs = prepare.everything()
    counting.check(measure.clients(programs))
    plan = measure.Plan(laps=1 if args.quick else args.laps, warm_up=not args.quick, seed=args.seed)
    laps = measure.run(programs, plan)
    machine = prepare.describe(programs, busy)
    if args.json:
        report.print_json(laps, plan, machine)
        return
    tables = report.tables(laps, plan, machine, command())
    print(tables)
    if writes:
        results.write(tables)
        prepare.say(f"the tables are in {results.FILE}, too")


def command():
    """What was typed, as it would be from the root of the repository."""
    return shlex.join(["python3", "benches/python/run.py", *sys.argv[1:]])


if __name__ == "__main__":
    try:
        main()
    except prepare.Trouble as trouble:
        sys.exit(f"run.py: {trouble}")
    except KeyboardInterrupt:
        sys.exit(130)
