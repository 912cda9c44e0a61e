"""Contract files: what is read, what is refused and where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from npl_sim.channels.outcomes import outcomes_of_flows
from npl_sim.channels.result import measure
from npl_sim.channels.run import run_channel
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.core.errors import ChannelError, NplSimError, StudyError
from npl_sim.study.contract_file import channel_schema, load_contract
from npl_sim.study.loader import load_study
from tests.builders.contracts import certain, contract, layer, sample

ROOT = Path(__file__).parents[2]

GOOD = """\
name: a
price: {kind: share_of_value}
vehicles:
  - name: trust
    claims:
      - {kind: note, name: senior, share: 0.8, rate: 0.05, holder: fund}
      - {kind: residual, holder: bank, share: 0.2}
undertakings:
  - {kind: top_up, name: t, of: senior}
"""


def refused(folder, text):
    path = folder / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_contract(path)
    return caught.value.errors


def test_a_good_contract_is_read(tmp_path):
    path = tmp_path / "contract.yaml"
    path.write_text(GOOD, encoding="utf-8")
    terms = load_contract(path)
    assert terms.vehicles[0].claims[0].rate == 0.05 and terms.undertakings[0].of == "senior"


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        (
            "of: senior",
            "of: senoir",
            "contract.yaml:9:29: undertakings.0.of: got 'senoir', which is no note; did you mean "
            "'senior'",
        ),
        (
            "rate: 0.05",
            "rte: 0.05",
            "contract.yaml:6:48: vehicles.0.claims.0.rte: unknown key; did you mean 'rate'",
        ),
        (
            "share: 0.2",
            "share: 20%",
            'vehicles.0.claims.1.share: got "20%"; expected a number; write 0.2',
        ),
        ("share: 0.2", "share: 0.3", "shares of notes and residual sum to 1.1; expected 1"),
        (
            "holder: fund",
            "holder: tax",
            "vehicles.0.claims.0.holder: got 'tax'; expected bank, a later vehicle, "
            "or the name of "
            "an investor",
        ),
        ("holder: fund", "holder: trust", "which is not below 'trust'; expected a later vehicle"),
        ("holder: bank", "holder: bnak", "did you mean 'bank'"),
        ("kind: residual,", "kind: excess, name: x,", "claims end without a residual"),
        ("name: trust", "name: debtors", "expected another name"),
        ("kind: share_of_value", "kind: share_of_valu", "did you mean 'share_of_value'"),
        (
            "price: {kind: share_of_value}",
            "prise: {kind: share_of_value}",
            "unknown key; did you mean 'price'",
        ),
        ("kind: top_up", "kind: topup", "did you mean 'top_up'"),
    ],
)
def test_a_fault_is_reported_with_its_place(tmp_path, old, new, reported):
    assert old in GOOD
    assert reported in "\n".join(refused(tmp_path, GOOD.replace(old, new)))


def test_errors_across_terms_come_together(tmp_path):
    text = (
        GOOD
        + "  - {kind: guarantee, name: t, of: trsut}\nchannel_default: {of: turst, hazard: 0.1}\n"
    )
    found = "\n".join(refused(tmp_path, text))
    assert (
        "'t' a second time" in found
        and "did you mean 'trust'" in found
        and "channel_default.of" in found
    )


def test_a_layer_that_no_cash_reaches_is_refused():
    with pytest.raises(ValueError, match="holds no claim of an earlier vehicle"):
        contract(vehicles=[layer(), layer(name="plan")])


def test_two_swaps_and_late_terms_are_refused():
    swap = {"kind": "income_swap", "leg": {"kind": "fixed", "rate": 0.0}}
    with pytest.raises(ValueError, match="at most one"):
        contract(undertakings=[{**swap, "name": "a"}, {**swap, "name": "b"}])
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 60},
        "price": {"kind": "fixed", "amount": 1.0},
    }
    with pytest.raises(ChannelError, match="at.month: got 60; expected at most 2, the last month"):
        run_channel(contract(undertakings=[buy]), certain(0, 1, 2))


def test_what_needs_a_sample_is_refused_without_one():
    put = {
        "kind": "put",
        "name": "p",
        "months": [1],
        "strike": {"kind": "par"},
        "knowledge": "estimate",
    }
    with pytest.raises(ChannelError, match="expected a sample of at least 100"):
        run_channel(contract(undertakings=[put]), certain(0, 1, 2))
    with pytest.raises(ChannelError, match="expected at least 100"):
        run_channel(contract(channel_default={"of": "buyer", "hazard": 0.1}), certain(0, 1, 2))


def test_disclosed_terms_and_side_letter_in_one_file(tmp_path):
    path = tmp_path / "contract.yaml"
    disclosed = "disclosed:\n" + "".join(f"  {line}\n" for line in GOOD.splitlines())
    path.write_text(
        disclosed + "side_letter:\n  undertakings: []\n  price: {kind: amount, amount: 5}\n",
        encoding="utf-8",
    )
    terms = load_contract(path)
    side_letter = terms.with_side_letter()
    assert (
        side_letter.price.amount == 5
        and side_letter.undertakings == ()
        and side_letter.vehicles == terms.vehicles
    )
    assert (
        terms.disclosed().side_letter is None
        and terms.disclosed().undertakings == terms.undertakings
    )
    found = "\n".join(refused(tmp_path, disclosed.replace("of: senior", "of: snior")))
    assert "contract.yaml:10:31: undertakings.0.of: got 'snior'" in found
    assert "is beside disclosed" in refused(tmp_path, disclosed + "name: b\n")[0]
    found = "\n".join(
        refused(
            tmp_path,
            disclosed + "side_letter:\n  undertakings: [{kind: top_up, name: t, of: x}]\n",
        )
    )
    assert "side_letter.undertakings.0.of: with the side letter: got 'x'" in found


STUDY = "name: s\nvaluation_date: 2026-06-30\ntape: {loans: t.csv}\npolicies: [{name: p}]\n"


def test_a_study_names_its_contract_in_line_or_in_a_file(tmp_path):
    (tmp_path / "c.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "s.yaml").write_text(STUDY + "channel: c.yaml\n", encoding="utf-8")
    loaded = load_study(tmp_path / "s.yaml", {"channel.price.share": 0.5})
    assert loaded.study.channel.price.share == 0.5
    assert loaded.study.channel.vehicles == load_contract(tmp_path / "c.yaml").vehicles
    (tmp_path / "c.yaml").write_text(GOOD.replace("of: senior", "of: senio"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"c.yaml:9:29: channel.undertakings.0.of: got 'senio'"):
        load_study(tmp_path / "s.yaml")
    disclosed = "channel:\n  disclosed:\n" + "".join(f"    {line}\n" for line in GOOD.splitlines())
    (tmp_path / "s.yaml").write_text(STUDY + disclosed.replace("0.8", "0.7"), encoding="utf-8")
    with pytest.raises(
        StudyError,
        match=r"s.yaml:10:\d+: channel.vehicles.0: shares of notes and residual sum to 0.9",
    ):
        load_study(tmp_path / "s.yaml")


def test_the_schema_tells_every_term():
    terms = channel_schema()
    assert {"price", "vehicles", "undertakings", "servicing", "side_letter"} <= set(
        terms["properties"]
    )


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs" / "channel").glob("*.yaml")), ids=lambda p: p.name
)
def test_shipped_contracts_run(path):
    terms = load_contract(path)
    assert terms.sources, "says where its terms come from"
    result = measure(terms, sample(200, 60, costs=0.1, rate=0.1))
    share = result.whole.retained.share("mean absolute deviation").value
    least = {"clean_sale": -1e-9, "first_loss_guarantee": 0.0}.get(path.stem, 0.3)
    assert least <= share < 1.2
    if path.stem == "clean_sale":
        assert share == 0.0


def test_costs_that_come_out_as_a_refund_are_receipts():
    from tests.builders.cash import one_kind

    flows = one_kind(np.array([[0.0, 5.0, -3.0]]))
    package_cash = outcomes_of_flows(flows, 0.1)
    assert (package_cash.received >= 0.0).all() and (package_cash.costs >= 0.0).all()
    assert np.allclose(package_cash.net, flows.net)
    assert package_cash.face == flows.gbv


def test_errors_of_contracts_are_errors_of_the_user():
    assert issubclass(ChannelError, NplSimError)
    with pytest.raises(ValueError):
        ChannelContract.model_validate({"name": "a"})
