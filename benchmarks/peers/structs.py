"""C++ header of the kernel's records, generated from the engine's own types."""

from __future__ import annotations

from enum import EnumMeta

import numpy as np

from npl_sim.core import layout, record_links
from npl_sim.kernels.context import CollectionTables, Package
from npl_sim.kernels.package import Factors, Tile

__all__ = ["FIELDS", "header", "view"]

NAMES = {"u8": "std::uint64_t", "i4": "std::int32_t", "i8": "std::int64_t", "f8": "double"}
RECORDS = {
    "Loan": layout.LOAN,
    "Item": layout.ITEM,
    "Guarantor": layout.GUARANTOR,
    "Asset": record_links.ASSET,
    "Terms": record_links.TERMS,
    "Auction": record_links.AUCTION,
    "Fees": layout.FEES,
}

# Element type of every array that C++ receives, by tuple and field.
FIELDS = {
    "Package": (
        Package,
        {
            "loans": "Loan",
            "items": "Item",
            "guarantors": "Guarantor",
            "assets": "Asset",
            "terms": "Terms",
            "auctions": "Auction",
            "fees": "Fees",
        },
    ),
    "CollectionTables": (
        CollectionTables,
        dict.fromkeys(("begin", "policy", "group", "placement", "last"), "std::int64_t"),
    ),
    "Factors": (Factors, {"exit": "std::int64_t"}),
    "Tile": (Tile, {}),
}


def _record(name: str, dtype: np.dtype) -> str:
    lines, checks = [], []
    for field in dtype.names or ():
        kind, offset = dtype.fields[field][:2]
        base, shape = (kind.subdtype or (kind, ()))[:2]
        size = "".join(f"[{n}]" for n in shape)
        lines.append(f"    {NAMES[base.str[1:]]} {field}{size};")
        checks.append(f"static_assert(offsetof({name}, {field}) == {offset});")
    checks.append(f"static_assert(sizeof({name}) == {dtype.itemsize});")
    return "\n".join([f"struct {name} {{", *lines, "};", *checks])


def _codes(enum: EnumMeta) -> str:
    names = ", ".join(f"{code.name} = {code.value}" for code in enum)
    return f"namespace {enum.__name__.lower()} {{ enum : int {{ {names} }}; }}"


def _views(name: str) -> str:
    kind, types = FIELDS[name]
    const = "" if name == "Tile" else "const "
    lines = [f"    {const}{types.get(field, 'double')}* {field};" for field in kind._fields]
    return "\n".join([f"struct {name} {{", *lines, "};"])


def header() -> str:
    """Return the header: records as numpy packs them, codes, and tuples of arrays as pointers."""
    enums = (layout.Stage, layout.Kind, layout.Route, layout.FeeRow, layout.Stream)
    parts = [
        "#pragma once",
        "#include <cstddef>",
        "#include <cstdint>",
        "#pragma pack(push, 1)",
        *(_record(name, dtype) for name, dtype in RECORDS.items()),
        "#pragma pack(pop)",
        *(_codes(enum) for enum in enums),
        f"constexpr int CELLS = {layout.QUANTILE_CELLS};",
        f"constexpr int MAX_AUCTIONS = {layout.MAX_AUCTIONS};",
        f"constexpr int KINDS = {len(layout.Kind)};",
        f"constexpr int STAGES = {len(layout.Stage)};",
        f"constexpr int MOMENTS = {len(layout.MOMENTS)};",
        *(_views(name) for name in FIELDS),
    ]
    return "\n".join(parts) + "\n"


def view(name: str, arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the addresses of a tuple's arrays, in its order, as the C++ struct holds them."""
    for field, array in zip(FIELDS[name][0]._fields, arrays, strict=True):
        if not array.flags.c_contiguous:
            raise ValueError(f"{name}.{field} is not contiguous; expected a C-contiguous array")
    return np.array([array.ctypes.data for array in arrays], dtype=np.uintp)
