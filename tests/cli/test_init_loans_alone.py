"""`npl-sim init` on a list of loans without collateral."""

from __future__ import annotations


def test_a_list_of_loans_without_collateral_becomes_a_study(tmp_path, command):
    bank = tmp_path / "cards.csv"
    rows = [f"C{i},B{i},credit_card,east,collection,{9000 + i},100,2025-03-01" for i in range(8)]
    heads = "loan_id,borrower_id,product,region,stage,principal,accrued_interest,default_date"
    bank.write_text("\n".join([heads, *rows]), encoding="utf-8")
    code, out, err = command("init", bank, "--base", "china_retail", "--out", tmp_path / "s")
    assert code == 0, err
    assert "Price as read" in out
    assert (tmp_path / "s" / "study.yaml").exists()
