"""Overrides by loan, table files, refusals, fingerprints and masking of manual entries."""

from __future__ import annotations

from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest

from npl_sim.core.errors import NplSimError, StudyError
from npl_sim.engine.expert_records import expert_errors
from npl_sim.policy.expert_terms import EXPERT_COLUMNS, OVERRIDE_COLUMNS
from npl_sim.runs.study_session import load_study
from npl_sim.study.fingerprint import study_hash
from npl_sim.study.manual_headers import CHINESE_HEADERS
from tests.builders.packages import POLICY, package
from tests.experts.test_kernel import AT, estimate, values


def test_an_override_gives_the_loan_the_policy_with_that_term(tmp_path):
    changed = {**POLICY, "litigation": {**POLICY["litigation"], "after_months": 2}}
    overrides = [
        {"loan": "L000001", "key": "litigation.after_months", "value": 2, **AT},
        {"loan": "L000003", "key": "litigation.after_months", "value": 2, **AT},
    ]
    size = {"loans": 5, "scenarios": 64}
    plain = values(package(tmp_path / "a", **size))
    whole = values(package(tmp_path / "b", **size, policy=changed))
    session = package(tmp_path / "c", **size, overrides=overrides)
    own = values(session)
    assert len(session.study.policies) == 2  # one policy for both loans
    for name in plain.index:
        expected = whole if name in ("L000001", "L000003") else plain
        assert own.loc[name, "pv_mean"] == expected.loc[name, "pv_mean"]
    assert plain.loc["L000001", "pv_mean"] != whole.loc["L000001", "pv_mean"]


def test_an_override_that_changes_nothing_gives_the_old_bits(tmp_path):
    row = {"loan": "L000001", "key": "litigation.after_months", "value": 6, **AT}
    plain = package(tmp_path / "a", loans=4, scenarios=64).simulate()
    session = package(tmp_path / "b", loans=4, scenarios=64, overrides=[row])
    assert session.simulate().net.tobytes() == plain.net.tobytes()
    assert len(session.study.policies) == 1


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"overrides": [{"loan": "L9", "key": "residual_share", "value": 0, **AT}]}, '"L9"'),
        ({"overrides": [{"loan": "L000001", "key": "name", "value": "x", **AT}]}, 'key "name"'),
        (
            {"overrides": [{"loan": "L000001", "key": "residual_shar", "value": 0, **AT}]},
            "residual_shar",
        ),
        (
            {"overrides": [{"loan": "L000001", "key": "residual_share", "value": 2, **AT}]},
            "residual_share",
        ),
        ({"experts": [estimate("L9", 0.1, 3)]}, '"L9"'),
        ({"experts": [estimate("L000001", 0.1, 3)] * 2}, "has an estimate already"),
        (
            {"experts": [estimate("L000001", 0.1, 3), estimate("L000001", 0.1, 3,
                                                              scope="borrower")]},
            "has an estimate already",
        ),
        ({"experts": [estimate("L000001", (0.3, 0.2, 0.4), 3)]}, "low <= base <= high"),
        ({"experts": [estimate("L000001", 30.0, 3)]}, "recovery_unit: amount"),
        ({"experts": [estimate("L000001", 0.3, 3, weight=1.2)]}, "weight"),
        ({"manual_cash": [{"loan": "L9", "month": 1, "amount": 1.0, **AT}]}, '"L9"'),
        ({"manual_cash": [{"loan": "L000001", "month": 61, "amount": 1.0, **AT}]}, "horizon"),
        ({"manual_cash": [{"loan": "L000001", "month": 1, "amount": 0.0, **AT}]}, "got 0"),
        (
            {
                "manual_cash": [{"loan": "L000001", "month": 1, "amount": 1.0, **AT}],
                "experts": [estimate("L000001", 0.1, 3)],
            },
            "expected one of the two",
        ),
    ],
)  # fmt: skip
def test_bad_entries_are_refused(tmp_path, sections, expected):
    with pytest.raises(StudyError) as error:
        package(tmp_path, loans=3, scenarios=2, **sections).table
    assert expected in str(error.value)


