/* Revaluation of a book of options: value alone, and value with delta, gamma, vega, theta.
 */
#include <math.h>

#include "sim/model.h"
#include "tests/bench/bench.h"
#include "tests/option_case.h"

enum { N_CONTRACT = 4096 };

struct book {
    struct contract contract[N_CONTRACT];
    double volatility_sqrt_t[N_CONTRACT], years[N_CONTRACT], log_forward_ratio[N_CONTRACT];
    lane_row spot, log_spot, factor; /* one row per block: all contracts are on one asset */
    lane_row out[5];
};

/* Half calls, half inverse; strikes within 40 % of the money, 1 to 270 days. */
static void *start_book(struct arena *arena, const void *input)
{
    struct book *book = arena_get(arena, 1, sizeof *book);
    uint64_t state = 1;

    (void)input;
    for (int i = 0; i < N_CONTRACT; i++) {
        const double years = option_case_random(&state, 1.0, 270.0) / 365.0;

        book->contract[i].call = option_case_random(&state, 0.0, 1.0) < 0.5;
        book->contract[i].inverse = option_case_random(&state, 0.0, 1.0) < 0.5;
        book->contract[i].strike_usd = 65000.0 * option_case_random(&state, 0.6, 1.4);
        book->years[i] = years;
        book->log_forward_ratio[i] = 0.04 * years;
        book->volatility_sqrt_t[i] = option_case_random(&state, 0.4, 1.2) * sqrt(years);
    }
    for (int k = 0; k < LANES; k++) {
        book->spot[k] = 65000.0 * exp(option_case_random(&state, -0.3, 0.3));
        book->log_spot[k] = log(book->spot[k]);
        book->factor[k] = option_case_random(&state, 1.0, 2.0);
    }
    return book;
}

static double run_book(struct book *book, struct claim_value *out)
{
    for (int i = 0; i < N_CONTRACT; i++) {
        const struct claim_quote quote = {.spot_usd = book->spot,
                                          .log_spot = book->log_spot,
                                          .surface_factor = book->factor,
                                          .log_forward_ratio = book->log_forward_ratio[i],
                                          .volatility_sqrt_t = book->volatility_sqrt_t[i],
                                          .years = book->years[i]};
        instrument_option.value(&book->contract[i], &quote, out);
    }
    return (double)N_CONTRACT * LANES;
}

static double run_value(void *work)
{
    struct book *book = work;
    struct claim_value out = {.value_usd = book->out[0]};

    return run_book(book, &out);
}

static double run_greeks(void *work)
{
    struct book *book = work;
    struct claim_value out = {.value_usd = book->out[0],
                              .delta_coin = book->out[1],
                              .gamma = book->out[2],
                              .vega_usd = book->out[3],
                              .theta_usd = book->out[4]};

    return run_book(book, &out);
}

const struct bench_figure bench_options[] = {
    {"option.value", "M/s", 1e6, NULL, start_book, run_value, NULL},
    {"option.greeks", "M/s", 1e6, NULL, start_book, run_greeks, NULL},
    {.name = NULL},
};
