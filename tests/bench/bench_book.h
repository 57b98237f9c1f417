#ifndef TAILRACE_TESTS_BENCH_BENCH_BOOK_H
#define TAILRACE_TESTS_BENCH_BENCH_BOOK_H

#include <stdbool.h>

#include "sim/arena.h"
#include "sim/black.h"
#include "sim/error.h"
#include "sim/model.h"

/* Each BOOK_STRIP contracts in a row expire together and settle alike. */
enum { BOOK_CONTRACTS = 4096, BOOK_STRIP = 128, BOOK_STRIPS = BOOK_CONTRACTS / BOOK_STRIP };

/* The book of options that the figures of bench_options.c value: contracts on one asset at
 * one instant, on one block of paths. The peers of scripts/bench-peers value the same one. */
struct bench_book {
    struct contract contract[BOOK_CONTRACTS];
    double volatility_sqrt_t[BOOK_CONTRACTS]; /* before stress */
    double years[BOOK_CONTRACTS];             /* to expiry */
    double log_forward_ratio[BOOK_CONTRACTS]; /* ln(F/S) */
    lane_row spot, log_spot;                  /* USD per coin and its logarithm */
    lane_row factor;                          /* stress factor on volatility */
};

/* The same book at every call, owned by the arena. */
struct bench_book *bench_book(struct arena *arena);

/* What the market quotes for one contract; its rows are the book's. */
struct claim_quote bench_book_quote(const struct bench_book *book, int contract);

/* The book as black_strip_greeks takes it, one unit of each contract. */
struct bench_strips {
    struct black_strip strip[BOOK_STRIPS];
    struct black_path path;
    double sign[BOOK_CONTRACTS], strike_usd[BOOK_CONTRACTS], log_strike[BOOK_CONTRACTS];
    double quantity[BOOK_CONTRACTS];
};

/* Owned by the arena; points into the book. */
struct bench_strips *bench_strips(struct arena *arena, const struct bench_book *book);

/* Writes contracts.csv, paths.csv and sums.csv into the folder, which is there: the book's
 * contracts, its paths, and value and Greeks summed over all contracts and paths. False if
 * a file cannot be written. */
bool bench_book_write(const char *folder, struct error *err);

#endif
