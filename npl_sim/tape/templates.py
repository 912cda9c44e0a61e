"""Known headers and codes of tapes: English, Chinese, Italian, and the EBA templates of 2023.

A header is compared without case, spaces, underscores and a unit in brackets, so that
``本金余额（万元）`` and ``Principal Balance`` are both found. A code is compared without case.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

from npl_sim.tape.schema import TAPE_STAGES, Role
from npl_sim.tape.units import without_unit

ALIASES: dict[Role, dict[str, tuple[str, ...]]] = {
    "loans": {
        "loan_id": (
            *("loan_identifier", "loan number", "loan no", "account number", "account no"),
            *("contract number", "contract no", "contract id", "合同号", "合同编号"),
            *("贷款合同号", "借据号", "借据编号", "贷款编号", "账号", "资产编号"),
            *("id rapporto", "numero rapporto", "contract_identifier"),
        ),
        "borrower_id": (
            *("counterparty_identifier", "customer id", "customer number", "client id"),
            *("debtor id", "客户号", "客户编号", "客户代码", "借款人编号", "债务人编号", "ndg"),
        ),
        "product": (
            "product_type",
            "loan type",
            "产品",
            "产品类型",
            "贷款种类",
            "业务品种",
            "贷款品种",
            "forma tecnica",
        ),
        "segment": ("asset_class", "客群", "客户类型", "分组"),
        "region": (
            "province",
            "regione",
            "地区",
            "省份",
            "所在地",
            "所在地区",
            "所属地区",
            "区域",
        ),
        "principal": (
            *("principal_balance", "outstanding principal", "principal outstanding"),
            *("本金", "本金余额", "剩余本金", "贷款余额", "未偿本金", "capitale residuo"),
        ),
        "accrued_interest": (
            *("accrued_interest_balance", "accrued_interest_balance_on_book", "interest"),
            *(
                "interest balance",
                "利息",
                "利息余额",
                "欠息",
                "应收利息",
                "未偿利息",
                "利息及罚息",
            ),
        ),
        "fees": (
            *("other_balances", "fee", "other fees", "费用", "费用余额", "其他费用", "其他债权"),
            *("代垫费用", "垫付费用", "advanced costs", "spese legali"),
        ),
        "gbv": (
            *("gross book value", "total claim", "total exposure", "债权总额", "本息合计"),
            *("本息费合计", "未偿本息", "未偿债权总额", "债权合计", "valore lordo"),
        ),
        "contract_rate": (
            *("current_interest_rate", "interest rate", "rate", "利率", "合同利率", "执行利率"),
            *("年利率", "tasso"),
        ),
        "penalty_rate": ("default rate of interest", "罚息利率", "逾期利率"),
        "default_date": (
            "date_of_default",
            "违约日",
            "违约日期",
            "逾期日期",
            "逾期起始日",
            *("不良日期", "data passaggio a sofferenza", "data sofferenza"),
        ),
        "days_past_due": (
            *("days_in_pastdue", "dpd", "overdue days", "days overdue", "逾期天数"),
            "当前逾期天数",
        ),
        "age_months": ("months since default", "逾期月数", "违约月数"),
        "maturity_date": (
            *(
                "maturity",
                "date_of_maturity",
                "last due date",
                "final maturity",
                "final maturity date",
            ),
            *(
                "due date of the last instalment",
                "到期日",
                "到期日期",
                "贷款到期日",
                "合同到期日",
                "借款到期日",
            ),
            *("最后一期到期日", "data scadenza", "scadenza finale", "data scadenza finale"),
            "scadenza ultima rata",
        ),
        "acceleration_date": (
            *(
                "date of acceleration",
                "date declared due",
                "提前到期日",
                "提前到期日期",
                "加速到期日",
            ),
            *(
                "宣布提前到期日",
                "宣布提前到期日期",
                "data decadenza dal termine",
                "decadenza dal termine",
            ),
        ),
        "last_interruption_date": (
            *("last demand date", "limitation start date", "最近催收日", "最近催收日期"),
            *(
                "最后催收日期",
                "诉讼时效中断日",
                "诉讼时效中断日期",
                "时效起算日",
                "ultimo atto interruttivo",
            ),
        ),
        "limitation_left_months": ("剩余诉讼时效月数", "剩余时效月数"),
        "five_class": ("classification", "five class", "五级分类", "风险分类"),
        "stage": (
            "status",
            "legal stage",
            "stato procedura",
            "litigation status",
            "诉讼状态",
            "司法状态",
            "处置阶段",
        ),
        "stage_date": ("stage start date", "阶段日期", "状态日期"),
        "filing_date": (
            "docketing date",
            "立案日期",
            "立案时间",
            "起诉日期",
            "data iscrizione a ruolo",
        ),
        "judgment_date": (
            *(
                "effective date of judgment",
                "判决日期",
                "判决生效日期",
                "生效日期",
                "data sentenza",
            ),
            "data esecutività",
        ),
        "enforcement_date": (
            *("enforcement application date", "申请执行日期", "执行申请日期", "执行立案日期"),
            "data pignoramento",
        ),
        "pause_date": (
            "date of termination of enforcement",
            "终本日期",
            "终本裁定日期",
            "终结本次执行日期",
        ),
        "procedure_date": ("data inizio procedura", "procedure start date"),
        "currency": ("loan_currency", "currency code", "币种", "货币", "valuta", "divisa"),
        "arbitration_clause": ("arbitration", "仲裁条款", "是否有仲裁条款"),
        "documents_missing": ("missing documents", "资料缺失", "档案缺失"),
        "group_id": ("group", "group_of_connected_clients", "集团编号", "关联集团"),
        "joint_debtors": ("number_of_joint_counterparties", "共同借款人数"),
        "monthly_capacity": ("repayment capacity", "月还款能力"),
        "responsiveness": ("cooperation score", "配合度", "还款意愿系数"),
    },
    "collateral": {
        "collateral_id": (
            *("protection_identifier", "collateral number", "collateral no", "抵押物编号"),
            *("押品编号", "担保物编号", "抵质押物编号", "id immobile"),
        ),
        "loan_id": (
            *("loan_identifier", "loan number", "loan no", "contract number", "contract no"),
            *("合同号", "合同编号", "贷款合同号", "借据号", "借据编号", "贷款编号", "资产编号"),
            *("id rapporto", "numero rapporto", "contract_identifier"),
        ),
        "kind": (
            *("type_of_property", "collateral_type", "collateral kind", "抵押物", "抵押物类型"),
            *("抵押物种类", "押品类型", "担保物类型", "抵质押物类型", "tipologia immobile"),
        ),
        "region": (
            *("property_country", "collateral region", "抵押物地区", "抵押物所在地", "押品所在地"),
            "抵押物所在城市",
        ),
        "appraisal_value": (
            *("latest_valuation_amount", "collateral value", "appraised value", "valuation"),
            *("评估价值", "评估值", "评估价", "抵押物价值", "抵押物评估价值", "押品价值"),
            "valore di perizia",
        ),
        "appraisal_date": (
            *("date_of_latest_valuation", "valuation date", "评估日", "评估日期", "评估基准日"),
            *("抵押物评估日期", "data perizia"),
        ),
        "prior_liens": (
            "higher_ranking_loan",
            "prior claims",
            "在先债权",
            "优先债权",
            *("先顺位债权", "在先债权金额", "优先债权金额", "ipoteche precedenti"),
        ),
        "lien_rank": ("lien_position", "rank", "抵押顺位", "抵押顺序", "顺位", "grado ipoteca"),
        "secured_cap": (
            *(
                "mortgage_amount",
                "maximum secured",
                "最高额",
                "抵押金额",
                "担保金额",
                "最高债权额",
            ),
            *("最高额抵押担保金额", "最高额担保金额", "importo ipoteca"),
        ),
        "seized_by": ("seizure", "查封情况", "查封法院", "首封法院", "查封单位", "首封情况"),
        "currency": (
            "currency_of_property",
            "currency_of_collateral",
            "currency code",
            "币种",
            "货币",
            "valuta",
        ),
    },
    "guarantors": {
        "guarantor_id": ("protection_identifier", "guarantor", "保证人", "保证人编号", "担保人"),
        "loan_id": (
            *("loan_identifier", "loan number", "loan no", "contract number", "contract no"),
            *("合同号", "合同编号", "贷款合同号", "借据号", "借据编号", "贷款编号", "资产编号"),
            *("id rapporto", "numero rapporto", "contract_identifier"),
        ),
        "cap": ("guarantee_amount", "maximum amount", "保证金额", "担保金额", "保证限额"),
        "guarantee_end": (
            *(
                "guarantee expiry",
                "guarantee expiry date",
                "guarantee end date",
                "guarantee period end",
            ),
            *(
                "maturity_date_of_the_protection",
                "保证期间",
                "保证期间届满日",
                "保证期间到期日",
                "保证到期日",
            ),
            *("担保到期日", "scadenza garanzia", "data scadenza garanzia"),
        ),
        "currency": ("currency_of_protection", "currency code", "币种", "货币", "valuta"),
    },
}
"""Canonical column to the headers that also match it, beside its own name."""

STAGES = MappingProxyType(
    {
        **{stage: stage for stage in TAPE_STAGES},
        **dict.fromkeys(("pre-legal", "未诉", "未诉讼", "催收", "催收中"), "collection"),
        **dict.fromkeys(
            ("filed", "suit", "已诉", "已起诉", "已立案", "诉讼中", "审理中"), "litigation"
        ),
        **dict.fromkeys(("judgment", "已判决", "已判", "判决", "判决生效"), "judged"),
        **dict.fromkeys(("in enforcement", "执行", "执行中", "已执行", "申请执行"), "enforcement"),
        **dict.fromkeys(("restructured", "重组", "已重组", "债务重组", "分期"), "plan"),
        **dict.fromkeys(("closed for want of assets", "终本", "终结本次执行"), "dormant"),
    }
)
"""Code of a stage to its canonical name."""

FLAGS = MappingProxyType(
    {
        **dict.fromkeys(("true", "t", "yes", "y", "1", "是", "有"), True),
        **dict.fromkeys(("false", "f", "no", "n", "0", "否", "无"), False),
    }
)
"""Code of a truth value."""

NAME_CODES: dict[str, dict[str, str]] = {
    "product": {
        **dict.fromkeys(("信用卡", "信用卡透支", "creditcard"), "credit_card"),
        **dict.fromkeys(("消费贷", "消费贷款", "个人消费贷款", "consumer loan"), "consumer"),
        **dict.fromkeys(("小微", "小微企业贷款", "个人经营贷款", "经营贷", "普惠"), "sme"),
        **dict.fromkeys(("住房按揭", "按揭", "按揭贷款", "个人住房贷款", "住房贷款"), "mortgage"),
        **dict.fromkeys(("对公", "对公贷款", "公司贷款", "企业贷款"), "corporate"),
    },
    "kind": {
        **dict.fromkeys(("住宅", "住房", "居住用房", "房产", "别墅"), "residential"),
        **dict.fromkeys(("商铺", "商业", "商业用房", "写字楼", "办公"), "commercial"),
        **dict.fromkeys(("工业", "厂房", "工业厂房"), "industrial"),
        **dict.fromkeys(("土地", "土地使用权"), "land"),
        **dict.fromkeys(("车辆", "汽车", "机动车"), "vehicle"),
        **dict.fromkeys(("设备", "机器设备"), "equipment"),
    },
    "five_class": {
        **dict.fromkeys(("正常", "正常类"), "normal"),
        **dict.fromkeys(("关注", "关注类"), "special_mention"),
        **dict.fromkeys(("次级", "次级类"), "substandard"),
        **dict.fromkeys(("可疑", "可疑类"), "doubtful"),
        **dict.fromkeys(("损失", "损失类"), "loss"),
    },
}
"""Codes of free-text columns that have a customary canonical name."""

NUMBER_CODES: dict[str, dict[str, str]] = {
    "lien_rank": {
        **dict.fromkeys(
            (
                "第一顺位",
                "第1顺位",
                "一顺位",
                "首位",
                "首押",
                "第一",
                "一押",
                "首次抵押",
                "1st",
                "first",
                "primo",
            ),
            "1",
        ),
        **dict.fromkeys(
            (
                "i grado",
                "1° grado",
                "primo grado",
                "erstrangig",
                "first rank",
                "first lien",
                "senior",
            ),
            "1",
        ),
        **dict.fromkeys(
            (
                "第二顺位",
                "第2顺位",
                "二顺位",
                "二押",
                "第二",
                "二次抵押",
                "2nd",
                "second",
                "secondo",
            ),
            "2",
        ),
        **dict.fromkeys(
            ("ii grado", "2° grado", "secondo grado", "second rank", "second lien"), "2"
        ),
        **dict.fromkeys(
            (
                "第三顺位",
                "第3顺位",
                "三顺位",
                "三押",
                "第三",
                "3rd",
                "third",
                "terzo",
                "iii grado",
            ),
            "3",
        ),
        **dict.fromkeys(
            ("一", "一抵", "第一抵押", "第一顺位抵押", "第一顺位抵押权", "首位抵押"), "1"
        ),
        **dict.fromkeys(("二", "二抵", "第二抵押", "第二顺位抵押", "第二顺位抵押权"), "2"),
        **dict.fromkeys(("三", "三抵", "第三抵押", "第三顺位抵押", "第三顺位抵押权"), "3"),
        **dict.fromkeys(("3° grado", "terzo grado", "third rank"), "3"),
    }
}
"""Codes of number columns that are customarily written in words."""


def _plain(header: str) -> str:
    return unicodedata.normalize("NFKC", header).strip().casefold()


def header_key(header: str) -> str:
    """Return the common key of all spellings of a header."""
    return re.sub(r"[\s_\-\u200b\ufeff]+", "", without_unit(_plain(header)))
