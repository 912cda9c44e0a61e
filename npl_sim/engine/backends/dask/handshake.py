"""The first words with a Dask scheduler: is somebody there, is it Dask, does TLS fit, are the versions the same?

All of it within seconds and before a client is made, for a client that cannot connect holds the process for minutes.
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

from npl_sim.core.errors import BackendError, quoted, shortened
from npl_sim.engine.backends.dask.address import Address
from npl_sim.engine.backends.dask.errors import first_line

__all__ = ["check_versions", "greet", "on_this_machine", "resolve"]

ANSWER = 5.0
"""Seconds in which a name is resolved, and in which a scheduler must answer."""

LARGEST_GREETING = 1 << 20
"""Bytes that a first message of Dask does not exceed; other protocols begin with text, which reads as more."""

SAME = ("distributed", "dask", "msgpack", "cloudpickle")
"""Packages that must be the same here and at the scheduler, besides the minor version of Python."""

T = TypeVar("T")


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Return what a function returns, in a thread that is left behind when the time is over; a stop gets through at once.

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


def resolve(address: Address, patience: float) -> list[str]:
    """Return the numbers of a host.

    Raises
    ------
    BackendError
        If its name is not known.
    """
    try:
        found = _within(
            min(patience, ANSWER),
            lambda: socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM),
        )
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise BackendError(
            f"--dask: the host {quoted(address.host)} is not known ({reason}); expected the name or number of a machine"
        ) from None
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def on_this_machine(numbers: list[str]) -> bool:
    """Return whether all numbers of a host are those of this machine's loopback."""
    return all(ipaddress.ip_address(number.partition("%")[0]).is_loopback for number in numbers)


def _unreached(address: Address, reason: object) -> BackendError:
    return BackendError(
        f"dask: no scheduler answers at {address} ({reason}); expected the address of a running one, such as the line "
        '"Scheduler at:" of dask scheduler shows'
    )


def _tls_fault(address: Address, error: ssl.SSLError) -> BackendError:
    """Return in words why TLS does not come about."""
    if error.reason in ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"):
        why = "it answers without TLS; expected a scheduler with certificates (--tls-ca-file, --tls-cert, --tls-key)"
    elif isinstance(error, ssl.SSLCertVerificationError):
        why = f"its certificate is not accepted here ({error.verify_message}); expected one signed by the authority in ca.pem"
    else:
        why = (
            f"it does not accept the certificate sent from here ({error.reason or first_line(error)}); expected one that the "
            "scheduler's authority signed"
        )
    return BackendError(f"dask: no TLS with {address}: {why}")


def greet(address: Address, context: ssl.SSLContext | None, patience: float) -> None:
    """Connect, agree on TLS, and see that what answers is Dask.

    Parameters
    ----------
    address
        Address of the scheduler.
    context
        Certificates; none without TLS.
    patience
        Most seconds to wait, where that is less than a few.

    Raises
    ------
    BackendError
        If nobody listens, TLS does not come about, or the answer is not Dask's.
    """
    until = time.monotonic() + min(patience, ANSWER)

    def left() -> float:
        return max(0.05, until - time.monotonic())

    try:
        connection = socket.create_connection((address.host, address.port), timeout=left())
    except OSError as error:
        raise _unreached(address, error.strerror or first_line(error)) from None
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
        raise _tls_fault(address, error) from None
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
        f"dask: what listens at {address} {what}, as a Dask scheduler does not; expected the address of one (or is it {other}?)"
    )


async def _ask(address: Address, arguments: dict[str, Any], seconds: float) -> Any:
    """Ask a scheduler for its versions."""
    comm = await import_module("distributed.comm").connect(
        str(address), timeout=seconds, **arguments
    )
    try:
        await comm.write({"op": "versions", "reply": True})
        return await comm.read()
    finally:
        comm.abort()


def check_versions(address: Address, arguments: dict[str, Any], patience: float) -> None:
    """Refuse a scheduler of other versions than here.

    Parameters
    ----------
    address
        Address of the scheduler.
    arguments
        What a connection needs, from `dask_security.check_security`.
    patience
        Most seconds to wait, where that is less than a few.

    Raises
    ------
    BackendError
        If its versions differ, or it does not tell them.
    """
    seconds = min(patience, ANSWER)
    try:
        answer = _within(
            seconds,
            lambda: asyncio.run(asyncio.wait_for(_ask(address, arguments, seconds), seconds)),
        )
        found = {str(name): str(value) for name, value in dict(answer["packages"]).items()}
        found["python"] = str(answer["host"]["python"])
    except Exception as error:
        raise BackendError(
            f"dask: what listens at {address} does not tell its versions ({shortened(first_line(error), 200)}); expected a "
            "scheduler of the same version of Dask"
        ) from None
    here = {name: metadata.version(name) for name in SAME} | {"python": platform.python_version()}
    other = [
        f"{'Python' if name == 'python' else name} {_shown(name, found.get(name, 'nothing'))}, here {_shown(name, here[name])}"
        for name in (*SAME, "python")
        if _shown(name, found.get(name, "nothing")) != _shown(name, here[name])
    ]
    if other:
        raise BackendError(
            f"dask: the scheduler at {address} runs {'; '.join(other)}; expected one version: use the same on every machine"
        )


def _shown(name: str, version: str) -> str:
    """Return the part of a version that must be the same."""
    return ".".join(version.split(".")[:2]) if name == "python" else shortened(version)
