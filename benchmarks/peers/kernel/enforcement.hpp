// Performance of a judgment, and enforcement. Twin of kernels/enforcement.py.
#pragma once
#include "auction.hpp"

inline Outcome await_performance(const Loan& loan, const Terms& terms, const double* quantiles, Books& books,
                                 Case& claim, double t, int end, bool on_tape, const Trial& trial) {
    const Words w = draw(trial, loan.key, stream::ENFORCEMENT, 0);
    if (w.w0 < terms.p_perform) {
        t += quantile(quantiles, terms.q_perform, w.w1);
        if (month_of(t) > end) return {stage::JUDGED, double(end)};
        claim.accrue(loan.accrual, t);
        books.receive_with_lawyer(loan.group, kind::PERFORMANCE, month_of(t), claim.owed(),
                                  terms.lawyer_contingent);
        return {stage::CLOSED, t};
    }
    if (!terms.enforce) return {stage::DORMANT, t};
    double wait = terms.perform_window + terms.apply_delay;
    bool late = terms.apply_delay > terms.window_months;
    if (on_tape) {
        wait = std::max(0.0, wait - loan.stage_elapsed);
        late = late || wait > loan.window_left;
    }
    if (late && draw(trial, loan.key, stream::ENFORCEMENT, 3).w0 < terms.p_defence)
        return {stage::DORMANT, t};
    if (month_of(t + wait) > end) return {stage::JUDGED, double(end)};
    return {stage::ENFORCEMENT, t + wait};
}

inline int garnish(const Loan& loan, const Terms& terms, Books& books, Case& claim, double base, int month,
                   int end) {
    const double amount = terms.garnish_share * base;
    const int last = std::min(end, month + terms.garnish_months);
    while (month < last && !claim.paid()) {
        ++month;
        claim.accrue(loan.accrual, month);
        const double due = std::min(amount, claim.owed());
        books.receive_with_lawyer(loan.group, kind::GARNISHMENT, month, due, terms.lawyer_contingent);
        claim.pay(due);
    }
    return month;
}

inline Outcome enforce(const Loan& loan, const Package& package, const Terms& terms, const World& world,
                       Books& books, Case& claim, double t, int end, bool on_tape, const Trial& trial) {
    const double* quantiles = package.quantiles;
    const double contingent = terms.lawyer_contingent;
    const double slowness = world.congestion[std::max(1, month_of(t))];
    claim.accrue(loan.accrual, t);
    const double base = claim.owed();
    double latest = t;
    if (loan.item_begin < loan.item_end) {
        Sale sale{loan, package, world, books, claim, trial, end, contingent, slowness};
        latest = sale.sell_items(t, on_tape);
        if (claim.paid()) return {stage::CLOSED, latest};
    }
    const Words first = draw(trial, loan.key, stream::ENFORCEMENT, 0);
    const double find = first.w2, coverage = first.w3;
    const auto [search, income, guarantor, guarantor_share] = draw(trial, loan.key, stream::ENFORCEMENT, 1);
    const auto [guarantor_delay, revival, revival_delay, revival_share] =
        draw(trial, loan.key, stream::ENFORCEMENT, 2);

    if (loan.guaranteed && claim.bound && guarantor < terms.p_guarantor) {
        const double at = t + quantile(quantiles, terms.q_guarantor_delay, guarantor_delay);
        if (month_of(at) <= end) {
            claim.accrue(loan.accrual, at);
            const double share = quantile(quantiles, terms.q_guarantor_share, guarantor_share);
            const double amount = std::min<double>(share * claim.owed(), loan.guarantee_cap);
            books.receive_with_lawyer(loan.group, kind::GUARANTOR, month_of(at), amount, contingent);
            claim.pay(amount);
            latest = std::max(latest, at);
            if (claim.paid()) return {stage::CLOSED, latest};
        }
    }
    const double searched = t + quantile(quantiles, terms.q_search, search) * slowness;
    const int month = month_of(searched);
    if (month > end) return {stage::ENFORCEMENT, double(end)};
    latest = std::max(latest, searched);
    const bool frozen = claim.preserved_at >= 0.0;
    double assets = 0.0;
    if (frozen || find < terms.p_find) {
        const double exposed = frozen ? claim.preserved_at + std::max(0.0, t - claim.frozen_until) : t;
        assets = quantile(quantiles, terms.q_coverage, coverage) * base;
        assets *= std::exp(-terms.dissipation * exposed);
    }
    if (assets > 0.0) {
        claim.accrue(loan.accrual, searched);
        const double court = fee(package.fees[feerow::ENFORCEMENT], std::min(assets, claim.owed()));
        distribute(books, claim, loan.group, kind::DEFICIENCY, month, assets, 0.0, 0.0, court, INF,
                   contingent);
        if (claim.paid()) return {stage::CLOSED, latest};
    }
    if (income < terms.p_garnish && terms.garnish_share > 0.0) {
        claim.accrue(loan.accrual, searched);
        latest = std::max(latest, double(garnish(loan, terms, books, claim, base, month, end)));
    } else if (assets == 0.0 && revival < terms.p_revival) {
        const double at = searched + quantile(quantiles, terms.q_revival_delay, revival_delay);
        if (month_of(at) <= end) {
            claim.accrue(loan.accrual, at);
            const double amount = quantile(quantiles, terms.q_revival_share, revival_share) * claim.owed();
            books.receive_with_lawyer(loan.group, kind::DEFICIENCY, month_of(at), amount, contingent);
            claim.pay(amount);
            latest = std::max(latest, at);
        }
    }
    return {claim.paid() ? stage::CLOSED : stage::DORMANT, latest};
}
