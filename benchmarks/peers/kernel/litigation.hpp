// Payment order, arbitration, lawsuit, with preservation. Twin of kernels/litigation.py.
#pragma once
#include "collection.hpp"

struct Court {
    const Loan& loan;
    const Terms& terms;
    const Fees* fees;
    const double* quantiles;
    Books& books;
    Case& claim;
    const Trial& trial;
    int end;
    double slowness;

    double lawsuit_fee(double amount) const {
        const double court = fee(fees[feerow::COURT], amount);
        return amount <= terms.summary_maximum ? court * terms.summary_fee_factor : court;
    }

    void pay_fee(int month, double amount) { books.post(loan.group, kind::COURT_FEE, month, amount); }

    double preserve(double t) {
        const double court = fee(fees[feerow::PRESERVATION], claim.owed());
        const double cost = court + terms.security_rate * claim.owed();
        books.post(loan.group, kind::PRESERVATION, month_of(t), -cost);
        const Words w = draw(trial, loan.key, stream::PRESERVATION, 0);
        if (w.w0 < terms.p_find_preserved) {
            const double again = terms.p_renewal;
            double kept = INF;
            if (again < 1.0) {
                kept = 1.0;
                if (again > 0.0) kept += std::floor(std::log(w.w1) / std::log(again));
            }
            claim.preserved_at = t;
            claim.frozen_until = t + terms.freeze_months * kept;
        }
        return court;
    }

    Outcome award(double t, double advanced, double share) {
        claim.accrue(loan.accrual, t);
        claim.scale(quantile(quantiles, terms.q_award, share));
        claim.other += advanced;
        return {stage::JUDGED, t};
    }

    Outcome sue(double t, bool on_tape, double advanced, double length, double outcome, double share) {
        const auto [mediation, mediation_length, appeal, appeal_length] =
            draw(trial, loan.key, stream::LITIGATION, 1);
        claim.accrue(loan.accrual, t);
        const double claimed = claim.owed();
        double suit_fee = 0.0;
        if (!on_tape) {
            suit_fee = lawsuit_fee(claimed);
            pay_fee(month_of(t), -suit_fee);
            advanced += suit_fee;
        }
        if (mediation < terms.p_mediation) {
            const double agreed = t + quantile(quantiles, terms.q_mediation, mediation_length) * slowness;
            if (month_of(agreed) > end) return {stage::LITIGATION, double(end)};
            claim.accrue(loan.accrual, agreed);
            const double back = suit_fee * (1.0 - terms.mediation_fee_factor);
            if (back > 0.0) pay_fee(month_of(agreed), back);
            claim.scale(1.0 - terms.mediation_discount);
            claim.other += advanced - back;
            return {stage::JUDGED, agreed};
        }
        double months = quantile(quantiles, terms.q_first, length);
        if (on_tape) months = std::max(0.0, months - loan.stage_elapsed);
        double final = t + months * slowness;
        bool won = outcome < terms.p_win;
        if (appeal < terms.p_appeal) {
            const double reversal = draw(trial, loan.key, stream::LITIGATION, 2).w0;
            if (!won && month_of(final) <= end) {
                const double second = fee(fees[feerow::COURT], claimed);
                pay_fee(month_of(final), -second);
                advanced += second;
            }
            final += quantile(quantiles, terms.q_appeal, appeal_length) * slowness;
            if (reversal < terms.p_reversal) won = !won;
        }
        if (month_of(final) > end) return {stage::LITIGATION, double(end)};
        if (!won) return {stage::CLOSED, final};
        return award(final, advanced, share);
    }

    Outcome litigate(double t, bool on_tape, bool barred) {
        const int month = month_of(t);
        const auto [objection, length, outcome, share] = draw(trial, loan.key, stream::LITIGATION, 0);
        claim.accrue(loan.accrual, t);
        if (on_tape) {
            const double gone = loan.elapsed_probability;
            return sue(t, true, 0.0, gone + length * (1.0 - gone), outcome, share);
        }
        if (terms.lawyer_fixed > 0.0) books.post(loan.group, kind::LAWYER, month, -terms.lawyer_fixed);
        double advanced = terms.preserve ? preserve(t) : 0.0;
        const bool arbitration = terms.route == route::ARBITRATION && loan.arbitration_clause;
        const double claimed = claim.owed();
        if (barred && draw(trial, loan.key, stream::LITIGATION, 2).w1 < terms.p_defence) {
            pay_fee(month, -(arbitration ? fee(fees[feerow::ARBITRATION], claimed) : lawsuit_fee(claimed)));
            return {stage::CLOSED, t};
        }
        if (arbitration) {
            const double cost = fee(fees[feerow::ARBITRATION], claimed);
            pay_fee(month, -cost);
            const double final = t + quantile(quantiles, terms.q_arbitration, length) * slowness;
            if (month_of(final) > end) return {stage::LITIGATION, double(end)};
            if (outcome >= terms.p_arbitration_win) return {stage::CLOSED, final};
            return award(final, advanced + cost, share);
        }
        if (terms.route != route::PAYMENT_ORDER) return sue(t, false, advanced, length, outcome, share);

        const double cost = terms.order_fee_factor * fee(fees[feerow::COURT], claimed);
        pay_fee(month, -cost);
        t += quantile(quantiles, terms.q_order, length) * slowness;
        if (month_of(t) > end) return {stage::LITIGATION, double(end)};
        if (objection >= terms.p_objection) {
            claim.accrue(loan.accrual, t);
            claim.other += advanced + cost;
            claim.bound = false;
            return {stage::JUDGED, t};
        }
        return sue(t, false, advanced + cost, share, outcome, share);
    }
};
