"""A wire between client and server that a test can cut, and that remembers what the client said."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.connectors.dovecot import free_port


@dataclass(slots=True, kw_only=True)
class Wire:
    """Passes every connection on to ``target``, a port of this machine."""

    target: int
    port: int
    said: bytearray = field(default_factory=bytearray)  # by clients, one after the other
    connections: int = 0
    is_dead: bool = False  # new connections are closed at once
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)

    def cut(self) -> None:
        """End every connection that stands, as a broken line does."""
        for pair in self._pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            self._pairs.append((client, server))
            with selectors.DefaultSelector() as selector:
                selector.register(client, selectors.EVENT_READ, server)
                selector.register(server, selectors.EVENT_READ, client)
                while True:
                    for key, _ in selector.select():
                        one: socket.socket = key.fileobj  # type: ignore[assignment]
                        data = one.recv(65_536)
                        if not data:
                            return
                        if one is client:
                            self.said += data
                        key.data.sendall(data)

    def serve(self, listener: socket.socket) -> None:
        """Accept until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.is_dead:
                client.close()
                continue
            threading.Thread(target=self._quietly, args=(client,), daemon=True).start()

    def _quietly(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._pass_on(client)


@contextlib.contextmanager
def wire(target: int) -> Iterator[Wire]:
    """Lay a wire to a port of this machine."""
    made = Wire(target=target, port=free_port())
    with socket.create_server(("127.0.0.1", made.port)) as listener:
        thread = threading.Thread(target=made.serve, args=(listener,), daemon=True)
        thread.start()
        yield made
        made.cut()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
