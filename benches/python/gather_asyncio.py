"""What asyncio's gather takes; the counterpart of src/bin/gather_shirr.rs, scene by scene.

    gather_asyncio.py SCENE CHILDREN [asyncio|uvloop]

Prints one line of JSON: seconds, or bytes of resident memory. What gather does, in polls
and callbacks, is counted by `cargo run -p versus --bin gather_costs`.
"""

import asyncio
import json
import os
import sys
import time

SLEEP_S = 0.010


async def trivial(number):
    return number


async def sleeping(children):
    """From the call of gather until all that sleep have ended."""
    start = time.perf_counter()
    results = await asyncio.gather(*(asyncio.sleep(SLEEP_S) for _ in range(children)))
    seconds = time.perf_counter() - start
    assert len(results) == children
    return seconds


async def ending_at_once(children):
    """From the call of gather until it has the results of children that never wait."""
    start = time.perf_counter()
    numbers = await asyncio.gather(*(trivial(number) for number in range(children)))
    seconds = time.perf_counter() - start
    assert sum(numbers) == sum(range(children))
    return seconds


async def growth(children, wait):
    """The resident memory that `children` take, all of which wait."""
    waiting = 0

    async def child():
        nonlocal waiting
        waiting += 1
        await wait()

    before = resident()
    gathered = asyncio.gather(*(child() for _ in range(children)))
    while waiting < children:
        await asyncio.sleep(0)
    grown = resident() - before
    assert not gathered.done()
    return grown


def resident():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


async def main(scene, children):
    match scene:
        case "sleeping" | "trivial":
            measure = sleeping if scene == "sleeping" else ending_at_once
            await measure(children)  # the first time warms up
            figures = {"seconds": await measure(children)}
        case "memory-sleeping":
            figures = {"bytes": await growth(children, lambda: asyncio.sleep(3600))}
        case "memory-waiting":
            loop = asyncio.get_running_loop()
            figures = {"bytes": await growth(children, loop.create_future)}
        case _:
            sys.exit(__doc__)
    print(json.dumps(figures), flush=True)
    os._exit(0)  # what still waits would have to be cancelled, child by child


def new_loop(name):
    if name == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


with asyncio.Runner(loop_factory=lambda: new_loop(sys.argv[3])) as runner:
    runner.run(main(sys.argv[1], int(sys.argv[2])))
