/* Revaluation of a book of options: value alone, value with delta, gamma, vega, theta, and
 * value with these, vanna, volga and rho; and the sums of all of them by strips of options
 * that expire together. */
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/bench_book.h"
#include "tests/option_case.h"

struct book {
    struct bench_book *book;
    lane_row out[8];
};

static void *start_book(struct arena *arena, const void *input)
{
    struct book *book = arena_get(arena, 1, sizeof *book);

    (void)input;
    book->book = bench_book(arena);
    return book;
}

static double run_book(const struct bench_book *book, struct claim_value *out)
{
    for (int i = 0; i < BOOK_CONTRACTS; i++) {
        const struct claim_quote quote = bench_book_quote(book, i);

        instrument_option.value(&book->contract[i], &quote, out);
    }
    return (double)BOOK_CONTRACTS * LANES;
}

static double run_value(void *work)
{
    struct book *book = work;
    struct claim_value out = {.value_usd = book->out[0]};

    return run_book(book->book, &out);
}

static double run_greeks(void *work)
{
    struct book *book = work;
    struct claim_value out = {.value_usd = book->out[0],
                              .delta_coin = book->out[1],
                              .gamma = book->out[2],
                              .vega_usd = book->out[3],
                              .theta_usd = book->out[4]};

    return run_book(book->book, &out);
}

static double run_all(void *work)
{
    struct book *book = work;
    struct claim_value out = {.value_usd = book->out[0],
                              .delta_coin = book->out[1],
                              .gamma = book->out[2],
                              .vega_usd = book->out[3],
                              .theta_usd = book->out[4],
                              .vanna_coin = book->out[5],
                              .volga_usd = book->out[6],
                              .rho_usd = book->out[7]};

    return run_book(book->book, &out);
}

struct strips {
    struct bench_strips *book;
    lane_row sum[N_BLACK_SUM];
};

static void *start_strips(struct arena *arena, const void *input)
{
    struct strips *s = arena_get(arena, 1, sizeof *s);

    (void)input;
    s->book = bench_strips(arena, bench_book(arena));
    return s;
}

static double run_strip_value(void *work)
{
    struct strips *s = work;

    memset(s->sum, 0, sizeof s->sum);
    for (int i = 0; i < BOOK_STRIPS; i++)
        black_strip_value(&s->book->strip[i], &s->book->path, s->sum);
    return (double)BOOK_CONTRACTS * LANES;
}

static double run_strip_greeks(void *work)
{
    struct strips *s = work;

    memset(s->sum, 0, sizeof s->sum);
    for (int i = 0; i < BOOK_STRIPS; i++)
        black_strip_greeks(&s->book->strip[i], &s->book->path, s->sum, NULL);
    return (double)BOOK_CONTRACTS * LANES;
}

const struct bench_figure bench_options[] = {
    {"option.value", "M/s", 1e6, NULL, start_book, run_value, NULL},
    {"option.greeks", "M/s", 1e6, NULL, start_book, run_greeks, NULL},
    {"option.greeks.all", "M/s", 1e6, NULL, start_book, run_all, NULL},
    {"option.strip.value", "M/s", 1e6, NULL, start_strips, run_strip_value, NULL},
    {"option.strip.greeks", "M/s", 1e6, NULL, start_strips, run_strip_greeks, NULL},
    {.name = NULL},
};
