"""How late asyncio's sleeps are: argv[1] of each of the seconds that follow, one after the
other. Prints a list of microseconds for each, as one line of JSON."""

import asyncio
import json
import sys
import time


async def measure(sleeps, seconds):
    late = []
    for _ in range(sleeps):
        start = time.monotonic()
        await asyncio.sleep(seconds)
        late.append((time.monotonic() - start - seconds) * 1e6)
    return late


async def main():
    return [await measure(int(sys.argv[1]), float(seconds)) for seconds in sys.argv[2:]]


print(json.dumps(asyncio.run(main())))
