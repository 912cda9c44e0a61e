// Normals (AS 241, Wichura 1988) and tabulated distributions. Counterpart of kernels/draws.py.
#pragma once
#include <algorithm>
#include <cmath>

#include "records.hpp"

inline double ratio(const double (&top)[8], const double (&bottom)[7], double r) {
    double a = top[7], b = bottom[6];
    for (int i = 6; i >= 0; --i) a = a * r + top[i];
    for (int i = 5; i >= 0; --i) b = b * r + bottom[i];
    return a / (b * r + 1.0);
}

inline double normal(double u) {
    static constexpr double A[8] = {
        3.387132872796366608,     133.14166789178437745,    1971.5909503065514427,
        13731.693765509461125,    45921.953931549871457,    67265.770927008700853,
        33430.575583588128105,    2509.0809287301226727};
    static constexpr double B[7] = {
        42.313330701600911252,    687.1870074920579083,     5394.1960214247511077,
        21213.794301586595867,    39307.89580009271061,     28729.085735721942674,
        5226.495278852854561};
    static constexpr double C[8] = {
        1.42343711074968357734,   4.6303378461565452959,    5.7694972214606914055,
        3.64784832476320460504,   1.27045825245236838258,   0.24178072517745061177,
        0.0227238449892691845833, 7.7454501427834140764e-4};
    static constexpr double D[7] = {
        2.05319162663775882187,   1.6763848301838038494,    0.68976733498510000455,
        0.14810397642748007459,   0.0151986665636164571966, 5.475938084995344946e-4,
        1.05075007164441684324e-9};
    static constexpr double E[8] = {
        6.6579046435011037772,    5.4637849111641143699,    1.7848265399172913358,
        0.29656057182850489123,   0.026532189526576123093,  1.2426609473880784386e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr double F[7] = {
        0.59983220655588793769,   0.13692988092273580531,   0.0148753612908506148525,
        7.868691311456132591e-4,  1.8463183175100546818e-5, 1.4215117583164458887e-7,
        2.04426310338993978564e-15};
    const double q = u - 0.5;
    if (std::fabs(q) <= 0.425) return q * ratio(A, B, 0.180625 - q * q);
    const double r = std::sqrt(-std::log(q < 0.0 ? u : 1.0 - u));
    const double x = r <= 5.0 ? ratio(C, D, r - 1.6) : ratio(E, F, r - 5.0);
    return q < 0.0 ? -x : x;
}

// Quantile tables, rows of (7 parts, CELLS, 2 ends).
inline double quantile(const double* __restrict tables, int row, double u) {
    int part = 0;
    double x = u * CELLS;
    if (u < 0.0625 || u > 0.9375) {
        const bool upper = u > 0.5;
        x = (upper ? 1.0 - u : u) * (CELLS * 16.0);
        part = upper ? 2 : 1;
        while (part < 5 && x < CELLS * 0.0625) {
            x *= 16.0;
            part += 2;
        }
    }
    const int cell = std::min(static_cast<int>(x), CELLS - 1);
    const double* ends = tables + ((row * 7 + part) * CELLS + cell) * 2;
    return ends[0] + (x - cell) * (ends[1] - ends[0]);
}
