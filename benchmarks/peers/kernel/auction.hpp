// Collateral: value, auction, acceptance in kind. Twin of kernels/auction.py.
#pragma once
#include "collection.hpp"

struct Sale {
    const Loan& loan;
    const Package& package;
    const World& world;
    Books& books;
    Case& claim;
    const Trial& trial;
    int end;
    double contingent, slowness;

    // Sells item by item from `t`; returns the time of the last sale or acceptance.
    double sell_items(double t, bool on_tape) {
        double latest = t;
        for (int i = loan.item_begin; i < loan.item_end; ++i) {
            if (i > loan.item_begin && claim.paid()) break;
            const double at = sell(package.items[i], t, on_tape);
            if (at >= 0.0) {
                claim.unsold &= ~(std::uint64_t{1} << (i - loan.item_begin));
                latest = std::max(latest, at);
            }
        }
        return latest;
    }

    static double value_at(const Item& item, const World& world, double t, double error, double drift) {
        const double a = item.appraisal_error, s = item.drift_volatility;
        const int month = std::min(month_of(t), world.months);
        const double level = item.value * world.indices[item.index * (world.months + 1) + month];
        if (a == 0.0 && s == 0.0) return level;
        return level * std::exp(a * (error - 0.5 * a) + s * (std::sqrt(t) * drift - 0.5 * s * t));
    }

  private:
    double sell(const Item& item, double t, bool on_tape) {
        const Auction& auction = package.auctions[item.terms];
        const auto [error_draw, drift_draw, fresh, in_kind] = draw(trial, item.key, stream::COLLATERAL, 0);
        const double error = item.appraisal_error > 0.0 ? normal(error_draw) : 0.0;
        const double drift = item.drift_volatility > 0.0 ? normal(drift_draw) : 0.0;
        const double gone = on_tape ? item.elapsed_probability : 0.0;
        double wait = quantile(package.quantiles, auction.q_seizure, gone + fresh * (1.0 - gone));
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
            at += auction.gap[r] * slowness;
            const int month = month_of(at);
            if (month > end) return -1.0;
            double bid = value_at(item, world, at, error, drift) * (1.0 - auction.forced_discount);
            if (noise > 0.0) bid *= std::exp(noise * normal(bids[r]) - 0.5 * noise * noise);
            if (bid >= auction.reserve[r] * appraisal && bid > item.liens) {
                claim.accrue(loan.accrual, at);
                const double proceeds = bid - item.liens;
                const double base = std::min<double>(std::min(proceeds, claim.owed()), item.cap);
                distribute(books, claim, loan.group, kind::COLLATERAL, month, proceeds, auction.cost * bid,
                           auction.tax * bid, fee(package.fees[feerow::ENFORCEMENT], base), item.cap,
                           contingent);
                return at;
            }
        }
        const double taken_for = auction.reserve[auction.rounds - 1] * appraisal - item.liens;
        claim.accrue(loan.accrual, at);
        const double most = std::min<double>(claim.owed(), item.cap);
        if (!(0.0 < taken_for && taken_for <= most && in_kind < auction.p_in_kind)) return -1.0;
        if (auction.tax > 0.0)
            books.post(loan.group, kind::TAX, month_of(at), -auction.tax * (taken_for + item.liens));
        claim.pay(taken_for);
        resell(item, auction, at, error, drift);
        return at;
    }

    void resell(const Item& item, const Auction& auction, double taken, double error, double drift) {
        const double resale = draw(trial, item.key, stream::COLLATERAL, 2).w0;
        double sold = taken + quantile(package.quantiles, auction.q_resale, resale);
        if (month_of(sold) > end) sold = std::max(taken, double(end));
        const int month = month_of(sold);
        const double value = value_at(item, world, sold, error, drift);
        const double amount = std::max(0.0, value * (1.0 - auction.resale_discount) - item.liens);
        books.receive_with_lawyer(loan.group, kind::IN_KIND, month, amount, contingent);
        if (auction.holding > 0.0)
            books.post(loan.group, kind::HOLDING, month, -auction.holding * value * (sold - taken));
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
