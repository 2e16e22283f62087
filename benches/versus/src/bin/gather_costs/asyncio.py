"""What asyncio's gather costs, for the row beside the others: argv[1] children, each woken
alone, the next one a turn later. Prints one line of JSON.

A poll is a step of a coroutine. The coroutines and the futures that they wait for are made
before memory is counted.
"""

import asyncio
import json
import platform
import sys
import tracemalloc


class CountingLoop(asyncio.SelectorEventLoop):
    callbacks = 0

    def call_soon(self, *args, **kwargs):
        self.callbacks += 1
        return super().call_soon(*args, **kwargs)


child_polls = 0
driver_turns = 0
pending_bytes = 0


async def child(number, woken):
    global child_polls
    child_polls += 1
    await woken
    child_polls += 1
    return number


async def turn():
    global driver_turns
    driver_turns += 1
    await asyncio.sleep(0)


async def driver(futures):
    global pending_bytes
    while child_polls < len(futures):
        await turn()
    pending_bytes = tracemalloc.get_traced_memory()[0]
    for future in futures:
        future.set_result(None)
        await turn()


async def awaiting(children, driving):
    """How often this was polled, the sum, and the callbacks that were not the driver's."""
    polls = 1
    loop = asyncio.get_running_loop()
    tracemalloc.start()
    before = loop.callbacks - driver_turns
    numbers = await asyncio.gather(*children)
    polls += 1
    callbacks = loop.callbacks - driver_turns - before + 1  # this coroutine's first step
    await driving
    return polls, sum(numbers), callbacks


async def main(count):
    futures = [asyncio.get_running_loop().create_future() for _ in range(count)]
    children = [child(number, woken) for number, woken in enumerate(futures)]
    driving = asyncio.create_task(driver(futures))
    polls, total, callbacks = await asyncio.create_task(awaiting(children, driving))
    return {
        "python": platform.python_version(),
        "sum": total,
        "child_polls": child_polls,
        "awaiting_polls": polls,
        "bytes": pending_bytes,
        "callbacks": callbacks,
    }


loop = CountingLoop()
figures = loop.run_until_complete(main(int(sys.argv[1])))
loop.close()
print(json.dumps(figures))
