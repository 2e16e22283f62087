"""What is measured, and how.

Every measurement is a process of its own, so that no client meets the heap or the caches
that another has left. A lap measures each client once, in an order that is shuffled anew;
what the machine's mood does to one lap, it does to all of them.

The processor time of a process is what the system says when it ends (wait4). That of a
round is the difference of two processes which differ by that round, so the start of an
interpreter and the imports are nobody's cost:

- the process that makes one request,
- the process that makes one round,
- the process that makes LATER rounds more, on the connections kept from the first.
"""

import json
import os
import pathlib
import random
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

from prepare import HERE, Trouble, say

REQUESTS = 1000
DELAY_MS = 18
LIMITS = (0, 100)
LATER = 4  # rounds on kept connections, in one process

SLEEPERS = 1000
TRIVIAL = 100_000
PENDING = 100_000

# No process takes nearly as long.
PATIENCE_S = 120


@dataclass
class Plan:
    laps: int
    warm_up: bool
    seed: int


@dataclass(frozen=True)
class Client:
    """One that fetches."""

    name: str
    program: tuple
    extra: int = 0  # requests besides, each on a connection of its own

    def command(self, url, requests, rounds, limit):
        return [*self.program, f"--url={url}", f"--requests={requests}", f"--rounds={rounds}", f"--limit={limit}"]


@dataclass(frozen=True)
class Gatherer:
    """One that gathers."""

    name: str
    program: tuple
    suffix: tuple = ()

    def command(self, scene, children):
        return [*self.program, scene, str(children), *self.suffix]


def clients(programs):
    aiohttp = (programs.python, str(HERE / "fetch_aiohttp.py"))
    return [
        # It cannot do without making one request alone, for comparison, which every one
        # of its processes makes; so it is in no difference.
        Client("shirr", (programs.fetch_status, "--json", "--sequential=1"), extra=1),
        Client("reqwest on tokio", (programs.fetch_reqwest,)),
        Client("aiohttp, asyncio", (*aiohttp, "--loop=asyncio")),
        Client("aiohttp, uvloop", (*aiohttp, "--loop=uvloop")),
    ]


def gatherers(programs):
    python = (programs.python, str(HERE / "gather_asyncio.py"))
    return [
        Gatherer("shirr", (programs.gather_shirr,)),
        Gatherer("asyncio", python, ("asyncio",)),
        Gatherer("uvloop", python, ("uvloop",)),
    ]


def scenes():
    """Each with how many children it has."""
    timed = [("sleeping", SLEEPERS), ("trivial", TRIVIAL)]
    memory = [("memory-sleeping", PENDING), ("memory-waiting", PENDING)]
    return timed + memory if pathlib.Path("/proc/self/status").exists() else timed


def finish(command):
    """Runs a process to its end: the JSON that it prints, and its processor time in seconds."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    alarm = threading.Timer(PATIENCE_S, process.kill)
    alarm.start()
    with process.stdout:
        out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    alarm.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Trouble(f"`{' '.join(command)}` ended with status {process.returncode}")
    return json.loads(out), usage.ru_utime + usage.ru_stime


class Server:
    """The example's server in a process of its own, one for all clients and all laps."""

    def __init__(self, programs):
        command = [programs.fetch_status, "--serve", f"--requests={REQUESTS}", f"--delay-ms={DELAY_MS}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise Trouble("the server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def cpu(self):
        """Its processor time so far in seconds; None where the system does not tell."""
        try:
            threads = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
            return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
        except OSError:
            return None


def fetch(server, client, limit, requests, rounds):
    """One process: the time of each round, its processor time, and the server's meanwhile."""
    before = server.cpu()
    figures, cpu = finish(client.command(server.url, requests, rounds, limit))
    time.sleep(0.05)  # the server has the connections to close
    served = None if before is None else server.cpu() - before
    if figures["statuses"] != {"200": requests * rounds}:
        raise Trouble(f"{client.name} got {figures['statuses']} for {requests * rounds} requests")
    return figures["rounds_s"], cpu, served


def fetch_lap(server, client, limit):
    """What one lap says of one client: by round, seconds of wall, client and server."""
    _, idle_cpu, idle_served = fetch(server, client, limit, 1, 1)
    [first], first_cpu, first_served = fetch(server, client, limit, REQUESTS, 1)
    rounds, all_cpu, all_served = fetch(server, client, limit, REQUESTS, 1 + LATER)
    known = idle_served is not None
    return {
        "first": {
            "wall": (first + rounds[0]) / 2,
            "cpu": first_cpu - idle_cpu,
            "server": first_served - idle_served if known else None,
        },
        "later": {
            "wall": statistics.median(rounds[1:]),
            "cpu": (all_cpu - first_cpu) / LATER,
            "server": (all_served - first_served) / LATER if known else None,
        },
    }


def run(programs, plan):
    """All that was measured: a list of laps, each by what was measured and who was."""
    rng = random.Random(plan.seed)
    fetches = [(client, limit) for limit in LIMITS for client in clients(programs)]
    gathers = [(gatherer, *scene) for scene in scenes() for gatherer in gatherers(programs)]
    laps = []
    with Server(programs) as server:
        for number in range(plan.laps + plan.warm_up):
            say(f"lap {number + 1} of {plan.laps + plan.warm_up}")
            laps.append(lap(server, rng.sample(fetches, len(fetches)), rng.sample(gathers, len(gathers))))
    return laps[1:] if plan.warm_up else laps


def lap(server, fetches, gathers):
    measured = {}
    for client, limit in fetches:
        for turn, figures in fetch_lap(server, client, limit).items():
            measured["fetch", limit, turn, client.name] = figures
    for gatherer, scene, children in gathers:
        figures, _ = finish(gatherer.command(scene, children))
        measured["gather", scene, gatherer.name] = figures["bytes" if "bytes" in figures else "seconds"]
    return measured
