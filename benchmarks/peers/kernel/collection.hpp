// Collection and the limitation clock. Counterpart of kernels/collection.py and kernels/limitation.py.
#pragma once
#include "books.hpp"
#include "draws.hpp"
#include "rng.hpp"

enum class Entry { Filing, Offer, Cure, Payer, Tape };

struct Outcome {
    int stage;
    double t;
};

// One collection table in one scenario, as running sums over months.
struct Row {
    double hazard, paid, paid_present, paid_month, commission, cost, cost_present;
};

// Applies the scenario's cooperation to a table; returns the share of borrowers that pay.
inline double fill_tables(Row* __restrict rows, const CollectionTables& collection, int c, const double* __restrict up,
                          double payer_share, const double* __restrict discount, double servicing,
                          int months) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(c) * (months + 1);
    Row sum{};
    rows[0] = sum;
    for (int m = 1; m <= collection.last[c]; ++m) {
        sum.hazard += up[m] * (collection.settle[at + m] + collection.cure[at + m]);
        const double pay = collection.pay[at + m];
        const double multiplier = std::min(up[m] * collection.lift[at + m], collection.bound[c]);
        const double increment = pay > 0.0 ? std::min(multiplier * pay, 1.0 - sum.paid) : 0.0;
        sum.paid += increment;
        const double charged = increment * collection.commission[at + m];
        sum.commission += charged;
        sum.paid_present += (increment * (1.0 - servicing) - charged) * discount[m];
        sum.paid_month += increment * m;
        sum.cost += collection.cost[at + m];
        sum.cost_present += collection.cost[at + m] * discount[m];
        rows[m] = sum;
    }
    // Where more is paid than the usual payers could pay, more borrowers are payers.
    return std::max(payer_share, sum.paid);
}

// Adds a table's monthly payments and contact costs at once, by suffix sums over months.
inline void flush(Books& books, const Row* __restrict rows, const CollectionTables& collection, int c) {
    const int group = static_cast<int>(collection.group[c]);
    const std::int64_t desk = collection.placement[c];
    double paying = 0.0, worked = 0.0, standing = 0.0;
    for (int m = static_cast<int>(collection.last[c]); m > 0; --m) {
        paying += books.paying[m];
        worked += books.worked[m];
        books.paying[m] = 0.0;
        books.worked[m] = 0.0;
        books.flow(group, kind::VOLUNTARY, m) += paying * (rows[m].paid - rows[m - 1].paid);
        books.flow(group, kind::COMMISSION, m) -= paying * (rows[m].commission - rows[m - 1].commission);
        books.flow(group, kind::CONTACT, m) -= worked * (rows[m].cost - rows[m - 1].cost);
        if (desk >= 0) {
            standing += books.standing[m];
            books.standing[m] = 0.0;
            books.desk(desk, 0, m) += paying * (rows[m].paid - rows[m - 1].paid);
            books.desk(desk, 1, m) += standing;
        }
    }
}

inline int filing_month(const Loan& loan, const Terms& terms, double claim) {
    if (!terms.litigate || claim < terms.litigation_minimum_claim) return -1;
    const double left = loan.limitation_left;
    if (!terms.file_before_expiry || left < 0.0 || left == INF) return terms.litigation_after_months;
    const int latest = std::max(0, static_cast<int>(std::floor(left - terms.expiry_margin)));
    return std::min<int>(terms.litigation_after_months, latest);
}

// First month at which the hazard since `start` reaches `threshold`; 0 if none up to `last`.
inline int first_month_at(const Row* __restrict rows, double frailty, int start, int last, double threshold) {
    const double before = rows[start].hazard;
    if (frailty * (rows[last].hazard - before) < threshold) return 0;
    int low = start + 1, high = last;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (frailty * (rows[middle].hazard - before) >= threshold) high = middle;
        else low = middle + 1;
    }
    return low;
}

