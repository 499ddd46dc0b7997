"""The headers that every answer carries, the pages of errors included."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

#: Nothing is loaded from elsewhere, nothing is framed, forms go to us only.
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def register(app: Flask) -> None:
    """Let every answer of the application carry the headers."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            # Invoices name people and accounts: no copy stays in a shared browser.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
