#include <criterion/criterion.h>
#include <math.h>

#include "sim/model.h"

/* Inverse futures settle as inverse perpetuals are closed: N (1/entry - 1/exit) coins, to
 * the digits the sources print. The same rows as for perpetuals, which the venues state for
 * both. */
extern const struct instrument instrument_future;

static const struct {
    double contracts, entry, exit, published_coin, tolerance;
    const char *source;
} rows[] = {
    /* clang-format off */
    {50000, 10000, 11000, 0.4545, 0.5e-4,
     "BitMEX inverse perpetual guide (quoted in public test code)"},
    {50000, 10000, 9000, -0.5556, 0.5e-4,
     "BitMEX inverse perpetual guide (quoted in public notes)"},
    {15000, 750, 800, 1.25, 1e-13,
     "BitMEX Perpetual Contracts Guide Examples"},
    {60000, 600, 700, 14.286, 0.5e-3,
     "romanornr (Medium), Trading bitcoin inverse futures contracts"},
    {60000, 600, 500, -20, 1e-13,
     "romanornr (Medium)"},
    {-16000, 8000, 10000, -0.4, 1e-13,
     "romanornr (Medium), 1x short hedge"},
    {-16000, 8000, 5000, 1.2, 1e-13,
     "romanornr (Medium), 1x short hedge"},
    /* clang-format on */
};

Test(reference, inverse_future_settlement)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct contract c = {.inverse = true, .entry_usd = rows[i].entry};
        lane_row settle, payoff;
        for (int k = 0; k < LANES; k++)
            settle[k] = rows[i].exit;
        instrument_future.payoff(&c, NULL, settle, payoff);
        const double coins = rows[i].contracts * payoff[0] / settle[0];
        cr_assert_float_eq(coins, rows[i].published_coin, rows[i].tolerance,
                           "%s: %.17g coins, published %g", rows[i].source, coins,
                           rows[i].published_coin);
    }
}

Test(reference, future_without_size_entry_or_time_is_refused)
{
    struct contract c = {.id = "f1", .quantity = 2.5, .entry_usd = 100, .expiry_s = 60};
    struct error err;

    cr_assert(instrument_future.check(&c, "a.csv:2", &err), "%s", err.text);
    c.quantity = 0.0;
    cr_assert(!instrument_future.check(&c, "a.csv:2", &err), "quantity 0 was accepted");
    c.quantity = -2.5;
    c.entry_usd = 0.0;
    cr_assert(!instrument_future.check(&c, "a.csv:2", &err), "entry 0 was accepted");
    c.entry_usd = 100.0;
    c.expiry_s = -60.0;
    cr_assert(!instrument_future.check(&c, "a.csv:2", &err), "the past was accepted");
}
