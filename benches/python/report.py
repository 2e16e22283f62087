"""The tables in Markdown, and the same as lines of JSON.

A ratio is what shirr takes divided by what the other takes in the same lap, where the two
measurements are neighbours in time; less is better. A target is reached when three quarters
of the laps keep it, and missed when three quarters do not. What lies between is at the limit:
there, the median alone would say one thing today and another tomorrow.
"""

import datetime
import json
import math
import statistics
from dataclasses import dataclass

import measure
from measure import DELAY_MS, LATER, LIMITS, REQUESTS

ROUNDS = {"first": "first, connections made", "later": "later, connections kept"}

SCENES = {
    "sleeping": (f"{measure.SLEEPERS:,} that sleep 10 ms: from the call to the last", "ms", 1e3, 1),
    "trivial": (f"{measure.TRIVIAL:,} that end at once: per child", "ns", 1e9, measure.TRIVIAL),
    "memory-sleeping": (f"{measure.PENDING:,} that sleep: per child", "bytes", 1, measure.PENDING),
    "memory-waiting": (f"{measure.PENDING:,} that wait, no timer: per child", "bytes", 1, measure.PENDING),
}

# What, which round without limit, against whom, and the most that shirr may take of it.
TARGETS = [
    ("wall", "first", "aiohttp, uvloop", 0.35),
    ("wall", "first", "reqwest on tokio", 0.90),
    ("wall", "later", "aiohttp, uvloop", 0.45),
    ("wall", "later", "reqwest on tokio", 0.90),
    ("cpu", "first", "aiohttp, uvloop", 0.15),
    ("cpu", "later", "aiohttp, uvloop", 0.15),
]
QUANTITIES = {"wall": "time", "cpu": "the client's processor time"}


@dataclass
class Spread:
    p25: float
    median: float
    p75: float

    @staticmethod
    def of(figures):
        if len(figures) == 1:
            return Spread(*figures * 3)
        return Spread(*statistics.quantiles(figures, n=4, method="inclusive"))

    def times(self, factor):
        return Spread(self.p25 * factor, self.median * factor, self.p75 * factor)

    def __str__(self):
        return f"{digits(self.median)} ({digits(self.p25)}..{digits(self.p75)})"


def digits(figure):
    """Three significant digits."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def spread(ratios):
    return f"{ratios.median:#.3g} ({ratios.p25:#.3g}..{ratios.p75:#.3g})"


@dataclass
class Row:
    workload: str
    who: str
    taken: Spread  # in seconds, or in bytes
    ratio: Spread  # of the laps

    @staticmethod
    def of(workload, who, own, shirr):
        return Row(workload, who, Spread.of(own), Spread.of([one / other for one, other in zip(shirr, own)]))

    def ratios(self):
        return "" if self.who == "shirr" else spread(self.ratio)


def fetch_rows(laps, limit, turn, quantity):
    """By client."""
    names = [key[3] for key in laps[0] if key[:3] == ("fetch", limit, turn)]
    figures = {name: [lap["fetch", limit, turn, name][quantity] for lap in laps] for name in names}
    workload = f"fetch_{turn}_limit_{limit or 'none'}_{quantity}"
    return {name: Row.of(workload, name, figures[name], figures["shirr"]) for name in in_order(names)}


def gather_rows(laps, scene):
    names = [key[2] for key in laps[0] if key[:2] == ("gather", scene)]
    figures = {name: [lap["gather", scene, name] for lap in laps] for name in names}
    return {name: Row.of(f"gather_{scene.replace('-', '_')}", name, figures[name], figures["shirr"]) for name in in_order(names)}


def in_order(names):
    """The laps have them in any."""
    order = ["shirr", "reqwest on tokio", "aiohttp, asyncio", "aiohttp, uvloop", "asyncio", "uvloop"]
    return sorted(names, key=order.index)


def scenes(laps):
    """Those that were measured, in the table's order."""
    measured = {key[1] for key in laps[0] if key[0] == "gather"}
    return [scene for scene in SCENES if scene in measured]


def verdicts(laps, plan):
    for quantity, turn, against, most in TARGETS:
        row = fetch_rows(laps, 0, turn, quantity)[against]
        yield quantity, turn, against, most, row, "not judged" if plan.laps < 3 else judge(row.ratio, most)


def judge(ratio, most):
    if ratio.p75 <= most:
        return "reached"
    return "MISSED" if ratio.p25 > most else "at the limit"


def shares(laps, limit, turn, name, wall):
    """What a round's time could be made of, each as a share of it; they overlap."""
    wait = DELAY_MS / 1e3 * math.ceil(REQUESTS / (limit or REQUESTS))
    parts = [wait]
    for quantity in ("cpu", "server"):
        figures = [lap["fetch", limit, turn, name][quantity] for lap in laps]
        parts.append(None if None in figures else statistics.median(figures))
    return " · ".join("–" if part is None else f"{part / wall:.0%}" for part in parts)


def tables(laps, plan, machine, command):
    """All tables as one text; its headings leave two levels to the file around it."""
    parts = (about(plan, machine, command), targets(laps, plan), fetches(laps), gathers(laps))
    return "\n".join(line for part in parts for line in part)


