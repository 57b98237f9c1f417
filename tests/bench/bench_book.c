/* The book of options of the bench: 16 expiries in 1 to 270 days, as many linear as inverse
 * options at each, half of them calls, strikes within 40 % of the money. */
#include <math.h>
#include <stdio.h>

#include "tests/bench/bench_book.h"
#include "tests/option_case.h"

struct bench_book *bench_book(struct arena *arena)
{
    struct bench_book *book = arena_get(arena, 1, sizeof *book);
    uint64_t state = 1;
    double years = 0.0;

    for (int i = 0; i < BOOK_CONTRACTS; i++) {
        if (i % (2 * BOOK_STRIP) == 0)
            years = option_case_random(&state, 1.0, 270.0) / 365.0;
        book->contract[i].call = option_case_random(&state, 0.0, 1.0) < 0.5;
        book->contract[i].inverse = i / BOOK_STRIP % 2;
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

struct claim_quote bench_book_quote(const struct bench_book *book, int contract)
{
    return (struct claim_quote){.spot_usd = book->spot,
                                .log_spot = book->log_spot,
                                .surface_factor = book->factor,
                                .log_forward_ratio = book->log_forward_ratio[contract],
                                .volatility_sqrt_t = book->volatility_sqrt_t[contract],
                                .years = book->years[contract]};
}

struct bench_strips *bench_strips(struct arena *arena, const struct bench_book *book)
{
    struct bench_strips *s = arena_get(arena, 1, sizeof *s);

    s->path = (struct black_path){book->spot, book->log_spot, book->factor};
    for (int i = 0; i < BOOK_CONTRACTS; i++) {
        s->sign[i] = book->contract[i].call ? 1.0 : -1.0;
        s->strike_usd[i] = book->contract[i].strike_usd;
        s->log_strike[i] = log(s->strike_usd[i]);
        s->quantity[i] = 1.0;
    }
    for (int i = 0; i < BOOK_STRIPS; i++) {
        const int first = i * BOOK_STRIP;
        s->strip[i] =
            (struct black_strip){.n = BOOK_STRIP,
                                 .inverse = book->contract[first].inverse,
                                 .years = book->years[first],
                                 .log_forward_ratio = book->log_forward_ratio[first],
                                 .sign = &s->sign[first],
                                 .strike_usd = &s->strike_usd[first],
                                 .log_strike = &s->log_strike[first],
                                 .quantity = &s->quantity[first],
                                 .volatility_sqrt_t = &book->volatility_sqrt_t[first]};
    }
    return s;
}

static void write_contracts(FILE *file, const struct bench_book *book)
{
    fprintf(file, "call,inverse,strike_usd,years,log_forward_ratio,volatility_sqrt_t\n");
    for (int i = 0; i < BOOK_CONTRACTS; i++)
        fprintf(file, "%d,%d,%.17g,%.17g,%.17g,%.17g\n", book->contract[i].call,
                book->contract[i].inverse, book->contract[i].strike_usd, book->years[i],
                book->log_forward_ratio[i], book->volatility_sqrt_t[i]);
}

static void write_paths(FILE *file, const struct bench_book *book)
{
    fprintf(file, "spot_usd,surface_factor\n");
    for (int k = 0; k < LANES; k++)
        fprintf(file, "%.17g,%.17g\n", book->spot[k], book->factor[k]);
}

/* By the very code that option.strip.greeks times. */
static void write_sums(FILE *file, const struct bench_book *book)
{
    static const struct {
        const char *name;
        enum black_sum sum;
    } columns[] = {{"value_usd", BLACK_VALUE}, {"delta_coin", BLACK_DELTA},
                   {"gamma", BLACK_GAMMA},     {"vega_usd", BLACK_VEGA},
                   {"theta_usd", BLACK_THETA}, {"vanna_coin", BLACK_VANNA},
                   {"volga_usd", BLACK_VOLGA}, {"rho_usd", BLACK_RHO}};
    enum { N_COLUMN = sizeof columns / sizeof columns[0] };
    struct arena arena = {0};
    const struct bench_strips *strips = bench_strips(&arena, book);
    lane_row sum[N_BLACK_SUM] = {{0.0}};

    for (int i = 0; i < BOOK_STRIPS; i++)
        black_strip_greeks(&strips->strip[i], &strips->path, sum, NULL);
    for (int i = 0; i < N_COLUMN; i++)
        fprintf(file, "%s%s", i > 0 ? "," : "", columns[i].name);
    for (int i = 0; i < N_COLUMN; i++) {
        double total = 0.0;
        for (int k = 0; k < LANES; k++)
            total += sum[columns[i].sum][k];
        fprintf(file, "%s%.17g", i > 0 ? "," : "\n", total);
    }
    fprintf(file, "\n");
    arena_free(&arena);
}

static bool write_table(const char *folder, const char *name,
                        void (*write)(FILE *, const struct bench_book *),
                        const struct bench_book *book, struct error *err)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return fail(err, "cannot write %s: name a folder that is there and can be written",
                    path);
    write(file, book);
    const bool written = ferror(file) == 0;
    if (fclose(file) != 0 || !written)
        return fail(err, "cannot write all of %s: is the disk full?", path);
    return true;
}

bool bench_book_write(const char *folder, struct error *err)
{
    struct arena arena = {0};
    const struct bench_book *book = bench_book(&arena);
    const bool done = write_table(folder, "contracts.csv", write_contracts, book, err) &&
                      write_table(folder, "paths.csv", write_paths, book, err) &&
                      write_table(folder, "sums.csv", write_sums, book, err);

    arena_free(&arena);
    return done;
}
