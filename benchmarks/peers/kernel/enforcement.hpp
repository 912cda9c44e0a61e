// Performance of a judgment, and enforcement. Twin of kernels/enforcement.py.
#pragma once
#include "auction.hpp"

inline Outcome await_performance(const Loan& loan, const Terms& terms, const double* quantiles, Books& books,
                                 Case& claim, double t, int end, bool on_tape, const Trial& trial) {
    const Words w = draw(trial, loan.key, stream::ENFORCEMENT, 0);
    double chance = terms.p_perform, delay = w.w1;
    const double spent = on_tape ? loan.stage_elapsed : 0.0;
    const double gone = on_tape ? loan.elapsed_probability : 0.0;
    if (gone > 0.0) {
        // He has not performed yet: the longer that lasts, the less he will.
        chance *= (1.0 - gone) / (1.0 - gone * chance);
        delay = gone + delay * (1.0 - gone);
    }
    claim.late_from = t + std::max(0.0, terms.perform_window - spent);
    if (w.w0 < chance) {
        t += std::max(0.0, quantile(quantiles, terms.q_perform, delay) - spent);
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
        wait = std::max(0.0, wait - spent);
        late = late || wait > loan.window_left;
    }
    if (late && draw(trial, loan.key, stream::ENFORCEMENT, 1).w3 < terms.p_defence)
        return {stage::DORMANT, t};
    if (month_of(t + wait) > end) return {stage::JUDGED, double(end)};
    return {stage::ENFORCEMENT, t + wait};
}

// The chance that at least one of the joint debtors meets it.
inline double either(double chance, int debtors) {
    return debtors <= 1 ? chance : 1.0 - std::pow(1.0 - chance, debtors);
}

struct Enforcement {
    const Loan& loan;
    const Package& package;
    const Terms& terms;
    const World& world;
    Books& books;
    Case& claim;
    const Trial& trial;
    int end;
    double t;  // of the application
    double contingent, slowness, base, latest;

    Enforcement(const Loan& loan, const Package& package, const Terms& terms, const World& world,
                Books& books, Case& claim, const Trial& trial, int end, double t)
        : loan(loan), package(package), terms(terms), world(world), books(books), claim(claim), trial(trial),
          end(end), t(t), contingent(terms.lawyer_contingent),
          slowness(world.congestion[std::max(1, month_of(t))]), base(0.0), latest(t) {}

    Outcome enforce(bool on_tape) {
        const double* quantiles = package.quantiles;
        if (on_tape) claim.late_from = 0.0;
        else if (terms.lawyer_enforcement > 0.0)
            books.post(loan.group, kind::LAWYER, month_of(t), -terms.lawyer_enforcement);
        claim.accrue(loan.accrual, t);
        base = claim.owed();
        if (loan.item_begin < loan.item_end) {
            Sale sale{loan, package, world, books, claim, trial, end, contingent, slowness};
            latest = std::max(latest, sale.sell_items(t, on_tape));
            if (claim.paid()) return {stage::CLOSED, latest};
        }
        if (loan.guarantor_begin < loan.guarantor_end && claim.bound) {
            call_guarantors();
            if (claim.paid()) return {stage::CLOSED, latest};
        }
        bool found = false;
        if (terms.asset_begin < terms.asset_end) {
            found = take_assets();
            if (claim.paid()) return {stage::CLOSED, latest};
        }
        const Words w = draw(trial, loan.key, stream::ENFORCEMENT, 0);
        const double searched = t + quantile(quantiles, terms.q_search, w.w2) * slowness;
        const int month = month_of(searched);
        if (month > end) return {stage::ENFORCEMENT, double(end)};
        latest = std::max(latest, searched);
        if (terms.garnish_share > 0.0 && w.w3 < either(terms.p_garnish, loan.debtors)) {
            claim.accrue(loan.accrual, searched);
            latest = std::max(latest, double(garnish(month)));
        } else if (!found && terms.p_revival > 0.0) {
            revive(searched);
        }
        return {claim.paid() ? stage::CLOSED : stage::DORMANT, latest};
    }

  private:
    void collect(int kind, double at, double amount) {
        books.receive_with_lawyer(loan.group, kind, month_of(at), amount, contingent);
        claim.pay(amount);
        latest = std::max(latest, at);
    }