def table(headings, rows):
    yield f"| {' | '.join(headings)} |"
    yield "|---" * len(headings) + "|"
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def about(plan, machine, command):
    load = machine["load"]
    how_busy = "" if load is None else f" Load at the start: {load:.1f}."
    warm_up = "after one lap that is thrown away" if plan.warm_up else "no warm-up"
    today = datetime.datetime.now(datetime.timezone.utc).date()
    yield f"Made on {today} (UTC) by `{command}`.\n"
    yield f"{machine['machine']}. {machine['versions']}.\n"
    yield f"Laps: {plan.laps}, in shuffled order (seed {plan.seed}), {warm_up}. Median (p25..p75).{how_busy}\n"
    if load is not None and load > 0.5:
        yield "**The machine was not quiet: these figures are preliminary.**\n"
    yield "shirr ÷ it: what shirr takes divided by what the other takes in the same lap. Less is better.\n"


TARGETS_TEXT = """
Reached: three quarters of the laps keep it. MISSED: three quarters do not. What lies between is at the limit.
"""


def targets(laps, plan):
    yield "### Targets, without limit\n"
    yield from table(
        ("against", "of", "round", "at most", "shirr ÷ it", "verdict"),
        (
            (against, QUANTITIES[quantity], ROUNDS[turn], f"{most:.2f}", spread(row.ratio), verdict)
            for quantity, turn, against, most, row, verdict in verdicts(laps, plan)
        ),
    )
    yield TARGETS_TEXT


FETCH_TEXT = f"""
One server for all, the example's own: shirr on one thread, in a process of its own, which waits {DELAY_MS} ms before \
each answer. The time is that of the call which makes the {REQUESTS:,} requests at once, taken in the client. The \
processor time is the client's during the same call; shirr's is the difference of whole processes, so its first round \
also has the closing of the connections in it. A later round is the median of {LATER} of them.

The last column tells what bounds a figure: the wait that no client can shorten, the client's own work, and the \
server's work meanwhile, each as a share of the round's time. They may overlap, since the server has a processor of \
its own as long as no other program wants it; what they leave over is mostly one process waiting for the other. With a \
limit of 100 the wait is ten times {DELAY_MS} ms.
"""


def fetches(laps):
    for limit in LIMITS:
        how = f"at most {limit} at a time" if limit else "all at once"
        yield f"### {REQUESTS:,} GET requests, {how}\n"
        yield from table(
            ("round", "client", "ms", "shirr ÷ it", "CPU, µs a request", "shirr ÷ it", "wait · client · server"),
            fetch_cells(laps, limit),
        )
        yield ""
    yield FETCH_TEXT.lstrip("\n")


def fetch_cells(laps, limit):
    """A round's title stands in its first line only."""
    for turn, title in ROUNDS.items():
        cpus = fetch_rows(laps, limit, turn, "cpu")
        for name, wall in fetch_rows(laps, limit, turn, "wall").items():
            cpu = cpus[name]
            yield (
                title,
                name,
                str(wall.taken.times(1e3)),
                wall.ratios(),
                str(cpu.taken.times(1e6 / REQUESTS)),
                cpu.ratios(),
                shares(laps, limit, turn, name, wall.taken.median),
            )
            title = ""


GATHER_TEXT = """
asyncio is its own event loop, uvloop the other one under the same gather. Times are of the second call in a process, \
from the call of gather to its results, the making of the children included; nothing is subtracted, so 10 ms of the \
first row are the sleep. Memory is what the resident memory of a new process grew by from before the call until all \
children wait, coroutines, timers and gather together; the last scene's children wait for what never comes, in asyncio \
a future each. A child that ends at once is less than any real child: the row is the price of gather itself."""


def gathers(laps):
    yield "### Children gathered\n"
    yield from table(("children", "on", "taken", "shirr ÷ it"), gather_cells(laps))
    yield GATHER_TEXT


def gather_cells(laps):
    for scene in scenes(laps):
        title, unit, scale, per = SCENES[scene]
        for name, row in gather_rows(laps, scene).items():
            yield title, name, f"{row.taken.times(scale / per)} {unit}", row.ratios()
            title = ""


def print_json(laps, plan, machine):
    print(json.dumps({"laps": plan.laps, "seed": plan.seed, **machine}))
    for limit in LIMITS:
        for turn in ROUNDS:
            for quantity in QUANTITIES:
                for row in fetch_rows(laps, limit, turn, quantity).values():
                    print(json.dumps(as_json(row, "ns", 1e9 / (REQUESTS if quantity == "cpu" else 1))))
    for scene in scenes(laps):
        _, unit, _, per = SCENES[scene]
        for row in gather_rows(laps, scene).values():
            scale = (1 if unit == "bytes" else 1e9) / per
            print(json.dumps(as_json(row, "bytes" if unit == "bytes" else "ns", scale)))
    for quantity, turn, against, most, row, verdict in verdicts(laps, plan):
        target = {"target": row.workload, "against": against, "ratio_at_most": most, "verdict": verdict}
        print(json.dumps(target | {"ratio": row.ratio.median, "ratio_spread": [row.ratio.p25, row.ratio.p75]}))


def as_json(row, unit, scale):
    """`ratio_to_shirr` is the other way round, what it takes divided by what shirr takes."""
    taken = row.taken.times(scale)
    return {
        "workload": row.workload,
        "runtime": row.who,
        f"median_{unit}": taken.median,
        "spread": [taken.p25, taken.p75],
        "ratio_to_shirr": 1 / row.ratio.median,
        "ratio_spread": [1 / row.ratio.p75, 1 / row.ratio.p25],
    }
