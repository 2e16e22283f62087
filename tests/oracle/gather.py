"""Scenarios with asyncio.gather, as logs of events, for tests/oracle.rs to compare with.

Time is counted in ticks of many turns of the loop, so that the few turns in which a library
passes a result on to its caller do not show.
"""

import asyncio

LOG = []
TICK = 20


def note(text):
    LOG.append(text)


async def ticks(n):
    for _ in range(n * TICK):
        await asyncio.sleep(0)


async def child(name, n, fails=False):
    """Lives for n ticks, then gives its name in capitals, or fails with its name."""
    note(f"{name} starts")
    try:
        await ticks(n)
    except asyncio.CancelledError:
        note(f"{name} is cancelled")
        raise
    note(f"{name} fails" if fails else f"{name} ends")
    if fails:
        raise ValueError(name)
    return name.upper()


def show(result):
    if isinstance(result, (list, tuple)):
        return "[" + ", ".join(show(each) for each in result) + "]"
    if isinstance(result, asyncio.CancelledError):
        return "cancelled"
    if isinstance(result, Exception):
        return f"error {result}"
    return str(result)


async def caller(awaitable):
    """Awaits, and notes what it got."""
    try:
        result = await awaitable
    except asyncio.CancelledError:
        note("the caller is cancelled")
        raise
    except Exception as error:
        result = error
    note(f"the caller has {show(result)}")


async def order_of_starts_ends_and_results():
    await caller(asyncio.gather(child("a", 3), child("b", 1), child("c", 2)))


async def turns_are_taken_in_order():
    async def talks(name):
        for step in range(3):
            note(f"{name}{step}")
            await asyncio.sleep(0)

    await asyncio.gather(talks("a"), talks("b"), talks("c"))


async def nothing_to_gather():
    await caller(asyncio.gather())


async def the_first_error_in_time():
    await caller(asyncio.gather(child("a", 9), child("b", 2, fails=True), child("c", 1, fails=True)))
    await ticks(10)


async def a_tie_of_two_errors():
    await caller(asyncio.gather(child("a", 3), child("b", 1, fails=True), child("c", 1, fails=True)))
    await ticks(4)


async def siblings_of_an_error_run_on():
    await caller(asyncio.gather(child("a", 2), child("b", 1, fails=True), child("c", 3)))
    note("the caller goes on")
    await ticks(5)


async def settled_places():
    children = [child("a", 2), child("b", 1, fails=True), child("c", 3), child("d", 4, fails=True)]
    await caller(asyncio.gather(*children, return_exceptions=True))


async def a_settled_task_that_is_cancelled():
    tasks = [asyncio.ensure_future(child(name, 3)) for name in "abc"]
    waits = asyncio.ensure_future(caller(asyncio.gather(*tasks, return_exceptions=True)))
    await ticks(1)
    note("b is to be cancelled")
    tasks[1].cancel()
    await waits


async def a_cancelled_task_is_an_error_of_that_child():
    tasks = [asyncio.ensure_future(child(name, 3)) for name in "abc"]

    async def waiting():
        try:
            await asyncio.gather(*tasks)
        except asyncio.CancelledError:
            note("the caller has cancelled")
        await ticks(1)
        note("the caller was not cancelled")

    waits = asyncio.ensure_future(waiting())
    await ticks(1)
    tasks[1].cancel()
    await waits
    await ticks(4)


async def nested_lists():
    async def inner():
        return await asyncio.gather(child("a", 2), child("b", 1))

    await caller(asyncio.gather(inner(), child("c", 3), asyncio.gather()))


async def an_error_of_a_nested_gather():
    async def inner():
        return await asyncio.gather(child("a", 1, fails=True), child("b", 4))

    await caller(asyncio.gather(child("c", 2), inner()))
    await ticks(6)


async def a_cancelled_caller_cancels_all():
    waits = asyncio.ensure_future(caller(asyncio.gather(child("a", 9), child("b", 1), child("c", 9))))
    await ticks(2)
    note("the caller is to be cancelled")
    waits.cancel()
    await asyncio.gather(waits, return_exceptions=True)
    await ticks(10)


async def children_that_never_started_never_run():
    gathered = asyncio.gather(child("a", 1), child("b", 1))
    waits = asyncio.ensure_future(caller(gathered))
    gathered.cancel()
    await asyncio.gather(waits, return_exceptions=True)
    await ticks(3)


async def results_as_they_come():
    children = [child("a", 3), child("b", 1), child("c", 2)]
    for each in asyncio.as_completed([asyncio.ensure_future(one) for one in children]):
        note(f"the caller has {show(await each)}")


# From here on shirr differs on purpose.


async def after_an_error():
    await caller(asyncio.gather(child("a", 3), child("b", 1, fails=True)))
    await ticks(4)


async def cancel_then_go_on():
    gathered = asyncio.gather(child("a", 9), child("b", 9))
    await ticks(1)
    note("to be cancelled")
    gathered.cancel()
    note("the call has returned")
    await asyncio.gather(gathered, return_exceptions=True)


async def gathered_and_not_awaited():
    gathered = asyncio.gather(child("a", 1))
    await ticks(2)
    note("awaited now")
    await caller(gathered)


async def gathered_and_forgotten():
    async def start():
        gathered = asyncio.gather(child("a", 2), child("b", 2))
        await ticks(1)
        note("to be forgotten")
        del gathered

    await start()
    note("forgotten")
    await ticks(3)


async def main():
    own = {"child", "caller", "ticks", "main"}
    for name, scenario in list(globals().items()):
        if asyncio.iscoroutinefunction(scenario) and name not in own:
            LOG.clear()
            await scenario()
            print(f"== {name}")
            print(*LOG, sep="\n")


if __name__ == "__main__":
    asyncio.run(main())
