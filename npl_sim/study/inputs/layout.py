"""Layout of the workbook of inputs: its sheets and columns, in English and in Chinese."""

from __future__ import annotations

from dataclasses import dataclass

WORKBOOK = "inputs.xlsx"
"""Name of the workbook that `npl-sim init` writes."""

MARKER = "npl_sim inputs"
"""Category in the properties of the workbook, which tells it from results and banks' files."""

NOT_READ = ("-", "none", "not read", "不读取", "不读", "nessuna")
"""Answers by which a user says that a field is read from no header."""

AS_READ = ("as read", "confirm", "confirmed", "yes", "确认", "按读取", "confermo")
"""Answers by which a user confirms what was read."""


@dataclass(frozen=True)
class InputColumn:
    """One column of a sheet."""

    key: str
    """What the program calls it."""
    names: tuple[str, ...]
    """Headers that mean it: English, Chinese, others."""
    width: float = 16.0
    """Width. [characters]"""
    needed: bool = False
    """Whether the sheet cannot be read without it."""
    own: bool = False
    """Whether its cells belong to the user."""


@dataclass(frozen=True)
class InputSheet:
    """One sheet of the workbook."""

    key: str
    """What the program calls it."""
    names: tuple[str, ...]
    """Names of the sheet: English, Chinese, others."""
    columns: tuple[InputColumn, ...]
    """Its columns."""
    ids: tuple[str, ...]
    """Keys of the columns that name a row; empty: every row is the user's own."""

    @property
    def own(self) -> tuple[str, ...]:
        """Keys of the columns whose cells belong to the user."""
        return tuple(c.key for c in self.columns if c.own)


def _column(
    key: str, english: str, chinese: str, width: float = 16.0, **more: bool
) -> InputColumn:
    return InputColumn(key, (english, chinese), width, **more)


_TABLE = _column("table", "Table", "表", 11.0, needed=True)
_NOTE = _column("note", "Note", "备注", 30.0, own=True)

MAPPING = InputSheet(
    "mapping",
    ("Mapping", "字段对应"),
    (
        _TABLE,
        _column("field", "Field", "字段", 22.0, needed=True),
        _column("meaning", "Meaning", "含义", 34.0),
        _column("header", "Header in the file", "文件表头", 24.0),
        _column("unit", "Unit", "单位", 10.0),
        _column("filled", "Share filled", "填写比例", 10.0),
        _column("examples", "Examples", "示例", 30.0),
        _column("confidence", "Confidence", "置信度", 11.0),
        _column("reason", "Reason", "理由", 34.0),
        _column("choice", "Your header", "改用表头", 24.0, own=True, needed=True),
        _column("choice_unit", "Your unit", "改用单位", 11.0, own=True),
        _NOTE,
    ),
    ("table", "field"),
)
"""Fields of the tape with the headers that they are read from."""

CODES = InputSheet(
    "codes",
    ("Codes", "代码对应"),
    (
        _column("field", "Field", "字段", 18.0, needed=True),
        _column("code", "In the file", "文件中的值", 26.0, needed=True),
        _column("rows", "Rows", "行数", 9.0),
        _column("value", "Read as", "读作", 20.0),
        _column("remark", "Remark", "说明", 40.0),
        _column("choice", "Your value", "改读为", 20.0, own=True, needed=True),
        _NOTE,
    ),
    ("field", "code"),
)
"""Codes of the tape with the values that they are read as."""

ASSUMPTIONS = InputSheet(
    "assumptions",
    ("Assumptions", "假设"),
    (
        _column("section", "Section", "部分", 24.0),
        _column("name", "Assumption", "假设内容", 46.0),
        _column("value", "Value", "取值", 13.0, own=True, needed=True),
        _column("unit", "Unit", "单位", 18.0),
        _column("base", "Value of the base", "基准取值", 13.0, needed=True),
        _column("source", "Source", "来源", 34.0, own=True),
        _column("date", "Date", "日期", 11.0, own=True),
        _column("owner", "Owner", "负责人", 14.0, own=True),
        _NOTE,
        _column("base_origin", "Origin of the base's value", "基准来源", 50.0),
        _column("key", "Key", "键", 60.0, needed=True),
    ),
    ("key",),
)
"""Assumptions of the study that matter."""

QUESTIONS = InputSheet(
    "questions",
    ("Questions", "待定问题"),
    (
        _column("kind", "Kind", "类别", 12.0),
        _column("text", "Question", "问题", 60.0),
        _column("default", "As read", "目前读法", 30.0),
        _column("options", "Other options", "其他选项", 36.0),
        _column("rows", "Rows", "行数", 8.0),
        _column("gbv", "GBV", "债权总额", 14.0),
        _column("effect", "Effect on the price", "对价格的影响", 15.0),
        _column("se", "Standard error", "标准误", 13.0),
        _column("share", "Share of the price", "占价格比例", 10.0),
        _column("answer", "Answer", "回答", 24.0, own=True, needed=True),
        _NOTE,
        _column("id", "Id", "编号", 26.0, needed=True),
        _column("settings", "Settings of the answers", "回答对应的设置", 20.0),
    ),
    ("id",),
)
"""Open questions with their effect on the price."""

SHEETS = (QUESTIONS, MAPPING, CODES, ASSUMPTIONS)
"""Sheets that this part of the program writes and reads; estimates of experts have their own."""

MUST = "must answer"
"""Kind of a question that stops a run until it is answered."""

MISSING = "missing"
"""Kind of a row of `QUESTIONS` that says what a missing field or document is worth."""


def plain(text: str) -> str:
    """Return a header or the name of a sheet as it is compared: lower case, without spaces."""
    return "".join(text.split()).casefold()
