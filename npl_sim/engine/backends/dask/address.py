"""Address of a Dask scheduler, and the rule for connections without TLS.

A scheduler runs any code that it receives, on all its workers, and sends code back. Without TLS it
accepts code from anyone who reaches its port. So an address without TLS on another machine is
refused, unless the user confirms that the network is safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from npl_sim.core.caller import argument
from npl_sim.core.errors import BackendError, quoted

EXAMPLE = "tls://10.0.0.5:8786"
SCHEMES = ("tls", "tcp")


@dataclass(frozen=True)
class Address:
    """Address of a scheduler."""

    scheme: str
    """``tls`` or ``tcp``."""
    host: str
    """Name or number of the machine."""
    port: int

    @property
    def encrypted(self) -> bool:
        """Whether the connection uses TLS, with certificates on both sides."""
        return self.scheme == "tls"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read the address of a scheduler.

    Raises
    ------
    BackendError
        If it is not of the form ``tls://HOST:PORT`` or ``tcp://HOST:PORT``.
    """
    got = f"{argument('address')}: got {quoted(text)}"
    nothing_else = BackendError(
        f"{got}; expected a host and a port and nothing else, as in {EXAMPLE}"
    )
    if not text.isprintable() or any(c.isspace() or c == "@" for c in text):
        raise nothing_else
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise BackendError(
            f"{got}, which has no scheme; expected tls:// or tcp:// in front, as in {EXAMPLE}"
        )
    if scheme not in SCHEMES:
        raise BackendError(f"{got}; expected tls:// or tcp:// in front, as in {EXAMPLE}")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BackendError(
            f"{got}; expected a host, and a port from 1 to 65535, as in {EXAMPLE}"
        ) from None
    if parts.path or parts.query or parts.fragment:
        raise nothing_else
    if not host:
        raise BackendError(f"{got}, which has no host; expected one, as in {EXAMPLE}")
    if not port:
        raise BackendError(f"{got}, which has no port; expected one, as in {EXAMPLE}")
    return Address(scheme, host, port)


def check_transport(address: Address, local: bool, insecure: bool) -> str:
    """Refuse a connection without TLS to another machine, unless allowed; return a warning.

    Parameters
    ----------
    address
        Address of the scheduler.
    local
        Whether it is on this machine.
    insecure
        Whether the user allows connections without TLS.

    Raises
    ------
    BackendError
        If it is refused.
    """
    if address.encrypted:
        if insecure:
            raise BackendError(
                f"{argument('insecure')}: got {address}, which is secure; "
                "expected a tcp:// address"
            )
        return ""
    others = "every user of this machine" if local else "anyone who reaches it over the network"
    risk = (
        f"{address} is without TLS: {others} can run programs on the scheduler, "
        "on its workers and here, and read the loans"
    )
    if local or insecure:
        return f"warning: dask: {risk}; tls:// with certificates prevents it (docs/trust.md)"
    raise BackendError(
        f"dask: {risk}; expected a tls:// address with the folder {argument('certificates')} "
        f"(docs/trust.md), or {argument('insecure')} where the network is yours alone"
    )
