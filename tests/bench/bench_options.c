/* Revaluation of a book of options: value alone, and value with delta, gamma, vega, theta;
 * the sums of all Greeks by strips of options that expire together. */
#include <math.h>
#include <string.h>

#include "sim/black.h"
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

enum { N_STRIP = 32, STRIP = N_CONTRACT / N_STRIP };

struct strips {
    struct black_strip strip[N_STRIP];
    struct black_path path;
    double sign[N_CONTRACT], strike[N_CONTRACT], log_strike[N_CONTRACT];
    double quantity[N_CONTRACT], volatility_sqrt_t[N_CONTRACT];
    lane_row sum[N_BLACK_SUM];
};

/* A book like the one above with 16 expiries in both settlements. */
static void *start_strips(struct arena *arena, const void *input)
{
    const struct book *book = start_book(arena, input);
    struct strips *s = arena_get(arena, 1, sizeof *s);
    uint64_t state = 2;

    s->path = (struct black_path){book->spot, book->log_spot, book->factor};
    for (int i = 0; i < N_CONTRACT; i++) {
        s->sign[i] = book->contract[i].call ? 1.0 : -1.0;
        s->strike[i] = book->contract[i].strike_usd;
        s->log_strike[i] = log(s->strike[i]);
        s->quantity[i] = option_case_random(&state, -9.0, 9.0);
    }
    for (int i = 0; i < N_STRIP; i++) {
        const double years = book->years[i / 2];
        const int first = i * STRIP;

        for (int j = first; j < first + STRIP; j++)
            s->volatility_sqrt_t[j] = option_case_random(&state, 0.4, 1.2) * sqrt(years);
        s->strip[i] =
            (struct black_strip){.n = STRIP,
                                 .inverse = i % 2,
                                 .years = years,
                                 .log_forward_ratio = 0.04 * years,
                                 .sign = &s->sign[first],
                                 .strike_usd = &s->strike[first],
                                 .log_strike = &s->log_strike[first],
                                 .quantity = &s->quantity[first],
                                 .volatility_sqrt_t = &s->volatility_sqrt_t[first]};
    }
    return s;
}

static double run_strip_value(void *work)
{
    struct strips *s = work;

    memset(s->sum, 0, sizeof s->sum);
    for (int i = 0; i < N_STRIP; i++)
        black_strip_value(&s->strip[i], &s->path, s->sum);
    return (double)N_CONTRACT * LANES;
}

static double run_strip_greeks(void *work)
{
    struct strips *s = work;

    memset(s->sum, 0, sizeof s->sum);
    for (int i = 0; i < N_STRIP; i++)
        black_strip_greeks(&s->strip[i], &s->path, s->sum, NULL);
    return (double)N_CONTRACT * LANES;
}

const struct bench_figure bench_options[] = {
    {"option.value", "M/s", 1e6, NULL, start_book, run_value, NULL},
    {"option.greeks", "M/s", 1e6, NULL, start_book, run_greeks, NULL},
    {"option.strip.value", "M/s", 1e6, NULL, start_strips, run_strip_value, NULL},
    {"option.strip.greeks", "M/s", 1e6, NULL, start_strips, run_strip_greeks, NULL},
    {.name = NULL},
};
