"""Sheets, headers and codes of the tables of manual entries, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from npl_sim.core.fields import Spec
from npl_sim.policy.expert_terms import ExpertEstimate, ManualCashRow, PolicyOverride

__all__ = ["CHINESE_HEADERS", "CODES", "MODELS", "SHEETS"]

MODELS: dict[str, type[Spec]] = {
    "experts": ExpertEstimate,
    "manual_cash": ManualCashRow,
    "overrides": PolicyOverride,
}
"""Model of a row of each section."""

SHEETS = {
    "experts": ("Experts", "专家估值"),
    "manual_cash": ("Cash", "现金流"),
    "overrides": ("Overrides", "个别调整"),
}
"""Names of the sheet of each section."""

CHINESE_HEADERS: dict[str, str] = {
    "scope": "范围",
    "id": "编号",
    "recovery_low": "回收低值",
    "recovery_base": "回收基准",
    "recovery_high": "回收高值",
    "recovery_unit": "回收单位",
    "months_low": "月数低值",
    "months_base": "月数基准",
    "months_high": "月数高值",
    "cost": "费用",
    "cost_unit": "费用单位",
    "route": "处置途径",
    "weight": "权重",
    "author": "估值人",
    "date": "日期",
    "note": "备注",
    "loan": "贷款编号",
    "month": "月份",
    "amount": "金额",
    "mode": "方式",
    "key": "参数",
    "value": "取值",
}
"""Chinese header of each column."""

CODES: Mapping[str, Mapping[str, str]] = {
    "scope": {"贷款": "loan", "借款人": "borrower", "押品": "item"},
    "recovery_unit": {"比例": "share", "金额": "amount"},
    "cost_unit": {"比例": "share", "金额": "amount"},
    "mode": {"替代": "replace", "追加": "add"},
    "route": {
        "自愿还款": "voluntary",
        "和解": "settlement",
        "分期": "installment",
        "履行判决": "performance",
        "扣划": "garnishment",
        "押品处置": "collateral",
        "其他财产": "deficiency",
        "保证人": "guarantor",
        "以物抵债": "in_kind",
        "转让": "sale",
        "残值": "residual",
        "破产": "insolvency",
    },
}
"""Chinese codes of the columns with fixed values."""
