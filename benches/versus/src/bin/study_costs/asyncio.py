"""asyncio's side of the scene: an operation, how often, and "polls" if these are to be counted.

Its allocations are not counted: they are Python's own, of objects that it keeps for the next use.
"""

import asyncio
import sys
from collections.abc import Coroutine

polls = 0


class Counted(Coroutine):
    """A coroutine whose `send`, which is asyncio's poll, is counted."""

    def __init__(self, coroutine):
        self.coroutine = coroutine

    def send(self, value):
        global polls
        polls += 1
        return self.coroutine.send(value)

    def throw(self, *args):
        return self.coroutine.throw(*args)

    def close(self):
        return self.coroutine.close()

    def __await__(self):
        return self.coroutine.__await__()


async def pauses(times, seconds):
    for _ in range(times):
        await asyncio.sleep(seconds)


async def children(times, each):
    await asyncio.gather(*[each(asyncio.sleep(0)) for _ in range(times)])


async def awaits(coroutine):
    await asyncio.ensure_future(coroutine)


operation, times, count = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["polls"]
each = Counted if count else lambda coroutine: coroutine
if operation == "child":
    whole = children(times, each)
else:
    whole = pauses(times, 0.001 if operation == "sleep" else 0)
asyncio.run(awaits(each(whole)))
if count:
    print(polls)
