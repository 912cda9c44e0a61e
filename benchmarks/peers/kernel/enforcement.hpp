// Performance of a judgment, and enforcement. Counterpart of kernels/title.py and kernels/enforcement.py.
#pragma once
#include <vector>

#include "auction.hpp"

inline Outcome await_performance(const Loan& loan, const Terms& terms, const double* quantiles, Books& books,
                                 Case& claim, double t, int end, bool on_tape, const Trial& trial) {
    const Words w = draw(trial, loan.key, stream::ENFORCEMENT, 0);
    double chance = terms.performance_probability, delay = w.w1;
    const double spent = on_tape ? loan.stage_elapsed : 0.0;
    const double gone = on_tape ? loan.elapsed_probability : 0.0;
    if (gone > 0.0) {
        // The longer a debtor has not performed, the less likely performance becomes.
        chance *= (1.0 - gone) / (1.0 - gone * chance);
        delay = gone + delay * (1.0 - gone);
    }
    claim.late_from = t + std::max(0.0, terms.performance_window - spent);
    if (w.w0 < chance) {
        t += std::max(0.0, quantile(quantiles, terms.performance_delay, delay) - spent);
        if (month_of(t) > end) return {stage::JUDGED, double(end)};
        claim.accrue(loan.accrual, t);
        books.receive_with_lawyer(loan.group, kind::PERFORMANCE, month_of(t), claim.owed(),
                                  terms.lawyer_contingency_share);
        return {stage::CLOSED, t};
    }
    if (!terms.enforce) return {stage::DORMANT, t};
    double wait = terms.performance_window + terms.application_delay;
    bool late = terms.application_delay > terms.enforcement_window_months;
    if (on_tape) {
        wait = std::max(0.0, wait - spent);
        late = late || wait > loan.window_left;
    }
    if (late && draw(trial, loan.key, stream::ENFORCEMENT, 1).w3 < terms.defense_raised)
        return {stage::DORMANT, t};
    if (month_of(t + wait) > end) return {stage::JUDGED, double(end)};
    return {stage::ENFORCEMENT, t + wait};
}

