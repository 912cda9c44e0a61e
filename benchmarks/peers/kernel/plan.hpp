// Installments of a restructured or cured loan, and redefault. Counterpart of
// kernels/repayment_plan.py.
#pragma once
#include "collection.hpp"

inline double balance_after(double level, double balloon, double rate, int term, int paid) {
    if (rate == 0.0) return level * (1.0 - double(paid) / term) + balloon;
    const double grown = std::pow(1.0 + rate, term);
    return level * (grown - std::pow(1.0 + rate, paid)) / (grown - 1.0) + balloon;
}

// Value of `rest` installments and the balloon, the first due in `wait` + 1 months.
inline double value_of_rest(double installment, double balloon, double factor, int wait, int rest) {
    const double last = std::pow(factor, rest);
    const double annuity = factor == 1.0 ? rest : factor * (1.0 - last) / (1.0 - factor);
    return std::pow(factor, wait) * (installment * annuity + balloon * last);
}

inline int redefault_month(const double* __restrict down, double hazard, int start, int last,
                           double threshold) {
    if (hazard * (down[last] - down[start]) < threshold) return 0;
    int low = start + 1, high = last;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (hazard * (down[middle] - down[start]) >= threshold) high = middle;
        else low = middle + 1;
    }
    return low;
}

inline Outcome repay(const Loan& loan, const Terms& terms, const World& world, Books& books, Case& claim,
                     double t, int end, Entry entry, const Trial& trial) {
    const int start = month_of(t);
    claim.accrue(loan.accrual, t);
    const bool cured = entry == Entry::Cure || (entry != Entry::Offer && terms.offer_month < 0);
    const double rate = cured ? terms.cure_rate : terms.restructuring_rate;
    int term = cured ? terms.cure_term : terms.restructuring_term;
    const double hazard = cured ? terms.cure_redefault_hazard : terms.restructuring_redefault_hazard;
    int grace = cured ? 0 : terms.grace_months;
    const double balloon_share = cured ? 0.0 : terms.restructuring_balloon;
    double haircut = cured ? 0.0 : terms.haircut;
    if (entry == Entry::Tape) {
        haircut = 0.0;
        grace = 0;
        term = std::max(1, term - static_cast<int>(std::floor(loan.stage_elapsed)));
    }
    const double balance = claim.owed() * (1.0 - haircut);
    const double level = balance * (1.0 - balloon_share), balloon = balance * balloon_share;
    const double installment =
        rate == 0.0 ? level / term
                    : level * rate / (1.0 - std::pow(1.0 + rate, -term)) + balloon * rate;
    const int first = start + grace + 1, last = start + grace + term;

    int broken = 0;
    double again = 1.0;
    if (hazard > 0.0) {
        const Words w = draw(trial, loan.key, stream::PLAN, claim.plans);
        const double threshold = -std::log(w.w0);
        again = w.w1;
        const double* down = world.down + loan.policy * (books.months + 1);
        broken = redefault_month(down, hazard, start, std::min(last, end), threshold);
    }
    const int until = broken == 0 ? std::min(last, end) : broken - 1;
    const int paid = std::max(0, until - first + 1);
    for (int m = first; m <= until; ++m) books.receive(loan.group, kind::INSTALLMENT, m, installment);

    if (broken == 0 && last <= end) {
        if (balloon > 0.0) books.receive(loan.group, kind::INSTALLMENT, last, balloon);
        return {stage::CLOSED, double(last)};
    }
    if (broken == 0 || (!cured && !terms.haircut_revoked)) {
        claim.principal = balance_after(level, balloon, rate, term, paid);
        claim.other = 0.0;
        claim.since = broken == 0 ? end : broken;
    } else {
        claim.accrue(loan.accrual, broken);
        claim.pay(std::min(claim.owed(), installment * paid));
    }
    if (broken == 0) {
        const double factor = terms.plan_discount_factor * std::exp(-hazard);
        claim.plan_value =
            value_of_rest(installment, balloon, factor, std::max(0, first - 1 - end), term - paid);
        return {stage::PLAN, double(end)};
    }
    if (claim.paid()) return {stage::CLOSED, double(broken)};
    ++claim.plans;
    if (!cured && claim.plans < terms.maximum_plans && again < terms.acceptance_probability)
        return {stage::PLAN, double(broken)};
    if (terms.litigate && claim.claim >= terms.litigation_minimum_claim) return {stage::LITIGATION, double(broken)};
    return {stage::DORMANT, double(broken)};
}
