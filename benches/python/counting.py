"""A server that counts: each client proves here that it does the same work.

A client could be faster because it opens fewer connections, or leaves out a request. So
before anything is measured each one fetches here, twice, and the server says what it saw.
"""

import asyncio

from prepare import Trouble, say

REQUESTS = 40
LIMIT = 8
ROUNDS = 2
WAIT_S = 0.2  # long enough for all the requests of a round to be under way at once
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nshirr\n"


class Counts:
    def __init__(self):
        self.connections = 0
        self.requests = 0

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET / HTTP/1.1\r\n"):
                self.requests += 1
                await asyncio.sleep(WAIT_S)
                writer.write(ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()


def check(clients):
    """Holds each client to the requests and the connections that it should make."""
    say("each client against a server that counts")
    asyncio.run(check_all(clients))


async def check_all(clients):
    for client in clients:
        for limit in (0, LIMIT):
            await check_one(client, limit)


async def check_one(client, limit):
    counts = Counts()
    server = await asyncio.start_server(counts.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    command = client.command(url, REQUESTS, ROUNDS, limit)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    status = await process.wait()
    server.close()
    saw = (counts.requests, counts.connections)
    should = (REQUESTS * ROUNDS + client.extra, (limit or REQUESTS) + client.extra)
    if status != 0 or saw != should:
        raise Trouble(
            f"{client.name} with limit {limit} made {saw[0]} requests on {saw[1]} connections "
            f"and ended with status {status}; it should have made {should[0]} on {should[1]}"
        )
