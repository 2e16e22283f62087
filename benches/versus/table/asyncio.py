"""What asyncio's gather costs by the number of children, up to argv[1] of them.

A child gives way once, as the others' do. Each number of children is timed three times with
20,000 of them in all, or with one gather where that is more, and the largest once. Prints a
line of JSON for each: the number, nanoseconds a child each time, and the sum of one gather's
outputs.
"""

import asyncio
import json
import sys
import time

CHILDREN = 20_000


async def child(number):
    await asyncio.sleep(0)
    return number


async def timed(count, times):
    start = time.perf_counter_ns()
    for _ in range(times):
        outputs = await asyncio.gather(*map(child, range(count)))
    return (time.perf_counter_ns() - start) / times / count, sum(outputs)


async def main(most):
    await timed(1_000, 3)  # grows what has to grow
    for count in (10, 100, 1_000, 10_000, 100_000, 1_000_000):
        if count > most:
            break
        repeats = 1 if count > 100_000 else 3
        runs = [await timed(count, max(1, CHILDREN // count)) for _ in range(repeats)]
        print(json.dumps({"count": count, "ns": [ns for ns, _ in runs], "sum": runs[-1][1]}))


asyncio.run(main(int(sys.argv[1])))
