// Collateral: value, auctions, acceptance in kind. Counterpart of kernels/auction.py, bids.py,
// collateral_sale.py and item_value.py.
#pragma once
#include "collection.hpp"

// One event of enforcement that may pay, known before the amount owed then is known.
struct Payment {
    enum What { Sold, Accepted, Covered, Forfeited, Guarantee, Asset, Revival };
    double at;
    What what;
    int row;        // of the item or guarantor in the package
    double amount;  // price, reserve or worth; or share of the amount owed then
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

    // What a price must exceed: prior liens, and costs under the no-surplus rule.
    static double floor_of(const Item& item, const Auction& auction) {
        return auction.surplus_required ? item.liens / (1.0 - auction.cost - auction.tax) : item.liens;
    }

    // One item up for auction: what does not change from auction to auction, and its state.
    struct Lot {
        const Item& item;
        const Auction& auction;
        int row;
        double error, drift, shared, floor;
        bool finds_bidders;
        double at = 0.0, appraisal = 0.0;
        int appraisals = 0, round = 0;
        bool defaulted = false;
    };

    double valuation(const Lot& lot, double tail) const {
        const double s = lot.auction.bid_volatility, c = lot.auction.bid_correlation;
        const double value = value_at(lot.item, world, lot.at, lot.error, lot.drift) *
                             (1.0 - lot.auction.forced_sale_discount);
        if (s == 0.0) return value;
        const double z = normal(std::max(tail, 0x1p-33));
        return value * std::exp(s * (std::sqrt(c) * lot.shared - std::sqrt(1.0 - c) * z) - 0.5 * s * s);
    }

    // Price of an auction; 0 if it fails. The first arrivals of a Poisson process are the tails
    // beyond the best and the second-best valuation, times the mean number of bidders.
    double price_of(const Lot& lot, const Words& bids) const {
        const double mean = lot.auction.bidders[lot.round];
        const double reserve = lot.auction.reserve[lot.round] * lot.appraisal;
        const double first = -std::log(bids.w0);
        if (!lot.finds_bidders || (mean < INF && first >= mean)) return 0.0;
        const double best = valuation(lot, mean < INF ? first / mean : bids.w0);
        if (best < reserve || best <= lot.floor) return 0.0;
        const double least = std::max(reserve, lot.floor);
        if (lot.auction.window[lot.round] > 0.0) return least;
        if (mean == INF) return std::max(least, best);
        const double second = first - std::log(bids.w1);
        return second < mean ? std::max(least, valuation(lot, second / mean)) : least;
    }

    void appraise(Lot& lot) const {
        lot.appraisal = value_at(lot.item, world, lot.at, lot.error, lot.drift);
        const double k = lot.auction.court_appraisal_error;
        if (k == 0.0) return;
        const Words w = draw(trial, lot.item.key, stream::COLLATERAL, 4);
        const double words[4] = {w.w0, w.w1, w.w2, w.w3};
        lot.appraisal *= std::exp(k * (normal(words[lot.appraisals]) - 0.5 * k));
    }

    // Auctions one item from `t`, before the amount owed is known; emits what it may bring.
    template <class Emit>
    void hold_auctions(int row, double t, bool on_tape, Emit emit) const {
        const Item& item = package.items[row];
        const Auction& auction = package.auctions[item.terms];
        const Words own = draw(trial, item.key, stream::COLLATERAL, 0);
        const double gone = on_tape ? item.elapsed_probability : 0.0;
        double wait = quantile(package.quantiles, auction.seizure_duration, gone + own.w2 * (1.0 - gone));
        if (on_tape) wait = std::max(0.0, wait - loan.stage_elapsed);
        Lot lot{item, auction, row, item.appraisal_error > 0.0 ? normal(own.w0) : 0.0,
                item.drift_volatility > 0.0 ? normal(own.w1) : 0.0, 0.0, floor_of(item, auction), true};
        const bool shares = auction.bid_correlation > 0.0 && auction.bid_volatility > 0.0;
        if (auction.no_bidder_probability > 0.0 || shares) {
            const Words lasting = draw(trial, item.key, stream::COLLATERAL, 3);
            lot.finds_bidders = lasting.w0 >= auction.no_bidder_probability;
            if (shares) lot.shared = normal(lasting.w1);
        }
        lot.at = t + wait * slowness;
        appraise(lot);
        bool accepts = false;
        for (int r = 0; r < auction.rounds; ++r) accepts |= auction.acceptance[r] > 0.0;
        if (!lot.finds_bidders && !accepts) return;
        const bool others = accepts || auction.withdrawal_probability > 0.0;
        for (int j = 0; j < MAX_AUCTIONS && hold_auction(lot, j, others, emit); ++j) {}
    }

