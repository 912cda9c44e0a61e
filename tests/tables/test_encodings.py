"""Encodings are detected where beyond doubt; else the message names those to try."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import TableError
from tests.tables.conftest import Reader

CHINESE = "编号,客户,省份,状态\n" + "".join(
    f"{i:04d},王某{i},浙江省宁波市,正在执行\n" for i in range(40)
)
TAIWAN = "編號,客戶,縣市,狀態\n" + "".join(
    f"{i:04d},陳先生,臺北市中正區,執行中\n" for i in range(40)
)
KOREAN = "번호,채무자,지역\n" + "".join(f"{i:04d},홍길동,서울특별시\n" for i in range(40))
JAPANESE = "番号,債務者,地域\n" + "".join(f"{i:04d},やまだ,みなと区\n" for i in range(40))
ITALIAN = "codice;città;qualità\n" + "".join(f"{i:04d};Forlì;più\n" for i in range(40))


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gbk", "gb18030"],
)
@pytest.mark.parametrize("text", [CHINESE, "编号,数\n1,2\n"])
def test_chinese_text(read: Reader, encoding: str, text: str) -> None:
    raw = read(text.encode(encoding))
    assert raw.headers[0] == "编号" and raw.source.encoding


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [ITALIAN, KOREAN, "id,x\n1,2\n"])
def test_utf16_without_a_mark(read: Reader, encoding: str, text: str) -> None:
    assert (
        read(text.encode(encoding)).headers[0]
        == text[
            : min(text.find(","), text.find(";"))
            if ";" in text and "," in text
            else text.find(";" if ";" in text else ",")
        ]
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(TAIWAN, "big5"), (KOREAN, "euc_kr"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp")],
)
def test_other_east_asian_text_is_not_guessed(read: Reader, text: str, encoding: str) -> None:
    with pytest.raises(TableError, match="big5") as caught:
        read(text.encode(encoding))
    assert "cp1252" not in str(caught.value)
    assert read(text.encode(encoding), encoding=encoding).headers[0] == text.split(",")[0]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_western_text_is_not_guessed(read: Reader, encoding: str) -> None:
    with pytest.raises(TableError, match="line 1 is neither.*cp1252"):
        read(ITALIAN.encode(encoding))


def test_damaged_bytes_are_reported_with_their_line(read: Reader) -> None:
    data = CHINESE.encode()
    at = data.index("宁".encode(), 300)
    line = data[:at].count(b"\n") + 1
    with pytest.raises(TableError, match=rf"line {line} holds damaged bytes \(0xff\)") as caught:
        read(data[:at] + b"\xff" + data[at + 1 :])
    assert "cp1252" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_file_cut_in_the_middle_of_a_character(read: Reader, encoding: str) -> None:
    data = CHINESE.encode(encoding)
    with pytest.raises(TableError, match="middle of a character in line 41: it was cut"):
        read(data[: data.rindex("市".encode(encoding)) + 1])


def test_cut_utf16(read: Reader) -> None:
    with pytest.raises(TableError, match="UTF-16"):
        read(CHINESE.encode("utf-16")[:-1])


@pytest.mark.parametrize("name", ["zlib", "hex", "base64", "rot13", "bz2", "no-such"])
def test_an_encoding_of_no_text(read: Reader, name: str) -> None:
    with pytest.raises(TableError, match="encoding"):
        read("a,b\n1,2\n", encoding=name)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("utf-8-sig", "cp1252"),
        ("utf-16-le", "utf-8"),
        ("utf-16", "latin-1"),
        ("utf-16-le", "cp1252"),
    ],
)
def test_a_named_encoding_that_the_bytes_contradict(
    read: Reader, written: str, named: str
) -> None:
    with pytest.raises(TableError, match=f"not {named}; expected encoding: auto"):
        read(ITALIAN.encode(written), encoding=named)


@pytest.mark.parametrize("named", ["utf-8", "UTF8", "utf_8_sig"])
def test_a_mark_of_a_named_encoding_is_no_text(read: Reader, named: str) -> None:
    assert read(ITALIAN.encode("utf-8-sig"), encoding=named).headers[0] == "codice"


def test_few_chinese_texts_are_not_taken_for_korean(read: Reader) -> None:
    """These words use the lead bytes B0-C8 only, as Korean text does."""
    text = "id,x\n" + "1,不良\n2,本金\n3,借款\n" * 20
    assert read(text.encode("gbk")).frame[1][0] == "不良"


@pytest.mark.parametrize("text", ["이름,지역\n김철수,부산\n", "loan_id,region\n1,서울\n2,경기\n"])
def test_short_korean_text(read: Reader, text: str) -> None:
    with pytest.raises(TableError, match="euc_kr"):
        read(text.encode("euc_kr"))