// Willingness to pay, correlated within groups of borrowers and regions.
inline double shared(double willing, const Loan& loan, const Terms& terms, const Trial& trial) {
    double z = 0.0, own = 1.0;
    if (terms.region_correlation > 0.0) {
        const double common = draw(trial, loan.region_key, stream::GROUP, 1).w0;
        z += std::sqrt(terms.region_correlation) * normal(common);
        own -= terms.region_correlation;
    }
    if (loan.group_key != 0) {
        const double common = draw(trial, loan.group_key, stream::GROUP, 0).w0;
        z += std::sqrt(terms.group_correlation) * normal(common);
        own -= terms.group_correlation;
    }
    z += std::sqrt(std::max(0.0, own)) * normal(willing);
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

enum class Event { None, Settles, Cures };

// One loan's collection.
struct Collector {
    const Loan& loan;
    const Terms& terms;
    const Row* rows;
    const CollectionTables& collection;
    int c;
    double share;  // of borrowers that pay
    const double* quantiles;
    Books& books;
    Case& claim;
    const Trial& trial;
    int end;

    Outcome collect(Entry& entry) {
        entry = Entry::Filing;
        const int filing = filing_month(loan, terms, claim.claim);
        int last = std::min<int>(terms.collection_months, end);
        if (filing >= 0) last = std::min(last, filing);
        auto [willing, event, sort, accept] = draw(trial, loan.borrower, stream::BORROWER, 0);
        if (loan.group_key != 0 || terms.region_correlation > 0.0) willing = shared(willing, loan, terms, trial);
        const int offer = terms.offer_month;
        const bool accepted = 0 <= offer && offer <= last && (filing < 0 || offer < filing) && offer < end &&
                              loan.offered && willing < terms.offered_share && accept < terms.acceptance_probability;
        if (accepted) last = offer;
        Event outcome = Event::None;
        bool acknowledged = false;
        if (last > 0 && rows[last].hazard > 0.0) {
            const double frailty = loan.responsiveness * quantile(quantiles, terms.frailty, 1.0 - willing);
            // -ln(u) is at least 1 - u, which decides most paths without the logarithm.
            int moment = 0;
            if (frailty * rows[last].hazard >= 1.0 - event)
                moment = first_month_at(rows, frailty, 0, last, -std::log(event));
            if (moment > 0) {
                outcome = settles(moment, sort) ? Event::Settles : Event::Cures;
                if (terms.promise_months >= 0)
                    outcome = follow_promises(frailty, moment, last, sort, acknowledged);
                last = moment;
            }
        }
        const bool payer = willing < share && rows[last].paid > 0.0;
        const std::int64_t desk = collection.placement[c];
        if (last > 0) {
            const double amount = claim.claim / share;
            work(last, payer, amount, desk);
            claim.accrue(loan.accrual, last);
            if (payer) {
                claim.pay(std::min(claim.owed(), amount * rows[last].paid));
                if (claim.paid()) return {stage::CLOSED, double(last)};
            }
        }
        if (outcome == Event::Settles) {
            const double amount = claim.owed() * (1.0 - collection.discount[table() + last]);
            books.receive(loan.group, kind::SETTLEMENT, last, amount);
            const double rate = collection.commission[table() + last];
            if (rate > 0.0) books.post(loan.group, kind::COMMISSION, last, -rate * amount);
            if (desk >= 0) books.desk(desk, 0, last) += amount;
            return {stage::CLOSED, double(last)};
        }
        if (outcome == Event::Cures) {
            entry = Entry::Cure;
            return {stage::PLAN, double(last)};
        }
        if (accepted) {
            entry = Entry::Offer;
            return {stage::PLAN, double(last)};
        }
        if (0 <= filing && filing < end) {
            if (payer || acknowledged) entry = Entry::Payer;
            return {stage::LITIGATION, double(filing)};
        }
        if (last < end) return {stage::DORMANT, double(last)};
        return {stage::COLLECTION, double(end)};
    }

  private:
    std::ptrdiff_t table() const { return static_cast<std::ptrdiff_t>(c) * (books.months + 1); }

    bool settles(int month, double sort) const {
        const double settle = collection.settle[table() + month];
        return sort * (settle + collection.cure[table() + month]) < settle;
    }

    // Follows promises to pay from the event of `month`, and moves `month` to their outcome.
    Event follow_promises(double frailty, int& month, int last, double sort, bool& broken) const {
        for (std::uint32_t step = 0; step < 50; ++step) {
            if (!settles(month, sort)) return Event::Cures;
            const int due = month + terms.promise_months;
            month = last;
            if (due > last) return Event::None;
            const Words w = draw(trial, loan.key, stream::PROMISE, step);
            if (w.w0 < terms.promise_kept_probability) {
                month = due;
                return Event::Settles;
            }
            broken = true;
            sort = w.w2;
            const int next = due < last ? first_month_at(rows, frailty, due, last, -std::log(w.w1)) : 0;
            if (next == 0) return Event::None;
            month = next;
        }
        month = last;
        return Event::None;
    }

    void work(int last, bool payer, double amount, std::int64_t desk) {
        const Row& row = rows[last];
        books.worked[last] += 1.0;
        if (desk >= 0) books.standing[last] += claim.claim;
        books.sums.present -= row.cost_present;
        books.sums.costs -= row.cost;
        if (!payer) return;
        books.paying[last] += amount;
        const double received = amount * row.paid;
        books.sums.present += amount * row.paid_present;
        books.sums.received += received;
        books.sums.costs -= amount * row.commission + received * books.servicing;
        books.sums.received_month += amount * row.paid_month;
    }
};

inline bool is_time_barred(const Loan& loan, double period, double reach, double filed_at, bool paying,
                           const Trial& trial) {
    double expiry = loan.limitation_left;
    if (filed_at > loan.long_stop_left) return true;
    if (std::isinf(expiry) || std::isinf(period)) return false;
    if (expiry < 0.0) return true;
    if (paying) return false;
    double begin = std::max(0.0, expiry - period);
    for (std::uint32_t step = 0; step < 200; ++step) {
        if (expiry >= filed_at) return false;
        const double reached = 1.0 - std::exp(-reach * (expiry - begin));
        const Words w = draw(trial, loan.key, stream::LIMITATION, step);
        if (w.w0 >= reached) return true;
        begin = expiry;
        expiry += std::log(1.0 - w.w1 * reached) / reach + period;
    }
    return false;
}