def workbook(path, **sheets):
    """Write a workbook, one list of rows for each sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def cells(row, columns):
    return [row.get(name) for name in columns]


def test_sheets_are_read_as_rows_are(tmp_path):
    row = estimate("L000001", (0.1, 0.3, 0.6), (3.0, 9.0, 20.0), weight=0.5, note="site visit")
    change = {"loan": "L000002", "key": "residual_share", "value": 0.1, **AT}
    package(tmp_path, loans=3, scenarios=64)
    workbook(
        tmp_path / "inputs.xlsx",
        Readme=[["How to fill this in"]],
        Experts=[["Estimates"], list(EXPERT_COLUMNS), cells(row, EXPERT_COLUMNS)],
        个别调整=[
            [CHINESE_HEADERS[name] for name in OVERRIDE_COLUMNS],
            cells(change, OVERRIDE_COLUMNS),
        ],
    )
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    path = tmp_path / "from_sheets.yaml"
    path.write_text(
        text + "experts: {file: inputs.xlsx, sheet: Experts}\noverrides: {file: inputs.xlsx}\n",
        encoding="utf-8",
    )
    session = load_study(path)
    inline = package(tmp_path / "b", loans=3, scenarios=64, experts=[row], overrides=[change])
    assert session.study.experts == inline.study.experts
    assert session.simulate().net.tobytes() == inline.simulate().net.tobytes()
    assert study_hash(session.study) == study_hash(inline.study)


def test_a_bad_cell_names_file_row_and_column(tmp_path):
    package(tmp_path, loans=3, scenarios=2)
    row = estimate("L000001", 0.3, 9)
    workbook(
        tmp_path / "e.xlsx",
        Experts=[list(EXPERT_COLUMNS), cells({**row, "weight": 1.7}, EXPERT_COLUMNS)],
    )
    path = tmp_path / "study.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "experts: {file: e.xlsx}\n", "utf-8")
    with pytest.raises(StudyError, match=r"Experts.*row 2.*weight.*1\.7"):
        load_study(path)


def test_unknown_and_missing_headers_are_refused(tmp_path):
    package(tmp_path, loans=3, scenarios=2)
    path = tmp_path / "study.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "manual_cash: {file: c.csv}\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("loan,month,amount,author\nL000001,3,5,Lin\n", "utf-8")
    with pytest.raises(NplSimError, match="no header date"):
        load_study(path)
    (tmp_path / "c.csv").write_text("loan,month,sum,author,date\nL000001,3,5,Lin,2026-06-01\n")
    with pytest.raises(NplSimError, match='header "sum" is unknown'):
        load_study(path)


def test_the_fingerprint_includes_entries(tmp_path):
    hashes = {
        study_hash(package(tmp_path / str(n), loans=3, scenarios=2, **sections).study)
        for n, sections in enumerate(
            (
                {},
                {"experts": [estimate("L000001", 0.3, 9)]},
                {"experts": [estimate("L000001", 0.3, 9, weight=0.5)]},
                {"manual_cash": [{"loan": "L000001", "month": 1, "amount": 1.0, **AT}]},
            )
        )
    }
    assert len(hashes) == 4


def test_masking_changes_no_number_and_names_nobody(tmp_path):
    sections = {
        "experts": [estimate("L000001", (0.1, 0.3, 0.6), 9, weight=0.5, note="see L000001")],
        "manual_cash": [{"loan": "L000000", "month": 1, "amount": 9.0, **AT}],
        "overrides": [{"loan": "L000002", "key": "residual_share", "value": 0.1, **AT}],
    }
    plain = package(tmp_path, loans=3, scenarios=64, **sections)
    masked = load_study(tmp_path / "study.yaml", mask=True)
    assert masked.simulate().net.tobytes() == plain.simulate().net.tobytes()
    text = masked.study.model_dump_json()
    assert "L00000" not in text and "Lin" not in text


def test_the_workbook_of_inputs_may_hold_the_sheets(tmp_path):
    from npl_sim.study.manual_entries import fill_entries
    from npl_sim.study.yaml_places import Source

    first, second = estimate("L000001", 0.3, 9.0), estimate("L000002", 0.2, 9.0)
    workbook(
        tmp_path / "inputs.xlsx",
        Assumptions=[["Key", "Value"], ["a", 1]],
        专家估值=[
            [CHINESE_HEADERS[name] for name in EXPERT_COLUMNS],
            cells(second, EXPERT_COLUMNS),
        ],
        Cash=[["loan", "month", "amount", "author", "date"]],
    )
    data = {"inputs": "inputs.xlsx", "experts": [first]}
    assert fill_entries(data, tmp_path, Source()) == []
    assert [row["id"] for row in data["experts"]["rows"]] == ["L000001", "L000002"]
    assert "manual_cash" not in data


def test_chinese_codes_and_percentages_are_read(tmp_path):
    from npl_sim.study.manual_tables import manual_rows

    path = tmp_path / "e.csv"
    path.write_text(
        "范围,编号,回收低值,回收基准,回收高值,回收单位,月数低值,月数基准,月数高值,"
        "处置途径,权重,估值人,日期\n"
        '借款人,0012,"1,000","2,500.5",3000,金额,3,6,12,押品处置,70%,林,2026/06/01\n',
        encoding="utf-8",
    )
    ((place, row),) = manual_rows("experts", path)
    assert "e.csv" in place and place.endswith("row 2")
    expected = {"scope": "borrower", "id": "0012", "recovery_low": 1000.0, "weight": 0.7,
                "recovery_base": 2500.5, "recovery_unit": "amount", "route": "collateral",
                "date": "2026-06-01", "author": "林"}  # fmt: skip
    assert {key: row[key] for key in expected} == expected


def test_a_policy_may_name_its_loans(tmp_path):
    """It comes before the others, and an override of such a loan changes this policy."""
    quick = {**POLICY, "litigation": {**POLICY["litigation"], "after_months": 1}}
    named = {**quick, "applies_to": {"loans": ["L000001", "L000002"]}}
    override = {"loan": "L000002", "key": "litigation.after_months", "value": 9, **AT}
    size = {"loans": 4, "scenarios": 64}
    plain = values(package(tmp_path / "a", **size))
    whole = values(package(tmp_path / "b", **size, policy=quick))
    late = {**POLICY, "litigation": {**POLICY["litigation"], "after_months": 9}}
    last = values(package(tmp_path / "c", **size, policy=late))
    session = package(tmp_path / "d", **size, policy=[POLICY, named], overrides=[override])
    assert not [line for line in session.warnings if "can never apply" in line]
    own = values(session)
    for name, expected in (("L000000", plain), ("L000001", whole), ("L000002", last)):
        assert own.loc[name, "pv_mean"] == expected.loc[name, "pv_mean"]
    masked = load_study(tmp_path / "d" / "study.yaml", mask=True)
    assert masked.simulate().net.tobytes() == session.simulate().net.tobytes()
    assert "L00000" not in masked.study.model_dump_json()


def test_a_stopped_run_goes_on_with_its_estimates(tmp_path):
    """A checkpoint with other estimates is refused; the same run gives the same bits."""
    from npl_sim.core.errors import WorkFolderError
    from npl_sim.engine.simulate import simulate

    def session(name, weight):
        row = estimate("L000001", (0.1, 0.3, 0.6), (3, 9, 20), weight=weight)
        return package(tmp_path / name, loans=3, scenarios=200, experts=[row])

    one, other = session("a", 0.5), session("b", 0.6)
    few = one.study.model_copy(
        update={"simulation": one.study.simulation.model_copy(update={"scenarios": 128})}
    )
    simulate(few, one.table, work=tmp_path / "work")
    again = simulate(one.study, one.table, work=tmp_path / "work")
    assert again.net.tobytes() == one.simulate().net.tobytes()
    with pytest.raises(WorkFolderError, match="experts"):
        simulate(other.study, other.table, work=tmp_path / "work")


@pytest.mark.parametrize(
    ("given", "expected"), [("2", 'did you mean "000000000002"?'), ("3", "the id of a loan")]
)
def test_an_id_without_its_zeros_is_hinted_at(given, expected):
    names = ["000000000002", "0003", "00003"]
    loans = pd.DataFrame({"loan_id": names, "borrower_id": names})
    items = pd.DataFrame(columns=["loan_id", "lien_rank", "collateral_id"])
    row = SimpleNamespace(scope="loan", id=given)
    study = SimpleNamespace(
        experts=SimpleNamespace(rows=[row]),
        manual_cash=SimpleNamespace(rows=[]),
    )
    table = SimpleNamespace(loans=loans, collateral=items)
    (error,) = expert_errors(study, table)
    assert error.endswith(expected)
