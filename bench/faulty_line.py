"""A line between browser and server that fails on purpose: it resets what is open, takes nothing, or falls silent."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

PIECE = 64 * 1024
# Closing sends RST at once, whatever is under way.
NO_LINGER = struct.pack("ii", 1, 0)


class FaultyLine:
    """TCP from its own port to ``port``. Runs in a thread of its own; its methods may be called from any."""

    def __init__(self, port: int) -> None:
        self.target, self.port = port, 0
        self.resets = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._takes, self._passes = True, asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        self._passes.set()
        self._server = self._run(asyncio.start_server, self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._run(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def reset(self) -> None:
        """RST to both ends of everything that is open; what comes next is taken again."""
        self._run(self._reset)

    def cut(self) -> None:
        """RST now, and to whoever comes until ``restore``."""
        self._takes = False
        self.reset()

    def silence(self) -> None:
        """Nothing passes and nobody is told, as where a cable is pulled out."""
        self._loop.call_soon_threadsafe(self._passes.clear)

    def forget(self) -> None:
        """Ends silence for new connections only: the old ones stay open and mute, as behind a router that restarted."""
        self._run(self._forget)

    def restore(self) -> None:
        self._takes = True
        self._loop.call_soon_threadsafe(self._passes.set)

    @contextlib.contextmanager
    def resetting_every(self, seconds: float) -> Iterator[None]:
        end = threading.Event()

        def work() -> None:
            while not end.wait(seconds):
                self.reset()

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        try:
            yield
        finally:
            end.set()
            worker.join(5)

    def _run(self, act: Callable[..., Awaitable[Any]], *values: Any) -> Any:
        async def run() -> Any:
            return await act(*values)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(5)

    async def _reset(self) -> None:
        self.resets += bool(self._open)
        for writer in self._open:
            _abort(writer)
        self._open.clear()

    async def _forget(self) -> None:
        self._passes, self._open = asyncio.Event(), set()
        self._passes.set()

    async def _end(self) -> None:
        self._server.close()
        await self._reset()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passes = self._passes
        if not self._takes:
            _abort(writer)
            return
        with contextlib.suppress(OSError, asyncio.CancelledError):
            beyond_reader, beyond_writer = await asyncio.open_connection("127.0.0.1", self.target)
            ends = {writer, beyond_writer}
            self._open |= ends
            both = _pass_on(reader, beyond_writer, passes), _pass_on(beyond_reader, writer, passes)
            await asyncio.gather(*both, return_exceptions=True)
            self._open -= ends
            for one in ends:
                one.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: asyncio.Event) -> None:
    try:
        while piece := await reader.read(PIECE):
            await passes.wait()
            writer.write(piece)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError):
            writer.close()


def _abort(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()
