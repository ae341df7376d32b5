"""The server: connections on a loopback port, each request's plan carried out byte by byte. Knows no service."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

from onellm.testing.simulator.http import Connection, ConnectionEnded, keeps_alive
from onellm.testing.simulator.plan import End, Plan
from onellm.testing.simulator.values import ServiceError, SimRequest, plain_error

_SETTLE = 0.02
"""Seconds for the client to read what came before a reset, which may throw away what it has not read."""


class Server:
    """Serves what `plan` plans, in the loop that starts it. `failed` hears of plans that could not be carried out."""

    def __init__(self, plan: Callable[[SimRequest], Plan], failed: Callable[[Exception], None], pace: float) -> None:
        self.total = 0
        self._plan = plan
        self._failed = failed
        self._pace = pace
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def open(self) -> int:
        """How many connections are open now; `total` is how many there were."""
        return len(self._connections)

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port: the one that was free if `port` is 0."""
        self._server = await asyncio.start_server(self._accept, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.total += 1
        task = asyncio.create_task(self._serve(Connection(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, connection: Connection) -> None:
        writer = connection.writer
        try:
            while await self._exchange(connection):
                pass
        except (ConnectionEnded, ConnectionError):
            pass
        finally:
            writer.transport.abort()  # nothing waits in its buffer: this is a FIN, or the RST that was prepared
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(self, connection: Connection) -> bool:
        """Answer one request; whether the connection can carry another."""
        try:
            request = await connection.read_request()
        except ServiceError as error:
            await self._send(Plan.of(plain_error(error)), connection.writer)
            return False
        plan = self._plan(request)
        if not keeps_alive(request):
            plan.headers["Connection"] = "close"
        sending = asyncio.create_task(self._send(plan, connection.writer))
        leaving = asyncio.create_task(connection.closed())
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            else:
                request.disconnected = True
        except ConnectionError:
            request.disconnected = True
        except Exception as error:  # noqa: BLE001 - an event that is no bytes, a header that is no text: the route's bug
            self._failed(error)
            return False
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait((sending, leaving))
        return plan.end is End.FINISH and not request.disconnected and keeps_alive(request)

    async def _send(self, plan: Plan, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(plan.delay)
        if plan.speaks:
            writer.write(plan.head())
        for pause, data in plan.body(self._pace):
            await writer.drain()
            await asyncio.sleep(pause)
            writer.write(data)
        if plan.end is End.FINISH:  # without an await since the last event: who leaves after that does not leave early
            writer.write(plan.tail())
        await writer.drain()
        if plan.end is End.RESET:
            await asyncio.sleep(_SETTLE if plan.speaks else 0)
            _prepare_reset(writer)
        elif plan.end is End.SILENCE:
            await asyncio.Event().wait()
        while plan.end is End.DRIP:
            writer.write(plan.frame(plan.drip))
            await writer.drain()
            await asyncio.sleep(plan.drip_every)


def _prepare_reset(writer: asyncio.StreamWriter) -> None:
    """Make the socket's close a reset."""
    linger: socket.socket = writer.get_extra_info("socket")
    linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