    // Holds auction `j`; returns whether the item is still up.
    template <class Emit>
    bool hold_auction(Lot& lot, int j, bool others, Emit emit) const {
        const Auction& auction = lot.auction;
        const int r = lot.round;
        lot.at += auction.round_months[r] * slowness;
        if (month_of(lot.at) > end) return false;
        Words other{};
        if (others) other = draw(trial, lot.item.key, stream::COLLATERAL, 9 + 2 * j);
        if (others && other.w0 < auction.withdrawal_probability) return true;
        const double reserve = std::max(auction.reserve[r] * lot.appraisal, lot.floor);
        if (lot.finds_bidders) {
            const Words bids = draw(trial, lot.item.key, stream::COLLATERAL, 8 + 2 * j);
            const double price = price_of(lot, bids);
            if (price > 0.0) {
                lot.at += auction.window[r] * slowness * bids.w2;
                if (month_of(lot.at) > end) return false;
                if (!lot.defaulted && bids.w3 < auction.winner_default_probability) {
                    lot.defaulted = true;
                    if (auction.deposit > 0.0) emit({lot.at, Payment::Forfeited, lot.row, auction.deposit * reserve});
                    return true;
                }
                emit({lot.at, Payment::Sold, lot.row, price});
                return false;
            }
        }
        lot.at += auction.window[r] * slowness;
        if (month_of(lot.at) > end) return false;
        if (others && reserve > lot.item.liens && other.w1 < auction.acceptance[r]) {
            const bool pays = other.w2 < auction.surplus_payment_probability;
            emit({lot.at, pays ? Payment::Accepted : Payment::Covered, lot.row, reserve});
        }
        if (++lot.round < auction.rounds) return true;
        if (lot.appraisals == auction.reauctions) return false;
        ++lot.appraisals;
        lot.round = 0;
        lot.at += auction.reappraisal_months * slowness;
        if (month_of(lot.at) > end) return false;
        appraise(lot);
        return true;
    }

    void sell(const Item& item, double at, double bid) {
        const Auction& auction = package.auctions[item.terms];
        const double proceeds = bid - item.liens;
        const double base = std::min<double>(std::min(proceeds, claim.owed()), item.cap);
        distribute(books, claim, loan.group, kind::COLLATERAL, month_of(at), proceeds, auction.cost * bid,
                   auction.tax * bid, fee(package.fees[feerow::ENFORCEMENT], base), item.cap, contingent);
    }

    // Receives the deposit of a winner who did not pay.
    void forfeit(const Item& item, double at, double deposit) {
        const double paid = std::min<double>(std::min(deposit, claim.owed()), item.cap);
        books.receive_with_lawyer(loan.group, kind::COLLATERAL, month_of(at), paid, contingent);
        claim.pay(paid);
    }

    // Accepts an item against the debt. The creditor pays its surplus in cash, or leaves it.
    bool accept(const Item& item, double at, double reserve, bool pays_surplus) {
        const Auction& auction = package.auctions[item.terms];
        const double due = std::min<double>(claim.owed(), item.cap);
        const double surplus = std::max(0.0, reserve - item.liens - due);
        if (surplus > 0.0) {
            if (!pays_surplus) return false;
            books.post(loan.group, kind::HOLDING, month_of(at), -surplus);
        }
        if (auction.tax > 0.0) books.post(loan.group, kind::TAX, month_of(at), -auction.tax * reserve);
        claim.pay(std::min<double>(reserve - item.liens, due));
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
