"""TLS certificates for Dask: temporary ones, from a folder, or from the settings of Dask."""

from __future__ import annotations

import ssl
import stat
from importlib import import_module
from pathlib import Path
from typing import Any

from npl_sim.core.caller import argument
from npl_sim.core.errors import BackendError, quoted
from npl_sim.engine.backends.dask.address import Address

CERTIFICATES = ("ca.pem", "cert.pem", "key.pem")
"""Files of a certificate folder: authority, certificate of this process, and private key."""

SETTINGS = "distributed.comm.tls.ca-file, .client.cert and .client.key"


def temporary_security() -> Any:
    """Return a new certificate for a local cluster, kept in memory for this run.

    Raises
    ------
    BackendError
        If the package ``cryptography`` is missing: there is no cluster without TLS.
    """
    distributed = import_module("distributed")
    try:
        return distributed.Security.temporary()
    except ImportError:
        raise BackendError(
            "the backend dask on this machine needs the package cryptography, for the certificate "
            "of its workers; run pip install 'npl_sim[dist]'"
        ) from None


def _folder_security(folder: Path) -> Any:
    """Return the certificates ``ca.pem``, ``cert.pem`` and ``key.pem`` of a folder.

    Raises
    ------
    BackendError
        If one is missing.
    """
    distributed = import_module("distributed")
    if not folder.is_dir():
        raise BackendError(
            f"{argument('certificates')}: {quoted(str(folder), 300)} is not a folder; "
            f"expected one with {', '.join(CERTIFICATES)}"
        )
    ca, cert, key = (folder.absolute() / name for name in CERTIFICATES)
    for path in (ca, cert, key):
        if not path.is_file():
            raise BackendError(
                f"{argument('certificates')}: {quoted(str(path), 300)} is missing or not a file; "
                f"expected {', '.join(CERTIFICATES)} in that folder"
            )
    if key.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO):
        raise BackendError(
            f"{argument('certificates')}: {quoted(str(key), 300)} may be read or changed "
            f"by other users (mode {stat.S_IMODE(key.stat().st_mode):04o}); "
            "expected a private key for you alone: chmod 600"
        )
    return distributed.Security(
        require_encryption=True,
        tls_ca_file=str(ca),
        tls_client_cert=str(cert),
        tls_client_key=str(key),
    )


def _configured_security() -> Any:
    """Return the certificates of the settings of Dask, if any.

    Raises
    ------
    BackendError
        If those settings are not valid.
    """
    distributed = import_module("distributed")
    try:
        return distributed.Security()
    except (ValueError, TypeError) as error:
        raise BackendError(f"dask: the settings of Dask are not valid ({error})") from None


def security_of(certificates: Path | Any) -> Any:
    """Return a ``distributed.Security``: from a folder, as given, or from the settings of Dask.

    Parameters
    ----------
    certificates
        Folder, or ``distributed.Security``; defaults to the settings.

    Raises
    ------
    BackendError
        If they are missing.
    """
    if certificates is None:
        return _configured_security()
    if isinstance(certificates, str | Path):
        return _folder_security(Path(certificates))
    return certificates


def check_security(address: Address, security: Any, given: bool) -> dict[str, Any]:
    """Refuse certificates that do not suit an address; return the connection's arguments.

    Parameters
    ----------
    address
        Address of the scheduler.
    security
        Certificates, as a ``distributed.Security``.
    given
        Whether they were given for this run, rather than by the settings of Dask.

    Raises
    ------
    BackendError
        If TLS needs missing or unreadable certificates, or given ones meet an address without TLS.
    """
    files = [security.tls_ca_file, security.tls_client_cert, security.tls_client_key]
    if not address.encrypted:
        if given:
            raise BackendError(
                f"dask: certificates are given, and {address} is without TLS; "
                "expected an address with tls://"
            )
        if security.require_encryption:
            raise BackendError(
                f"dask: the settings of Dask require encryption, and {address} is without TLS; "
                "expected a tls:// address"
            )
        return {}
    if not files[0] or not files[1]:
        raise BackendError(
            f"dask: {address} needs certificates; expected the folder "
            f"{argument('certificates')} with {', '.join(CERTIFICATES)}, "
            f"or the settings of Dask {SETTINGS}"
        )
    try:
        return dict(security.get_connection_args("client"))
    except (OSError, ssl.SSLError) as error:
        names = [quoted(name, 500) for name in files if name and "\n" not in name]
        reason = error.strerror or error
        if isinstance(error, ssl.SSLError):
            reason = error.reason or "not valid PEM"
        raise BackendError(
            f"dask: the certificates {', '.join(names)} cannot be used ({reason}); expected PEM "
            "files of the authority's certificate, a certificate that it signed, and its key"
        ) from None