    void call_guarantors() {
        for (int i = loan.guarantor_begin; i < loan.guarantor_end; ++i) {
            if (i > loan.guarantor_begin && claim.paid()) return;
            const Guarantor& guarantor = package.guarantors[i];
            const Words w = draw(trial, guarantor.key, stream::GUARANTOR, 0);
            if (w.w0 >= terms.p_guarantor * guarantor.factor) continue;
            const double at = t + quantile(package.quantiles, terms.q_guarantor_delay, w.w2);
            if (month_of(at) > end) continue;
            claim.accrue(loan.accrual, at);
            const double part = quantile(package.quantiles, terms.q_guarantor_share, w.w1);
            collect(kind::GUARANTOR, at, std::min<double>(part * claim.owed(), guarantor.cap));
        }
    }

    // What an asset class is worth to us when enforcement lays hands on it; 0: nothing was found.
    double worth_of(const Asset& asset, std::uint32_t step, double coverage, double find) const {
        bool frozen = false;
        double secured = t, exposed = t, rival = 0.5;
        const bool preserved = claim.preserved_at >= 0.0 && asset.p_find_preserved > 0.0;
        if (preserved || asset.rivals > 0.0) {
            const Words w = draw(trial, loan.key, stream::PRESERVATION, step);
            rival = w.w2;
            frozen = preserved && w.w0 < asset.p_find_preserved;
            if (frozen) {
                exposed = std::min(t, claim.preserved_at);
                double kept = INF;
                if (asset.p_renewal < 1.0) {
                    kept = 1.0;
                    if (asset.p_renewal > 0.0) kept += std::floor(std::log(w.w1) / std::log(asset.p_renewal));
                }
                const double until = exposed + asset.freeze_months * kept;
                if (until >= t) secured = exposed;
                else exposed += t - until;  // a freeze that ran out has lost its rank
            }
        }
        if (!frozen && find >= asset.p_find) return 0.0;
        double worth = quantile(package.quantiles, asset.q_coverage, coverage) * base;
        if (asset.dissipation > 0.0) worth *= std::exp(-asset.dissipation * exposed);
        if (asset.rivals > 0.0 && -std::log(rival) < asset.rivals * secured) worth *= asset.rank_share;
        return worth;
    }

    // Turns other assets into cash, class by class; says whether anything was found at all.
    bool take_assets() {
        bool found = false;
        for (int i = terms.asset_begin; i < terms.asset_end; ++i) {
            if (claim.paid()) break;
            const Asset& asset = package.assets[i];
            const std::uint32_t step = i - terms.asset_begin;
            const auto [present, find, coverage, search] = draw(trial, loan.key, stream::ASSET, step);
            if (present >= either(asset.p_present, loan.debtors)) continue;
            const double worth = worth_of(asset, step, coverage, find);
            if (!(worth > 0.0)) continue;
            found = true;
            const double at = t + quantile(package.quantiles, asset.q_search, search) * slowness;
            const int month = month_of(at);
            if (month > end) continue;
            claim.accrue(loan.accrual, at);
            const double court = fee(package.fees[feerow::ENFORCEMENT], std::min(worth, claim.owed()));
            distribute(books, claim, loan.group, kind::DEFICIENCY, month, worth, 0.0, 0.0, court, INF,
                       contingent);
            latest = std::max(latest, at);
        }
        return found;
    }

    int garnish(int month) {
        const double amount = terms.garnish_share * base;
        const int last = std::min(end, month + terms.garnish_months);
        while (month < last && !claim.paid()) {
            ++month;
            claim.accrue(loan.accrual, month);
            const double due = std::min(amount, claim.owed());
            books.receive_with_lawyer(loan.group, kind::GARNISHMENT, month, due, contingent);
            claim.pay(due);
        }
        return month;
    }

    void revive(double searched) {
        const Words w = draw(trial, loan.key, stream::ENFORCEMENT, 1);
        if (w.w0 >= terms.p_revival) return;
        const double at = searched + quantile(package.quantiles, terms.q_revival_delay, w.w1);
        if (month_of(at) > end) return;
        claim.accrue(loan.accrual, at);
        const double share = quantile(package.quantiles, terms.q_revival_share, w.w2);
        collect(kind::DEFICIENCY, at, share * claim.owed());
    }
};
