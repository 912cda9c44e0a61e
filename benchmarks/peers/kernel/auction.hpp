// Collateral: value, auction, acceptance in kind. Counterpart of kernels/auction.py.
#pragma once
#include "collection.hpp"

// One event of enforcement that may pay, known before the amount owed then is known.
struct Payment {
    enum What { Sold, Accepted, Guarantee, Asset, Revival };
    double at;
    What what;
    int row;        // of the item or guarantor in the package
    double amount;  // bid, reserve or worth; or share of the amount owed then
};

struct Sale {
    const Loan& loan;
    const Package& package;
    const World& world;
    Books& books;
    Case& claim;
    const Trial& trial;
    int end;
    double contingent, slowness;

    static double value_at(const Item& item, const World& world, double t, double error, double drift) {
        const double a = item.appraisal_error, s = item.drift_volatility;
        const int month = std::min(month_of(t), world.months);
        const double level = item.value * world.indices[item.index * (world.months + 1) + month];
        if (a == 0.0 && s == 0.0) return level;
        return level * std::exp(a * (error - 0.5 * a) + s * (std::sqrt(t) * drift - 0.5 * s * t));
    }

    // Auctions one item from `t`, before the amount owed is known; returns whether it may pay.
    bool hold_auction(int row, double t, bool on_tape, Payment& event) const {
        const Item& item = package.items[row];
        const Auction& auction = package.auctions[item.terms];
        const auto [error_draw, drift_draw, fresh, in_kind] = draw(trial, item.key, stream::COLLATERAL, 0);
        const double error = item.appraisal_error > 0.0 ? normal(error_draw) : 0.0;
        const double drift = item.drift_volatility > 0.0 ? normal(drift_draw) : 0.0;
        const double gone = on_tape ? item.elapsed_probability : 0.0;
        double wait = quantile(package.quantiles, auction.seizure_duration, gone + fresh * (1.0 - gone));
        if (on_tape) wait = std::max(0.0, wait - loan.stage_elapsed);
        double at = t + wait * slowness;
        const double appraisal = value_at(item, world, at, error, drift);

        const double noise = auction.bid_volatility;
        double bids[4] = {0.5, 0.5, 0.5, 0.5};
        if (noise > 0.0) {
            const Words w = draw(trial, item.key, stream::COLLATERAL, 1);
            bids[0] = w.w0, bids[1] = w.w1, bids[2] = w.w2, bids[3] = w.w3;
        }
        for (int r = 0; r < auction.rounds; ++r) {
            at += auction.round_months[r] * slowness;
            if (month_of(at) > end) return false;
            double bid = value_at(item, world, at, error, drift) * (1.0 - auction.forced_sale_discount);
            if (noise > 0.0) bid *= std::exp(noise * normal(bids[r]) - 0.5 * noise * noise);
            if (bid >= auction.reserve[r] * appraisal && bid > item.liens) {
                event = {at, Payment::Sold, row, bid};
                return true;
            }
        }
        event = {at, Payment::Accepted, row, auction.reserve[auction.rounds - 1] * appraisal};
        return event.amount > item.liens && in_kind < auction.acceptance_against_debt_probability;
    }

    void sell(const Item& item, double at, double bid) {
        const Auction& auction = package.auctions[item.terms];
        const double proceeds = bid - item.liens;
        const double base = std::min<double>(std::min(proceeds, claim.owed()), item.cap);
        distribute(books, claim, loan.group, kind::COLLATERAL, month_of(at), proceeds, auction.cost * bid,
                   auction.tax * bid, fee(package.fees[feerow::ENFORCEMENT], base), item.cap, contingent);
    }

    // Accepts an item against the debt, unless it is worth more than the debt.
    bool accept(const Item& item, double at, double reserve) {
        const Auction& auction = package.auctions[item.terms];
        const double taken_for = reserve - item.liens;
        if (taken_for > std::min<double>(claim.owed(), item.cap)) return false;
        if (auction.tax > 0.0) books.post(loan.group, kind::TAX, month_of(at), -auction.tax * reserve);
        claim.pay(taken_for);
        resell(item, auction, at);
        return true;
    }

  private:
    void resell(const Item& item, const Auction& auction, double taken) {
        const Words own = draw(trial, item.key, stream::COLLATERAL, 0);
        const double resale = draw(trial, item.key, stream::COLLATERAL, 2).w0;
        double sold = taken + quantile(package.quantiles, auction.resale_duration, resale);
        if (month_of(sold) > end) sold = std::max(taken, double(end));
        const int month = month_of(sold);
        const double value = value_at(item, world, sold, normal(own.w0), normal(own.w1));
        const double amount = std::max(0.0, value * (1.0 - auction.resale_discount) - item.liens);
        books.receive_with_lawyer(loan.group, kind::IN_KIND, month, amount, contingent);
        if (auction.holding_cost > 0.0)
            books.post(loan.group, kind::HOLDING, month, -auction.holding_cost * value * (sold - taken));
    }
};

inline double unsold_value(const Loan& loan, const Package& package, const World& world, const Case& claim,
                           double t, const Trial& trial) {
    double total = 0.0;
    for (int i = loan.item_begin; i < loan.item_end; ++i) {
        if (!(claim.unsold >> (i - loan.item_begin) & 1)) continue;
        const Item& item = package.items[i];
        const Words w = draw(trial, item.key, stream::COLLATERAL, 0);
        const double value = Sale::value_at(item, world, t, normal(w.w0), normal(w.w1));
        total += std::max(0.0, std::min<double>(value - item.liens, item.cap));
    }
    return total;
}