// Probability that at least one of the joint debtors qualifies.
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
    std::vector<Payment>& events;
    double contingent, slowness, base;

    Enforcement(const Loan& loan, const Package& package, const Terms& terms, const World& world,
                Books& books, Case& claim, const Trial& trial, int end, double t, std::vector<Payment>& events)
        : loan(loan), package(package), terms(terms), world(world), books(books), claim(claim), trial(trial),
          end(end), t(t), events(events), contingent(terms.lawyer_contingency_share),
          slowness(world.congestion[std::max(1, month_of(t))]), base(0.0) {}

    Outcome enforce(bool on_tape) {
        if (on_tape) claim.late_from = 0.0;
        else if (terms.lawyer_enforcement_fee > 0.0)
            books.post(loan.group, kind::LAWYER, month_of(t), -terms.lawyer_enforcement_fee);
        claim.accrue(loan.accrual, t);
        base = claim.owed();
        events.clear();
        Sale sale{loan, package, world, books, claim, trial, end, contingent, slowness};
        for (int i = loan.item_begin; i < loan.item_end; ++i)
            sale.hold_auctions(i, t, on_tape, [this](const Payment& event) { schedule(event); });
        if (claim.bound) schedule_guarantors();
        const bool found = schedule_assets();
        const Words w = draw(trial, loan.key, stream::ENFORCEMENT, 0);
        const double searched = t + quantile(package.quantiles, terms.search_duration, w.w2) * slowness;
        const bool ended = month_of(searched) <= end;
        int garnished_from = -1;
        if (ended) {
            if (terms.garnishment_share > 0.0 && w.w3 < either(terms.garnishment_probability, loan.debtors))
                garnished_from = month_of(searched);
            else if (!found && terms.resumption_probability > 0.0) schedule_revival(searched);
        }
        const double latest = play_out(sale, garnished_from);
        if (claim.paid()) return {stage::CLOSED, latest};
        if (!ended) return {stage::ENFORCEMENT, double(end)};
        return {stage::DORMANT, std::max(latest, searched)};
    }

  private:
    // Inserts an event up to the end in order of time, after those of the same time.
    void schedule(const Payment& event) {
        if (month_of(event.at) > end) return;
        auto place = events.end();
        while (place != events.begin() && (place - 1)->at > event.at) --place;
        events.insert(place, event);
    }

    void schedule_guarantors() {
        for (int i = loan.guarantor_begin; i < loan.guarantor_end; ++i) {
            const Guarantor& guarantor = package.guarantors[i];
            const Words w = draw(trial, guarantor.key, stream::GUARANTOR, 0);
            if (w.w0 >= terms.guarantor_payment_probability * guarantor.factor) continue;
            schedule({t + quantile(package.quantiles, terms.guarantor_delay, w.w2), Payment::Guarantee, i,
                      quantile(package.quantiles, terms.guarantor_share, w.w1)});
        }
    }

    // Worth of an asset class to the creditor at enforcement; 0 if nothing is found.
    double worth_of(const Asset& asset, std::uint32_t step, double coverage, double find) const {
        bool frozen = false;
        double secured = t, exposed = t, rival = 0.5;
        const bool preserved = claim.preserved_at >= 0.0 && asset.freeze_probability > 0.0;
        if (preserved || asset.competing_seizure_rate > 0.0) {
            const Words w = draw(trial, loan.key, stream::PRESERVATION, step);
            rival = w.w2;
            frozen = preserved && w.w0 < asset.freeze_probability;
            if (frozen) {
                exposed = std::min(t, claim.preserved_at);
                double kept = INF;
                if (asset.renewal_probability < 1.0) {
                    kept = 1.0;
                    if (asset.renewal_probability > 0.0) kept += std::floor(std::log(w.w1) / std::log(asset.renewal_probability));
                }
                const double until = exposed + asset.freeze_months * kept;
                if (until >= t) secured = exposed;
                else exposed += t - until;  // an expired freeze has lost its rank
            }
        }
        if (!frozen && find >= asset.discovery_probability) return 0.0;
        double worth = quantile(package.quantiles, asset.coverage, coverage) * base;
        if (asset.dissipation_rate > 0.0) worth *= std::exp(-asset.dissipation_rate * exposed);
        if (asset.competing_seizure_rate > 0.0 && -std::log(rival) < asset.competing_seizure_rate * secured) worth *= asset.waitlisted_share;
        return worth;
    }

    // Schedules the cash of other assets by class; returns whether any was found.
    bool schedule_assets() {
        bool found = false;
        for (int i = terms.asset_begin; i < terms.asset_end; ++i) {
            const Asset& asset = package.assets[i];
            const std::uint32_t step = i - terms.asset_begin;
            const auto [present, find, coverage, search] = draw(trial, loan.key, stream::ASSET, step);
            if (present >= either(asset.ownership_probability, loan.debtors)) continue;
            const double worth = worth_of(asset, step, coverage, find);
            if (!(worth > 0.0)) continue;
            found = true;
            const double wait = quantile(package.quantiles, asset.realization_duration, search) * slowness;
            schedule({t + wait, Payment::Asset, i, worth});
        }
        return found;
    }

    void schedule_revival(double searched) {
        const Words w = draw(trial, loan.key, stream::ENFORCEMENT, 1);
        if (w.w0 >= terms.resumption_probability) return;
        schedule({searched + quantile(package.quantiles, terms.resumption_delay, w.w1), Payment::Revival, 0,
                  quantile(package.quantiles, terms.resumption_share, w.w2)});
    }

    // Applies one event to the amount owed at its time; returns whether it paid.
    bool happen(Sale& sale, const Payment& event) {
        claim.accrue(loan.accrual, event.at);
        const int month = month_of(event.at);
        if (event.what <= Payment::Forfeited) {
            const Item& item = package.items[event.row];
            const std::uint64_t bit = std::uint64_t{1} << (event.row - loan.item_begin);
            if (!(claim.unsold & bit)) return false;
            if (event.what == Payment::Forfeited) {
                sale.forfeit(item, event.at, event.amount);
                return true;
            }
            if (event.what == Payment::Sold) sale.sell(item, event.at, event.amount);
            else if (!sale.accept(item, event.at, event.amount, event.what == Payment::Accepted)) return false;
            claim.unsold &= ~bit;
            return true;
        }
        if (event.what == Payment::Asset) {
            const double court = fee(package.fees[feerow::ENFORCEMENT], std::min(event.amount, claim.owed()));
            distribute(books, claim, loan.group, kind::DEFICIENCY, month, event.amount, 0.0, 0.0, court, INF,
                       contingent);
            return true;
        }
        double paid = event.amount * claim.owed();
        if (event.what == Payment::Guarantee) paid = std::min<double>(paid, package.guarantors[event.row].cap);
        const int kind = event.what == Payment::Guarantee ? kind::GUARANTOR : kind::DEFICIENCY;
        books.receive_with_lawyer(loan.group, kind, month, paid, contingent);
        claim.pay(paid);
        return true;
    }

    // Garnishes income from `month` to `last`, before `until`; returns the last month that paid.
    int garnish(int month, int last, double until) {
        const double amount = terms.garnishment_share * base;
        while (month < last && month + 1 < until && !claim.paid()) {
            ++month;
            claim.accrue(loan.accrual, month);
            const double due = std::min(amount, claim.owed());
            books.receive_with_lawyer(loan.group, kind::GARNISHMENT, month, due, contingent);
            claim.pay(due);
        }
        return month;
    }

    // Executes events and garnishment in order of time until the claim is paid.
    double play_out(Sale& sale, int month) {
        const int last = month < 0 ? month : std::min<int>(end, month + terms.garnishment_months);
        double latest = t;
        for (std::size_t i = 0; i <= events.size(); ++i) {
            const double until = i < events.size() ? events[i].at : INF;
            const int paid = garnish(month, last, until);
            if (paid > month) latest = std::max(latest, double(paid));
            month = paid;
            if (i == events.size() || claim.paid()) break;
            if (happen(sale, events[i])) {
                latest = std::max(latest, until);
                if (claim.paid()) break;
            }
        }
        return latest;
    }
};
