"""Income swap, guarantees and top-ups of the reference implementation (docs/channel.md)."""

from __future__ import annotations


class Undertakings:
    """Part of `tests.channel.naive.Naive`."""

    def the_swap(self):
        return next((u for u in self.w["undertakings"] if u["kind"] == "income_swap"), None)

    def swap_dates(self):
        s = self.the_swap()
        last = self.M if s["last_month"] is None else s["last_month"]
        return sorted(set(range(s["first_month"], last + 1, s["every"])) | {last})

    def swap(self, m):
        s = self.the_swap()
        if not s:
            return
        dates, first = self.swap_dates(), self.names[0]
        if m <= dates[-1]:
            self.pool += self.x[m]
        if m not in dates:
            return
        U = s["notional"] * self.P
        C = s["pass_back"] * max(self.pool, 0)
        self.pool = min(self.pool, 0)
        start = max([0] + [t for t in dates if t < m])
        leg = s["leg"]
        if leg["kind"] == "fixed":
            rate = leg["rate"]
        else:
            rate = max(
                leg["floor"],
                [p["rate"] for p in leg["index"] if p["month"] <= start][-1] + leg["spread"],
            )
        G = rate * U * (m - start) / 12
        if self.own > 0:
            if s["netting"]:
                C, G = max(C - G, 0), max(G - C, 0)
            self.to_layer(first, G, m)
            self.swap_out(C, m)
            if m == dates[-1]:
                if s["final"] == "physical":
                    self.to_layer(first, U, m)
                    self.own = 0.0
                elif s["final"] == "cash":
                    later = self.L(s["knowledge"], m + 1) * (
                        self.d[m + 1] / self.d[m] if m < self.M else 0
                    )
                    if U > later:
                        self.to_layer(first, U - later, m)
                    else:
                        self.swap_out(later - U, m)
            else:
                c = s["collateral"]
                target = c["initial"] * U + c["variation"] * max(
                    0, (1 - c["threshold"]) * self.plan[m] - sum(self.n[: m + 1])
                )
                if target > self.posted:
                    self.move("bank", "collateral", target - self.posted, m)
                    self.calls[m] += target - self.posted
                    self.posted = target
                else:
                    self.give_back(self.posted - target, m)
        if m == dates[-1]:
            self.give_back(self.posted, m)

    def swap_out(self, amount, m):
        first = self.names[0]
        amount = min(amount, max(self.A[first], 0))
        self.from_layer(first, "bank", amount, m)
        self.gain[first] -= amount

    def give_back(self, amount, m):
        arrives = amount
        if self.hit(self.names[0], m):
            arrives = self.w["channel_default"]["recovery"] * amount
        self.move("collateral", "bank", arrives, m)
        self.move("collateral", "channel", amount - arrives, m)
        self.posted -= amount

    def guarantees(self, m):
        for u in self.w["undertakings"]:
            if (
                u["kind"] != "guarantee"
                or m != (self.M if u["month"] is None else u["month"])
                or self.own == 0
            ):
                continue
            ref = {"face": self.F, "price": self.P}.get(u["reference"], u["reference"])
            loss = max(0, ref - sum(o * n for o, n in zip(self.o, self.n)) - u["deductible"])
            pays = u["share"] * loss
            if u["cap"] is not None:
                pays = min(pays, u["cap"])
            if u["cap_share"] is not None:
                pays = min(pays, u["cap_share"] * ref)
            self.to_layer(self.names[0] if u["of"] is None else u["of"], pays, m)

    def top_up(self, u, key, holder, due, m):
        missing_i = self.I[key] if "interest" in u["covers"] else 0.0
        missing_p = self.B[key] if due and "principal" in u["covers"] else 0.0
        pays = u["share"] * (missing_i + missing_p)
        if u["per_date"] is not None:
            pays = min(pays, u["per_date"])
        if u["lifetime"] is not None:
            pays = min(pays, u["lifetime"] - self.topped[u["name"]])
        self.topped[u["name"]] += pays
        if holder != "bank":
            self.move("bank", holder, pays, m)
            self.calls[m] += pays
        self.got(holder, pays)
        if pays >= missing_i + missing_p:
            self.I[key] -= missing_i
            self.B[key] -= missing_p
        else:
            to_i = min(pays, missing_i)
            self.I[key] -= to_i
            self.B[key] -= min(pays - to_i, self.B[key])
