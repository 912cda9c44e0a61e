"""Handshake with a Dask scheduler: it listens, it is Dask, TLS works, and the versions agree.

The handshake takes seconds and precedes the client, because a client that cannot connect blocks
the process for minutes.
"""

from __future__ import annotations

import asyncio
import ipaddress
import platform
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Any, TypeVar

from npl_sim.core.caller import argument
from npl_sim.core.errors import BackendError, quoted, shortened
from npl_sim.engine.backends.dask.address import Address
from npl_sim.engine.backends.dask.errors import first_line

ANSWER = 5.0
"""Timeout of a name's resolution and of a scheduler's answer. [seconds]"""

LARGEST_GREETING = 1 << 20
"""Most bytes of a first message of Dask; text of other protocols reads as a larger number."""

SAME = ("distributed", "dask", "msgpack", "cloudpickle")
"""Packages with equal versions here and at the scheduler, besides Python's minor version."""

T = TypeVar("T")


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Call a function in a thread, which is abandoned after a timeout.

    Raises
    ------
    TimeoutError
        If it takes longer.
    """
    box: queue.Queue[tuple[bool, Any]] = queue.Queue()

    def run() -> None:
        try:
            box.put((True, work()))
        except BaseException as error:
            box.put((False, error))

    threading.Thread(target=run, daemon=True, name="npl-sim dask greeting").start()
    try:
        good, value = box.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"nothing within {seconds:g} s") from None
    if not good:
        raise value
    return value


def resolve(address: Address, timeout: float) -> list[str]:
    """Return the network numbers of a host.

    Raises
    ------
    BackendError
        If its name is unknown.
    """
    try:
        found = _within(
            min(timeout, ANSWER),
            lambda: socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM),
        )
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise BackendError(
            f"{argument('address')}: the host {quoted(address.host)} is not known ({reason}); "
            "expected the name or number of a machine"
        ) from None
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def on_this_machine(numbers: list[str]) -> bool:
    """Return whether all numbers of a host are loopback numbers of this machine."""
    return all(ipaddress.ip_address(number.partition("%")[0]).is_loopback for number in numbers)


def _unreachable(address: Address, reason: object) -> BackendError:
    return BackendError(
        f"dask: no scheduler answers at {address} ({reason}); expected the address of a running "
        'one, as in the line "Scheduler at:" of dask scheduler'
    )


def _tls_error(address: Address, error: ssl.SSLError) -> BackendError:
    """Return the reason why a TLS connection fails."""
    if error.reason in ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"):
        why = (
            "it answers without TLS; expected a scheduler with certificates "
            "(--tls-ca-file, --tls-cert, --tls-key)"
        )
    elif isinstance(error, ssl.SSLCertVerificationError):
        why = (
            f"its certificate is not accepted here ({error.verify_message}); "
            "expected one signed by the authority in ca.pem"
        )
    else:
        why = (
            "it does not accept the certificate sent from here "
            f"({error.reason or first_line(error)}); "
            "expected one that the scheduler's authority signed"
        )
    return BackendError(f"dask: no TLS with {address}: {why}")


def greet(address: Address, context: ssl.SSLContext | None, timeout: float) -> None:
    """Connect to a scheduler, by TLS if it is used, and check that it is Dask.

    Parameters
    ----------
    address
        Address of the scheduler.
    context
        Certificates; none without TLS.
    timeout
        Longest wait, if shorter than `ANSWER`. [seconds]

    Raises
    ------
    BackendError
        If nothing listens, TLS fails, or the answer is not Dask's.
    """
    until = time.monotonic() + min(timeout, ANSWER)

    def left() -> float:
        return max(0.05, until - time.monotonic())

    try:
        connection = socket.create_connection((address.host, address.port), timeout=left())
    except OSError as error:
        raise _unreachable(address, error.strerror or first_line(error)) from None
    try:
        if context is not None:
            connection.settimeout(left())
            connection = context.wrap_socket(connection, server_hostname=None)
        begun = b""
        while len(begun) < 8:
            connection.settimeout(left())
            part = connection.recv(8 - len(begun))
            if not part:
                break
            begun += part
    except ssl.SSLError as error:
        raise _tls_error(address, error) from None
    except OSError as error:
        silent = isinstance(error, TimeoutError)
        raise _not_dask(
            address, "says nothing" if silent else error.strerror or first_line(error)
        ) from None
    finally:
        connection.close()
    if len(begun) < 8:
        raise _not_dask(address, "ends the connection")
    if int.from_bytes(begun, "little") > LARGEST_GREETING:
        raise _not_dask(address, f"says {quoted(begun.decode('latin-1'))}")


def _not_dask(address: Address, what: str) -> BackendError:
    other = "without TLS" if address.encrypted else "with TLS, at a tls:// address"
    return BackendError(
        f"dask: what listens at {address} {what}, as a Dask scheduler does not; "
        f"expected the address of one (or is it {other}?)"
    )


async def _ask(address: Address, arguments: dict[str, Any], seconds: float) -> Any:
    """Request the versions of a scheduler."""
    comm = await import_module("distributed.comm").connect(
        str(address), timeout=seconds, **arguments
    )
    try:
        await comm.write({"op": "versions", "reply": True})
        return await comm.read()
    finally:
        comm.abort()


def check_versions(address: Address, arguments: dict[str, Any], timeout: float) -> None:
    """Refuse a scheduler with other versions than this process.

    Parameters
    ----------
    address
        Address of the scheduler.
    arguments
        Arguments of a connection, from `certificates.check_security`.
    timeout
        Longest wait, if shorter than `ANSWER`. [seconds]

    Raises
    ------
    BackendError
        If its versions differ, or it does not report them.
    """
    seconds = min(timeout, ANSWER)
    try:
        answer = _within(
            seconds,
            lambda: asyncio.run(asyncio.wait_for(_ask(address, arguments, seconds), seconds)),
        )
        found = {str(name): str(value) for name, value in dict(answer["packages"]).items()}
        found["python"] = str(answer["host"]["python"])
    except Exception as error:
        raise BackendError(
            f"dask: what listens at {address} does not report its versions "
            f"({shortened(first_line(error), 200)}); "
            "expected a scheduler of the same version of Dask"
        ) from None
    here = {name: metadata.version(name) for name in SAME} | {"python": platform.python_version()}
    other = []
    for name, version in here.items():
        there, mine = (_comparable(name, v) for v in (found.get(name, "nothing"), version))
        if there != mine:
            other.append(f"{'Python' if name == 'python' else name} {there}, here {mine}")
    if other:
        raise BackendError(
            f"dask: the scheduler at {address} runs {'; '.join(other)}; "
            "expected one version: use the same on every machine"
        )


def _comparable(name: str, version: str) -> str:
    """Return the part of a version that must be equal."""
    return ".".join(version.split(".")[:2]) if name == "python" else shortened(version)
