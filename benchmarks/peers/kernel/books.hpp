// Cash accumulator of a loan path: the claim, and the arrays that receive its cash. Counterpart of
// kernels/accumulator.py and kernels/fees.py.
#pragma once
#include <algorithm>
#include <cmath>

#include "records.hpp"

constexpr double INF = HUGE_VAL;

inline int month_of(double t) { return std::max(0, static_cast<int>(std::ceil(t - 1e-9))); }

struct Case {
    double principal, other, claim, delay;  // claim: owed at the valuation date; delay: rate of `late`
    double late = 0.0, late_from = INF, since = 0.0;
    std::uint64_t unsold = ~std::uint64_t{0};
    bool bound = true;
    double preserved_at = -1.0, deposit = 0.0;
    int plans = 0;
    double plan_value = -1.0;  // of a plan that runs at the exit; < 0 without one
    int exit_stage = 0;
    double exit_due = 0.0, exit_secured = 0.0;

    double owed() const { return principal + other + late; }
    bool paid() const { return owed() <= 1e-6 * claim; }

    void accrue(double rate, double t) {
        if (t > since) {
            other += principal * rate * (t - since);
            if (t > late_from) late += principal * delay * (t - std::max(since, late_from));
            since = t;
        }
    }

    // Interest and fees first, then principal, then delay interest.
    void pay(double amount) {
        const double from_other = std::min(amount, other);
        other -= from_other;
        const double rest = amount - from_other - principal;
        principal = std::max(0.0, -rest);
        if (rest > 0.0) late = std::max(0.0, late - rest);
    }

    void scale(double share) {
        principal *= share;
        other *= share;
    }
};

struct Sums {
    double present, received, costs, received_month;
};

// One scenario's systematic factors.
struct World {
    const double* indices;     // [indices][months + 1]
    const double* congestion;  // [months + 1]
    double* up;                // [policies][months + 1]
    double* down;
    double* sale_up;           // [policies]
    const std::int64_t* exit;  // [policies]: month of sale, or -1
    int months;
};

struct Books {
    double* flows;  // [groups][kinds][months + 1]
    const double* discount;
    double servicing;
    double* paying;
    double* worked;
    double* standing;
    double* stages;  // [stages][months + 1]
    double* desks;   // [desks][2][months + 1]: collected, and claims in collection
    int months;
    Sums sums;

    double& flow(int group, int kind, int month) {
        return flows[(group * KINDS + kind) * (months + 1) + month];
    }

    double& desk(std::int64_t row, int side, int month) {
        return desks[(row * 2 + side) * (months + 1) + month];
    }

    void receive(int group, int kind, int month, double amount) {
        flow(group, kind, month) += amount;
        sums.present += amount * (1.0 - servicing) * discount[month];
        sums.received += amount;
        sums.costs -= amount * servicing;
        sums.received_month += amount * month;
    }

    void post(int group, int kind, int month, double amount) {
        flow(group, kind, month) += amount;
        sums.present += amount * discount[month];
        sums.costs += amount;
    }

    void receive_with_lawyer(int group, int kind, int month, double amount, double contingent) {
        receive(group, kind, month, amount);
        if (contingent > 0.0) post(group, kind::LAWYER, month, -contingent * amount);
    }

    void move(double gbv, int old_stage, int new_stage, int month) {
        stages[old_stage * (months + 1) + month] -= gbv;
        stages[new_stage * (months + 1) + month] += gbv;
    }
};

inline double fee(const Fees& schedule, double amount) {
    if (schedule.brackets == 0 || amount <= 0.0) return 0.0;
    int row = 0;
    double lower = 0.0;
    while (row < schedule.brackets - 1 && amount > schedule.upper[row]) lower = schedule.upper[row++];
    const double due = schedule.base[row] + schedule.rate[row] * (amount - lower);
    return std::min<double>(due, schedule.cap);
}

// Distributes proceeds to costs and the claim; the debtor bears costs that a surplus pays.
inline void distribute(Books& books, Case& claim, int group, int kind, int month, double proceeds,
                       double auction, double tax, double court, double cap, double contingent) {
    const double due = std::min(claim.owed(), cap);
    const double gross = std::max(0.0, std::min(proceeds, due));
    const double net = std::max(0.0, std::min(proceeds - auction - tax - court, due));
    const double borne = gross - net;
    books.receive(group, kind, month, gross);
    if (borne > 0.0) {
        const double share = borne / (auction + tax + court);
        books.post(group, kind::AUCTION, month, -auction * share);
        books.post(group, kind::TAX, month, -tax * share);
        books.post(group, kind::COURT_FEE, month, -court * share);
    }
    if (contingent > 0.0) books.post(group, kind::LAWYER, month, -contingent * net);
    claim.pay(net);
}
