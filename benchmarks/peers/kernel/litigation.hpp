// Payment order, arbitration, lawsuit, with preservation. Counterpart of kernels/litigation.py.
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
    // Costs so far that a losing debtor refunds: court fees and the lawyer's fixed fees.
    double advanced = 0.0, lawyers = 0.0;

    Outcome litigate(double t, bool on_tape, bool barred) {
        const Outcome next = follow_case(t, on_tape, barred);
        if (claim.deposit > 0.0) {
            books.post(loan.group, kind::PRESERVATION, std::min(month_of(next.t), end), claim.deposit);
            claim.deposit = 0.0;
        }
        return next;
    }

  private:
    Outcome stay() const { return {stage::LITIGATION, double(end)}; }

    double lawsuit_fee(double amount) const {
        const double court = fee(fees[feerow::COURT], amount);
        return amount <= terms.summary_maximum_claim ? court * terms.summary_fee_factor : court;
    }

    void pay_fee(int month, double amount) {
        books.post(loan.group, kind::COURT_FEE, month, -amount);
        advanced += amount;
    }

    void preserve(double t) {
        const double owed = claim.owed(), court = fee(fees[feerow::PRESERVATION], owed);
        claim.deposit = terms.security_deposit * owed;
        const double cost = court + terms.security_cost * owed + claim.deposit;
        books.post(loan.group, kind::PRESERVATION, month_of(t), -cost);
        claim.preserved_at = t + terms.preservation_delay;
        advanced += court;
    }

    void shift_costs() { claim.other += terms.cost_shifting * advanced + terms.lawyer_fee_shifting * lawyers; }

    Outcome decide(double t, bool won, double share) {
        if (month_of(t) > end) return stay();
        if (!won) return {stage::CLOSED, t};
        claim.accrue(loan.accrual, t);
        claim.scale(quantile(quantiles, terms.award_share, share));
        shift_costs();
        return {stage::JUDGED, t};
    }

    Outcome sue(double t, bool on_tape, double length, double outcome, double share) {
        const auto [mediation, mediation_length, appeal, appeal_length] =
            draw(trial, loan.key, stream::LITIGATION, 1);
        claim.accrue(loan.accrual, t);
        const double claimed = claim.owed();
        double suit_fee = 0.0, queue = 0.0;
        const double spent = on_tape ? loan.stage_elapsed : 0.0;
        if (!on_tape) {
            suit_fee = lawsuit_fee(claimed);
            pay_fee(month_of(t), suit_fee);
            queue = loan.court_queue;
        }
        if (terms.default_judgment_probability > 0.0 && draw(trial, loan.key, stream::LITIGATION, 2).w2 < terms.default_judgment_probability) {
            const double months = std::max(0.0, quantile(quantiles, terms.default_judgment_duration, length) - spent);
            return decide(t + (months + queue) * slowness, outcome < terms.default_judgment_win_probability, share);
        }
        if (mediation < terms.mediation_probability) {
            const double months = quantile(quantiles, terms.mediation_duration, mediation_length);
            const double agreed = t + (months + queue) * slowness;
            if (month_of(agreed) > end) return stay();
            claim.accrue(loan.accrual, agreed);
            // A fee that was halved already is not halved again.
            const double kept = terms.mediation_fee_factor * fee(fees[feerow::COURT], claimed);
            const double back = std::max(0.0, suit_fee - kept);
            if (back > 0.0) pay_fee(month_of(agreed), -back);
            claim.scale(1.0 - terms.mediation_discount);
            claim.other += terms.cost_shifting * advanced;
            return {stage::JUDGED, agreed};
        }
        const double months = std::max(0.0, quantile(quantiles, terms.lawsuit_duration, length) - spent);
        double final = t + (months + queue) * slowness;
        bool won = outcome < terms.lawsuit_win_probability;
        if (appeal < terms.appeal_probability) {
            if (month_of(final) <= end) {
                if (terms.lawyer_appeal_fee > 0.0) {
                    books.post(loan.group, kind::LAWYER, month_of(final), -terms.lawyer_appeal_fee);
                    lawyers += terms.lawyer_appeal_fee;
                }
                if (!won) pay_fee(month_of(final), fee(fees[feerow::COURT], claimed));
            }
            final += quantile(quantiles, terms.appeal_duration, appeal_length) * slowness;
            if (draw(trial, loan.key, stream::LITIGATION, 2).w0 < terms.reversal_probability) won = !won;
        }
        return decide(final, won, share);
    }

    Outcome follow_case(double t, bool on_tape, bool barred) {
        const int month = month_of(t);
        const auto [objection, length, outcome, share] = draw(trial, loan.key, stream::LITIGATION, 0);
        claim.accrue(loan.accrual, t);
        if (on_tape) {
            const double gone = loan.elapsed_probability;
            return sue(t, true, gone + length * (1.0 - gone), outcome, share);
        }
        const double claimed = claim.owed();
        if (terms.lawyer_fixed_fee > 0.0) books.post(loan.group, kind::LAWYER, month, -terms.lawyer_fixed_fee);
        lawyers = terms.lawyer_fixed_fee;
        if (terms.preserve) preserve(t);
        const bool arbitration = terms.route == route::ARBITRATION && loan.arbitration_clause;
        if (barred && draw(trial, loan.key, stream::LITIGATION, 2).w1 < terms.defense_raised) {
            pay_fee(month, arbitration ? fee(fees[feerow::ARBITRATION], claimed) : lawsuit_fee(claimed));
            return {stage::CLOSED, t};
        }
        if (arbitration) {
            pay_fee(month, fee(fees[feerow::ARBITRATION], claimed));
            const double months = quantile(quantiles, terms.arbitration_duration, length);
            return decide(t + months * slowness, outcome < terms.arbitration_win_probability, share);
        }
        if (terms.route != route::PAYMENT_ORDER) return sue(t, false, length, outcome, share);

        pay_fee(month, terms.payment_order_fee_factor * fee(fees[feerow::COURT], claimed));
        t += (quantile(quantiles, terms.payment_order_duration, length) + loan.court_queue) * slowness;
        if (month_of(t) > end) return stay();
        if (objection >= terms.objection_probability) {
            claim.accrue(loan.accrual, t);
            shift_costs();
            claim.bound = false;
            return {stage::JUDGED, t};
        }
        // The duration of the order has passed; a lawsuit after it draws a new one.
        return sue(t, false, draw(trial, loan.key, stream::LITIGATION, 2).w3, outcome, share);
    }
};
