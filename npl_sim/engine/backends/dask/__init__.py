"""Dask workers as a backend: addresses, certificates, handshake, a local cluster."""
