// Addressed random numbers: Philox4x32-10, one call for four uniforms. Counterpart of kernels/rng.py.
#pragma once
#include <cstdint>

struct Trial {
    std::uint32_t seed_low, seed_high, scenario;
};

struct Words {
    double w0, w1, w2, w3;
};

inline double unit(std::uint32_t word) {
    return (static_cast<double>(static_cast<std::int64_t>(word)) + 0.5) * (1.0 / 4294967296.0);
}

inline Words draw(const Trial& trial, std::uint64_t key, std::uint32_t stream, std::uint32_t step) {
    std::uint32_t c0 = trial.scenario, c1 = static_cast<std::uint32_t>(key);
    std::uint32_t c2 = static_cast<std::uint32_t>(key >> 32), c3 = (stream << 24) | step;
    std::uint32_t k0 = trial.seed_low, k1 = trial.seed_high;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = 0xD2511F53ULL * c0, p1 = 0xCD9E8D57ULL * c2;
        const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
        const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
        c1 = static_cast<std::uint32_t>(p1);
        c3 = static_cast<std::uint32_t>(p0);
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    return {unit(c0), unit(c1), unit(c2), unit(c3)};
}
