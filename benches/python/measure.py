"""What is measured, and how.

Every measurement is a process of its own, so that no client has the heap or the caches that
another has left. A lap measures each client once, in an order that is shuffled anew; when
the machine is slow for a while, it is slow for all of them.

Each client reads the clock around its rounds. aiohttp's and reqwest's programs read their
processor time there, too. shirr's is an example, which does not; its processor time is what
the system says when a process ends (wait4), by the difference of two processes:

- a first round is the process that makes one round less the one that makes one request,
- LATER later rounds are the process that makes LATER rounds more, less the first process.

So shirr's first round alone includes making room for a thousand open files, and closing the
connections.
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
        # The example always makes at least one request alone, for comparison. Each of its
        # processes makes it, so no difference has it.
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
    """One process: what it printed, its processor time, and the server's meanwhile."""
    before = server.cpu()
    figures, cpu = finish(client.command(server.url, requests, rounds, limit))
    time.sleep(0.05)  # the server has the connections to close
    served = None if before is None else server.cpu() - before
    if figures["statuses"] != {"200": requests * rounds}:
        raise Trouble(f"{client.name} got {figures['statuses']} for {requests * rounds} requests")
    return figures, cpu, served


def fetch_lap(server, client, limit):
    """What one lap says of one client, by round: seconds of wall clock, client and server."""
    one, one_cpu, one_served = fetch(server, client, limit, REQUESTS, 1)
    more, more_cpu, more_served = fetch(server, client, limit, REQUESTS, 1 + LATER)
    if "cpu_s" in one:
        first_cpu = (one["cpu_s"][0] + more["cpu_s"][0]) / 2
        later_cpu = statistics.median(more["cpu_s"][1:])
    else:
        _, idle_cpu, _ = fetch(server, client, limit, 1, 1)
        first_cpu = one_cpu - idle_cpu
        later_cpu = (more_cpu - one_cpu) / LATER
    return {
        "first": {
            "wall": (one["rounds_s"][0] + more["rounds_s"][0]) / 2,
            "cpu": first_cpu,
            "server": one_served,
        },
        "later": {
            "wall": statistics.median(more["rounds_s"][1:]),
            "cpu": later_cpu,
            "server": None if one_served is None else (more_served - one_served) / LATER,
        },
    }


def run(programs, plan):
    """All that was measured: a list of laps, each by what was measured and of whom."""
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
