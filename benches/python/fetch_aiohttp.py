"""The original of examples/fetch_status.rs: many GET requests at once, asyncio and aiohttp.

Beside src/bin/fetch_reqwest.rs: the same arguments, and the same fields in the line of
JSON, which are the example's and the processor time of each round. `run.py` starts all.
"""

import argparse
import asyncio
import collections
import json
import time

import aiohttp


async def fetch_status(session, url):
    async with session.get(url) as response:
        return response.status


async def fetch_all(session, url, requests):
    return await asyncio.gather(*(fetch_status(session, url) for _ in range(requests)))


async def main(args):
    statuses, rounds, cpu = collections.Counter(), [], []
    connector = aiohttp.TCPConnector(limit=args.limit)
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(args.rounds):
            start, cpu_start = time.perf_counter(), time.process_time()
            results = await fetch_all(session, args.url, args.requests)
            rounds.append(time.perf_counter() - start)
            cpu.append(time.process_time() - cpu_start)
            statuses.update(results)
    print(json.dumps({"statuses": statuses, "rounds_s": rounds, "cpu_s": cpu}))


def loop_factory(name):
    """None is asyncio's own choice."""
    if name == "asyncio":
        return None
    import uvloop

    return uvloop.new_event_loop


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--url", required=True)
parser.add_argument("--requests", type=int, default=1000, help="how many at once")
parser.add_argument("--rounds", type=int, default=1, help="how many times, over kept connections")
parser.add_argument("--limit", type=int, default=100, help="connections at a time; 0: no limit")
parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
args = parser.parse_args()
with asyncio.Runner(loop_factory=loop_factory(args.loop)) as runner:
    runner.run(main(args))
