"""Reference implementation of one scenario of a channel contract, from docs/channel.md alone.

It takes the terms as plain data (``model_dump``) and the cash of one scenario. It also takes what
depends on all scenarios: the price, the plan, and the estimates of the value left. It returns the
cash of each party by month.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tests.channel.naive_undertakings import Undertakings


@dataclass
class Scenario:
    """A contract and one scenario, with what depends on all scenarios."""

    terms: dict
    received: list
    costs: list
    price: float
    face: float
    plan: list
    left: dict
    """Estimates of the value left, by knowledge."""
    factors: list
    """Discount factors by month."""
    default_month: int | None = None


class Naive(Undertakings):
    def __init__(self, given):
        self.w, self.received, self.costs = given.terms, given.received, given.costs
        self.P, self.F, self.plan, self.left = given.price, given.face, given.plan, given.left
        self.d, self.M = given.factors, len(given.received) - 1
        self.tau = given.default_month
        self.n = [a - b for a, b in zip(given.received, given.costs)]
        self.cash = defaultdict(lambda: [0.0] * (self.M + 1))
        self.names = [layer["name"] for layer in given.terms["vehicles"]]
        self.A = dict.fromkeys(self.names, 0.0)
        self.flow_in = dict.fromkeys(self.names, 0.0)  # since the last distribution
        self.gain = dict.fromkeys(self.names, 0.0)
        self.taxed = dict.fromkeys(self.names, 0.0)
        self.fee_owed = dict.fromkeys(self.names, 0.0)
        self.open_months = dict.fromkeys(self.names, 0)
        self.last = dict.fromkeys(self.names, 0)
        self.B, self.I, self.D = {}, {}, {}
        self.own, self.o, self.x = 1.0, [], []
        self.adv = self.S = self.pool = self.posted = 0.0
        self.done, self.topped = set(), defaultdict(float)
        self.calls = [0.0] * (self.M + 1)

    # -- cash
    def move(self, payer, payee, amount, m):
        self.cash[payer][m] -= amount
        self.cash[payee][m] += amount

    def to_layer(self, name, amount, m):
        """The bank pays into an account."""
        self.move("bank", name, amount, m)
        self.calls[m] += amount
        self.A[name] += amount
        self.gain[name] += amount

    def from_layer(self, name, payee, amount, m):
        """A layer pays the holder of a claim, or the bank under the swap."""
        self.A[name] -= amount
        arrives = amount
        if self.hit(name, m):
            arrives = self.w["channel_default"]["recovery"] * amount
        self.move(name, payee, arrives, m)
        self.move(name, "channel", amount - arrives, m)
        self.got(payee, arrives)

    def got(self, payee, amount):
        if payee in self.names:
            self.A[payee] += amount
            self.flow_in[payee] += amount
            self.gain[payee] += amount

    def hit(self, name, m):
        terms = self.w["channel_default"]
        return terms is not None and self.tau is not None and terms["of"] == name and m >= self.tau

    # -- the whole
    def run(self):
        self.closing()
        for m in range(self.M + 1):
            if m > 0:
                self.rights(m)
                self.see_who_is_open()
            self.o.append(self.own)
            self.package(m)
            self.swap(m)
            self.guarantees(m)
            for layer in self.w["vehicles"]:
                if m == self.M or (m > 0 and m % layer["pay_every"] == 0):
                    self.distribute(layer, m)
            if m == self.M:
                self.move(self.ultimate(), "servicer", self.adv, m)
        return self.cash

    def closing(self):
        first = self.w["vehicles"][0]
        deferred = {
            c["name"]: c["share"] * self.P
            for c in first["claims"]
            if c["kind"] == "deferred_price"
        }
        self.D[first["name"]] = deferred
        upfront = self.P - sum(deferred.values())
        self.N = {}
        for i, layer in enumerate(self.w["vehicles"]):
            need = upfront if i == 0 else 0.0
            for above in self.w["vehicles"][:i]:
                for c in above["claims"]:
                    if c["kind"] in ("note", "residual") and c["holder"] == layer["name"]:
                        need += c["share"] * self.N[above["name"]]
            need += layer["fee"]["upfront"]
            self.N[layer["name"]] = need
            self.D.setdefault(layer["name"], {})
            for c in layer["claims"]:
                if c["kind"] in ("note", "residual"):
                    self.move(c["holder"], layer["name"], c["share"] * need, 0)
                if c["kind"] == "note":
                    self.B[layer["name"], c["name"]] = c["share"] * need
                    self.I[layer["name"], c["name"]] = 0.0
            self.move(layer["name"], "channel", layer["fee"]["upfront"], 0)
        self.move(first["name"], "bank", upfront, 0)
        s = self.the_swap()
        if s:
            self.posted = s["collateral"]["initial"] * s["notional"] * self.P
            self.move("bank", "collateral", self.posted, 0)
            self.calls[0] += self.posted

    def ultimate(self):
        name = self.names[0]
        while name in self.names:
            layer = self.w["vehicles"][self.names.index(name)]
            name = layer["claims"][-1]["holder"]
        return name

    def see_who_is_open(self):
        opened = {}
        for i, layer in enumerate(self.w["vehicles"]):
            if i == 0:
                opened[layer["name"]] = self.own > 0
            else:
                opened[layer["name"]] = any(
                    opened[up["name"]]
                    for up in self.w["vehicles"][:i]
                    if any(c.get("holder") == layer["name"] for c in up["claims"])
                )
            self.open_months[layer["name"]] += opened[layer["name"]]

    # -- 1: rights
    def K(self, price, m):
        collected = sum(self.x[:m])
        kind = price["kind"]
        if kind == "fixed":
            k = price["amount"]
        elif kind == "plus_carry":
            g = 1 + price["carry"]
            k = self.P * g ** (m / 12)
            if price["deduct_collections"]:
                k -= sum(self.x[j] * g ** ((m - j) / 12) for j in range(m))
        elif kind == "par":
            k = price["share"] * self.F - collected
        elif kind == "fair_value":
            k = price["share"] * self.L(price["knowledge"], m)
        else:
            k = price["constant"] + price["of_price"] * self.P * (1 + price["carry"]) ** (m / 12)
            k += price["of_face"] * self.F - price["of_collections"] * collected
            if price["of_value"]:
                k += price["of_value"] * self.L(price["knowledge"], m)
        k = max(k, price["floor"])
        return k if price["cap"] is None else min(k, price["cap"])

    def L(self, knowledge, m):
        return self.own * self.left[knowledge][m]

    def rights(self, m):
        for u in self.w["undertakings"]:
            if u["name"] in self.done or self.own == 0:
                continue
            if u["kind"] == "repurchase":
                at, price = u["at"], u["price"]
                if at["kind"] == "month":
                    due = m == at["month"]
                else:
                    last = self.M if at["last_test"] is None else at["last_test"]
                    due = m in range(at["first_test"], last + 1, at["every"])
                    due = due and sum(self.n[:m]) < at["below"] * self.plan[m - 1]
            elif u["kind"] in ("call", "put"):
                price = u["strike"]
                due = m in u["months"]
                if due:
                    k, value = self.K(price, m), self.L(u["knowledge"], m)
                    due = k < value if u["kind"] == "call" else k > value
            else:
                continue
            if due:
                self.to_layer(self.names[0], u["share"] * self.K(price, m), m)
                self.own = 0.0 if u["share"] == 1 else self.own - self.own * u["share"]
                self.done.add(u["name"])

    # -- 2, 3: cash of the package, servicing
    def package(self, m):
        first, s = self.names[0], self.w["servicing"]
        got, spent = self.own * self.received[m], self.own * self.costs[m]
        self.move("debtors", "bank", (1 - self.own) * self.received[m], m)
        self.move("bank", "workout", (1 - self.own) * self.costs[m], m)
        self.move("bank", "servicer", s["fair_share"] * (1 - self.own) * self.received[m], m)
        self.move("debtors", first, got, m)
        self.move("servicer", "workout", spent, m)
        self.adv += spent
        self.A[first] += got
        back = min(max(self.A[first], 0), self.adv)
        self.move(first, "servicer", back, m)
        self.A[first] -= back
        self.adv -= back
        hurdle = s["hurdle_of_price"] * self.P
        fee = s["share"] * got + s["excess_share"] * (
            max(0, self.S + got - hurdle) - max(0, self.S - hurdle)
        )
        if m >= 1:
            fee += self.own * s["fixed_monthly"]
        self.S += got
        fee = min(fee, max(self.A[first], 0))
        fair = min(fee, s["fair_share"] * got)
        self.move(first, "servicer", fair, m)
        self.move(first, s["by"], fee - fair, m)
        self.A[first] -= fee
        self.x.append(got - back - fee)
        self.flow_in[first] += self.x[m]
        self.gain[first] += self.x[m]

    # -- 6: distribution
    def distribute(self, layer, m):
        name = layer["name"]
        k = m - self.last[name]
        kept = 0.0
        s = self.the_swap()
        if s and name == self.names[0] and self.own > 0 and m < self.swap_dates()[-1]:
            kept = s["pass_back"] * max(self.pool, 0)
        free = max(self.A[name] - kept, 0)

        def out(payee, owed, plain=False):
            nonlocal free
            amount = min(owed, free)
            free -= amount
            if plain:
                self.A[name] -= amount
                self.move(name, payee, amount, m)
            else:
                self.from_layer(name, payee, amount, m)
            return amount

        if layer["tax"] is not None:
            rate = layer["tax"]["rate"]
            if layer["tax"]["on"] == "receipts":
                out("tax", rate * max(0, self.flow_in[name]), plain=True)
            else:
                profit = max(0, self.gain[name] - self.N[name])
                out("tax", rate * max(0, profit - self.taxed[name]), plain=True)
                self.taxed[name] = max(profit, self.taxed[name])
        self.fee_owed[name] += (
            layer["fee"]["per_year"] * self.N[name] / 12 * self.open_months[name]
        )
        self.fee_owed[name] -= out("channel", self.fee_owed[name], plain=True)
        for c in layer["claims"]:
            key = (name, c["name"])
            if c["kind"] == "note":
                self.I[key] += (self.B[key] + self.I[key]) * c["rate"] * k / 12
                self.I[key] -= out(c["holder"], self.I[key])
                due = m >= (self.M if c["maturity"] is None else min(c["maturity"], self.M))
                if due or c["principal"] == "pass_through":
                    self.B[key] -= out(c["holder"], self.B[key])
                for u in self.w["undertakings"]:
                    if u["kind"] == "top_up" and u["of"] == c["name"]:
                        self.top_up(u, key, c["holder"], due, m)
            elif c["kind"] == "deferred_price":
                if m >= c["month"]:
                    self.D[name][c["name"]] -= out("bank", self.D[name][c["name"]])
            else:
                owing = [v for d in (self.B, self.I) for key, v in d.items() if key[0] == name]
                owing += list(self.D[name].values())
                if m == self.M or all(v <= 0 for v in owing):
                    out(c["holder"], free * (c["share"] if c["kind"] == "excess" else 1))
        self.flow_in[name] = 0.0
        self.open_months[name] = 0
        self.last[name] = m
