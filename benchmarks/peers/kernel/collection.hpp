// Collection and the limitation clock. Twin of kernels/collection.py and kernels/limitation.py.
#pragma once
#include "books.hpp"
#include "draws.hpp"
#include "rng.hpp"

enum class Entry { Filing, Offer, Cure, Payer, Tape };

struct Outcome {
    int stage;
    double t;
};

// One cohort's collection tables in one scenario, running sums over months.
struct Row {
    double hazard, paid, paid_present, paid_month, commission, cost, cost_present;
};

inline void fill_tables(Row* __restrict rows, const Cohorts& cohorts, int c, const double* __restrict up,
                        double payer_share, const double* __restrict discount, double servicing,
                        int months) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(c) * (months + 1);
    Row sum{};
    rows[0] = sum;
    for (int m = 1; m <= cohorts.last[c]; ++m) {
        sum.hazard += up[m] * (cohorts.settle[at + m] + cohorts.cure[at + m]);
        const double increment = std::min(up[m] * cohorts.pay[at + m], payer_share - sum.paid);
        sum.paid += increment;
        const double charged = increment * cohorts.commission[at + m];
        sum.commission += charged;
        sum.paid_present += (increment * (1.0 - servicing) - charged) * discount[m];
        sum.paid_month += increment * m;
        sum.cost += cohorts.cost[at + m];
        sum.cost_present += cohorts.cost[at + m] * discount[m];
        rows[m] = sum;
    }
}

// Enters a cohort's monthly payments and contact costs at once, by suffix sums over months.
inline void flush(Books& books, const Row* __restrict rows, const Cohorts& cohorts, int c) {
    const int group = static_cast<int>(cohorts.group[c]);
    double paying = 0.0, worked = 0.0;
    for (int m = static_cast<int>(cohorts.last[c]); m > 0; --m) {
        paying += books.paying[m];
        worked += books.worked[m];
        books.paying[m] = 0.0;
        books.worked[m] = 0.0;
        books.flow(group, kind::VOLUNTARY, m) += paying * (rows[m].paid - rows[m - 1].paid);
        books.flow(group, kind::COMMISSION, m) -= paying * (rows[m].commission - rows[m - 1].commission);
        books.flow(group, kind::CONTACT, m) -= worked * (rows[m].cost - rows[m - 1].cost);
    }
}

inline int filing_month(const Loan& loan, const Terms& terms, double claim) {
    if (!terms.litigate || claim < terms.litigate_minimum) return -1;
    const double left = loan.limitation_left;
    if (!terms.file_before_expiry || left < 0.0 || left == INF) return terms.litigate_after;
    const int latest = std::max(0, static_cast<int>(std::floor(left - terms.expiry_margin)));
    return std::min<int>(terms.litigate_after, latest);
}

inline int first_month_at(const Row* __restrict rows, double frailty, int last, double threshold) {
    if (frailty * rows[last].hazard < threshold) return 0;
    int low = 1, high = last;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (frailty * rows[middle].hazard >= threshold) high = middle;
        else low = middle + 1;
    }
    return low;
}

inline void work(Books& books, const Row& row, int last, bool payer, double amount) {
    books.worked[last] += 1.0;
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

inline Outcome collect(const Loan& loan, const Terms& terms, const Row* __restrict rows,
                       const Cohorts& cohorts, int c, const double* quantiles, Books& books, Case& claim,
                       int end, const Trial& trial, Entry& entry) {
    entry = Entry::Filing;
    const int filing = filing_month(loan, terms, claim.claim);
    int last = std::min<int>(terms.collection_months, end);
    if (filing >= 0) last = std::min(last, filing);
    const auto [willing, event, sort, accept] = draw(trial, loan.borrower, stream::BORROWER, 0);
    const int offer = terms.offer_month;
    const bool accepted = 0 <= offer && offer <= last && (filing < 0 || offer < filing) && offer < end &&
                          claim.claim >= terms.offer_minimum && accept < terms.p_accept;
    if (accepted) last = offer;
    int moment = 0;
    if (last > 0 && rows[last].hazard > 0.0) {
        const double frailty = loan.responsiveness * quantile(quantiles, terms.q_frailty, 1.0 - willing);
        // -ln(u) is at least 1 - u, which settles most cases without the logarithm.
        if (frailty * rows[last].hazard >= 1.0 - event) {
            moment = first_month_at(rows, frailty, last, -std::log(event));
            if (moment > 0) last = moment;
        }
    }
    const bool payer = willing < terms.payer_share && rows[last].paid > 0.0;
    if (last > 0) {
        const double amount = claim.claim / terms.payer_share;
        work(books, rows[last], last, payer, amount);
        claim.accrue(loan.accrual, last);
        if (payer) {
            claim.pay(std::min(claim.owed(), amount * rows[last].paid));
            if (claim.paid()) return {stage::CLOSED, double(last)};
        }
    }
    if (moment > 0) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(c) * (books.months + 1) + moment;
        const double settle = cohorts.settle[at];
        if (sort * (settle + cohorts.cure[at]) < settle) {
            const double amount = claim.owed() * (1.0 - cohorts.discount[at]);
            books.receive(loan.group, kind::SETTLEMENT, moment, amount);
            const double rate = cohorts.commission[at];
            if (rate > 0.0) books.post(loan.group, kind::COMMISSION, moment, -rate * amount);
            return {stage::CLOSED, double(moment)};
        }
        entry = Entry::Cure;
        return {stage::PLAN, double(moment)};
    }
    if (accepted) {
        entry = Entry::Offer;
        return {stage::PLAN, double(last)};
    }
    if (0 <= filing && filing < end) {
        if (payer) entry = Entry::Payer;
        return {stage::LITIGATION, double(filing)};
    }
    if (last < end) return {stage::DORMANT, double(last)};
    return {stage::COLLECTION, double(end)};
}

inline bool is_time_barred(const Loan& loan, double period, double reach, double filed_at, bool paying,
                           const Trial& trial) {
    double expiry = loan.limitation_left;
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
