/* Files of recorded prices: what is read, and what is refused with a sentence. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scenarios/prices.h"
#include "tests/real_data.h"
#include "tests/scratch.h"

/* A file, and how reading one column of it ends. */
struct reading {
    struct arena arena;
    struct input_list inputs;
    struct price_table table;
    const struct price_column *column;
    struct history history;
    struct error err;
};

static bool reading_open(struct reading *r, const char *path, double offset_s,
                         const char *column)
{
    const struct price_format format = {offset_s};

    memset(r, 0, sizeof *r);
    r->inputs.arena = &r->arena;
    if (!prices_read(&r->inputs, path, NULL, &format, &r->table, &r->err))
        return false;
    r->column = prices_column(&r->table, column, NULL, &r->err);
    if (r->column == NULL)
        return false;
    prices_history(&r->table, r->column, &r->arena, &r->history);
    return true;
}

static void reading_close(struct reading *r)
{
    arena_free(&r->arena);
}

struct row {
    const char *text, *column;
    const char *expected; /* "time price, ..." where accepted, else part of the sentence */
    bool refused;
};

static void expect(const struct row *row, const char *path)
{
    struct reading r;
    const bool ok = reading_open(&r, path, 0.0, row->column);
    char text[400] = "";
    size_t used = 0;

    for (uint32_t i = 0; ok && i < r.history.n && used < sizeof text - 60; i++)
        used += (size_t)sprintf(text + used, "%s%.15g %.15g", i > 0 ? ", " : "",
                                r.history.time_s[i], r.history.price_usd[i]);
    cr_expect_eq(ok, !row->refused, "%s\n  gives: %s%s", row->text, r.err.text, text);
    if (row->refused)
        cr_expect(strstr(r.err.text, row->expected) != NULL, "%s\n  gives: %s", row->text,
                  r.err.text);
    else
        cr_expect_str_eq(text, row->expected, "%s\n  gives: %s", row->text, text);
    reading_close(&r);
}

static void expect_all(const struct row *rows)
{
    for (; rows->text != NULL; rows++)
        expect(rows, scratch_file("p.csv", rows->text));
    scratch_remove();
}

Test(prices, wide_and_long_files_are_read)
{
    static const struct row rows[] = {
        {"time_s,BTC,ETH\n10,2.5,3\n70,2.75,4\n", "ETH", "10 3, 70 4", false},
        {"ETH,time_s\n3,10\n4,70\n", "ETH", "10 3, 70 4", false},
        {"time_ms,BTC\n10500,2.5\n70000,2.75\n", "BTC", "10.5 2.5, 70 2.75", false},
        {"date,BTC\n1970-01-01,2.5\n1970-01-02,2.75\n", "BTC", "86400 2.5, 172800 2.75",
         false},
        {"date,BTC\n1970-01-01 00:01,2.5\n1970-01-02T00:00:30Z,2.75\n", "BTC",
         "60 2.5, 86430 2.75", false},
        {"time_utc,btc_open,btc_close,btc_volume,src\n1970-01-01 01:00,1,2.5,0,S\n"
         "1970-01-01 02:00,1,2.75,,S\n",
         "BTC", "3600 2.5, 7200 2.75", false},
        {"time_s,btc,BTC\n1,7,2.5\n2,7,2.75\n", "BTC", "1 2.5, 2 2.75", false},
        {"time_s,BTC,ETH\n1,2.5,\n2,,5\n3,2.75,6\n", "BTC", "1 2.5, 3 2.75", false},
        {"time_s,BTC\n1,2.5\n1,2.5\n2,2.75\n", "BTC", "1 2.5, 2 2.75", false},
        {"time_s,BTC\n1,\n1,2.5\n2,2.75\n", "BTC", "1 2.5, 2 2.75", false},
        {"\xEF\xBB\xBFtime_s,BTC\r\n1,2.5\r\n2,2.75\r\n", "BTC", "1 2.5, 2 2.75", false},
        {"time_s,BTC\n1,2.5\n2,2.75", "BTC", "1 2.5, 2 2.75", false},
        {"time_s,\"BTC\"\n\"1\",\"2.5\"\n2,2.75\n", "BTC", "1 2.5, 2 2.75", false},
        {"window,asset,time_s,open,close\nw,ETH,5,9,3\nw,ETH,6,9,4\nw,BTC,4,9,2.5\n"
         "w,BTC,6,9,2.75\n",
         "BTC", "4 2.5, 6 2.75", false},
        {"asset,time_s,price_usd\nETH,5,3\nBTC,5,2.5\nETH,6,4\nBTC,6,2.75\nBTC,6,2.75\n",
         "ETH", "5 3, 6 4", false},
        {"time_s,BTC,ETH\n1,2.5,0\n2,2.75,4\n", "BTC", "1 2.5, 2 2.75", false},
        {NULL, NULL, NULL, false},
    };

    expect_all(rows);
}

Test(prices, what_is_no_price_is_refused)
{
    static const struct row rows[] = {
        {"time_s,BTC\n1,2\n2,0\n", "BTC", "p.csv:3:3: BTC = 0 is not a price: it lies",
         true},
        {"time_s,BTC,ETH\n1,2,3\n2,3,-4\n", "ETH", "p.csv:3:5: ETH = -4 is not a price",
         true},
        {"time_s,BTC\n1,2\n2,high\n", "BTC",
         "p.csv:3:3: BTC = 'high' is not a price: write", true},
        {"time_s,BTC\n1,nan\n2,2\n", "BTC", "p.csv:2:3: BTC = 'nan' is not a price", true},
        {"time_s,BTC\n1,inf\n2,2\n", "BTC", "BTC = 'inf' is not a price", true},
        {"time_s,BTC\n1,0x10\n2,2\n", "BTC", "BTC = '0x10' is not a price", true},
        {"time_s,BTC\n1,1e308\n2,2\n", "BTC",
         "p.csv:2:3: BTC = 1e308 is not a price: it lies outside 1e-12 .. 1e+12", true},
        {"time_s,BTC\n1,1e999\n2,2\n", "BTC", "BTC = '1e999' is not a price", true},
        {"time_s,BTC\n1,\"2,000\"\n2,2\n", "BTC", "BTC = '2,000' is not a price", true},
        {"time_s,BTC,ETH\n1,2,\n2,3,\n", "ETH", "p.csv:1:1: column 'ETH' has no price",
         true},
        {"time_s,BTC\n1,2\n1,3\n", "BTC", "the file has 1 time with prices", true},
        {"time_s,BTC\n1,2\n1,3\n4,3\n", "BTC",
         "p.csv:3:3: BTC has two prices at 1970-01-01T00:00:01Z, 2 and 3: keep one", true},
        {"asset,time_s,close\nBTC,1,2\nETH,1,2\nBTC,2,-1\n", "BTC",
         "p.csv:4:7: BTC = -1 is not a price", true},
        {"asset,time_s,close\nBTC,1,2\nBTC,1,3\nETH,2,1\n", "BTC",
         "p.csv:3:7: BTC has two prices at", true},
        {"asset,time_s,close\nBTC,1,2\n,2,3\n", "BTC", "p.csv:3:1: asset is empty", true},
        {NULL, NULL, NULL, false},
    };

    expect_all(rows);
}

Test(prices, what_is_no_history_is_refused)
{
    static const struct row rows[] = {
        {"", "BTC", "p.csv:1:1: the file is empty", true},
        {"\n\n", "BTC", "the file is empty", true},
        {"time_s,BTC\n", "BTC", "the file has 0 times with prices", true},
        {"time_s,BTC\n1,2\n", "BTC", "the file has 1 time with prices: a history takes two",
         true},
        {"time_s,BTC\n1,2\n3,2\n2,2\n", "BTC",
         "p.csv:4:1: the time goes back from 1970-01-01T00:00:03Z to 1970-01-01T00:00:02Z",
         true},
        {"asset,time_s,close\nBTC,3,2\nETH,1,2\nBTC,2,2\n", "BTC",
         "p.csv:4:5: the time goes back", true},
        {"BTC,ETH\n1,2\n3,2\n", "BTC", "p.csv:1:1: there is no column of times: name one",
         true},
        {"time_s,date,BTC\n1,2\n", "BTC", "'date' and 'time_s' are both columns of times",
         true},
        {"time_s\n1\n2\n", "BTC", "there is no column of prices beside 'time_s'", true},
        {"time_s,BTC,BTC\n1,2,2\n", "BTC", "p.csv:1:12: column 'BTC' stands here a second",
         true},
        {"asset,time_s,BTC\nBTC,2,2\n", "BTC", "'close' or 'price_usd'", true},
        {"asset,time_s,close,price_usd\nBTC,2,2,2\n", "BTC", "'close' or 'price_usd'",
         true},
        {"time_s,BTC,ETH,src\n1,2,3,S\n2,2,3,S\n", "SOL",
         "p.csv:1:1: there is no column of prices 'SOL', only BTC, ETH", true},
        {"date,BTC\n2020-02-30,2\n", "BTC", "p.csv:2:1: date = '2020-02-30' is not a time",
         true},
        {"date,BTC\n12/03/2020,2\n", "BTC", "date = '12/03/2020' is not a time", true},
        {"time_utc,BTC\n,2\n", "BTC", "time_utc = '' is not a time", true},
        {"time_s,BTC\nnan,2\n", "BTC", "time_s = nan is not a finite number", true},
        {"time_s,BTC\n1600000000000,2\n", "BTC", "time_s = 1600000000000 is outside", true},
        {"time_s,BTC\n1,2,3\n", "BTC", "p.csv:2:1: 3 cells where the first row has 2",
         true},
        {"time_s;BTC\n1;2\n", "BTC", "no column of times", true},
        {NULL, NULL, NULL, false},
    };
    static const struct row binary = {"binary", "BTC", "byte 0x89 is not UTF-8 text", true};
    static const struct row folder = {"folder", "BTC", "it is a folder", true};
    static const struct row absent = {"absent", "BTC", "cannot be read", true};

    expect_all(rows);
    expect(&binary, scratch_bytes("p.csv", "\x89HDF\r\n\x1a\n\0\0\1", 11));
    expect(&folder, scratch_path("."));
    expect(&absent, scratch_path("none.csv"));
    scratch_remove();
}

/* What a file that is accepted promises. */
static void check_promise(const struct price_table *t, const char *text)
{
    cr_assert(t->n_row >= 2, "%s", text);
    for (uint32_t i = 1; i < t->n_row; i++)
        cr_assert_gt(t->time_s[i], t->time_s[i - 1], "%s", text);
    for (uint32_t c = 0; c < t->n_column; c++)
        for (uint32_t i = 0; i < t->n_row && t->column[c].refused == NULL; i++)
            cr_assert(
                isnan(t->column[c].price_usd[i]) ||
                    (t->column[c].price_usd[i] > 0.0 && t->column[c].price_usd[i] <= 1e12),
                "%s", text);
}

/* Files with a few bytes changed, left out or doubled: refused with a place, or sound. */
Test(prices, damaged_files_do_no_harm)
{
    static const char *const sound[] = {
        "date,BTC,ETH\n2025-10-09,121662.4,4368.09\n2025-10-10,112774.5,\n"
        "2025-10-11,110644.4,3746.79\n2025-10-11,110644.4,3746.79\n",
        "asset,time_utc,close\nBTC,2025-10-09 10:00,2\nBTC,2025-10-09 11:00:30.5,3\n"
        "ETH,2025-10-09T10:00Z,\"4\"\nETH,2025-10-10,5\n",
    };
    static const char letters[] = ",,\n\n\"-0123456789.e\t ;:TZn\r\xC3\xA9x";
    const struct price_format utc = {0.0};
    uint32_t state = 2385;
    int n_sound = 0;

    for (int round = 0; round < 3000; round++) {
        char text[400];
        size_t size = strlen(sound[round % 2]);
        memcpy(text, sound[round % 2], size + 1);
        for (int change = 0; change <= round % 4; change++) {
            state = state * 1664525u + 1013904223u;
            const size_t at = (state >> 8) % size;
            const char letter = letters[(state >> 4) % (sizeof letters - 1)];
            if (state >> 30 == 0) { /* leave out */
                memmove(text + at, text + at + 1, size - at);
                size--;
            } else if (state >> 30 == 1) { /* put in */
                memmove(text + at + 1, text + at, size - at + 1);
                text[at] = letter;
                size++;
            } else {
                text[at] = letter;
            }
        }
        struct arena arena = {0};
        struct input_file file = {.name = "p.csv", .text = text, .size = size};
        struct input_list inputs = {.arena = &arena, .n = 1, .capacity = 1, .file = &file};
        struct price_table table;
        struct error err = {""};
        if (prices_read(&inputs, "p.csv", NULL, &utc, &table, &err)) {
            check_promise(&table, text);
            n_sound++;
        } else {
            cr_assert(strstr(err.text, "p.csv:") != NULL, "%s\n  gives: %s", text,
                      err.text);
        }
        arena_free(&arena);
    }
    cr_expect(n_sound > 300 && n_sound < 2700, "%d are sound", n_sound);
    scratch_remove();
}

Test(prices, a_clock_off_utc_is_set_right)
{
    struct reading r;

    scratch_file("p.csv", "time_utc,BTC\n1970-01-01 09:30,2.5\n1970-01-01 10:00,2.75\n");
    cr_assert(reading_open(&r, scratch_path("p.csv"), 9.0 * 3600.0, "BTC"), "%s",
              r.err.text);
    cr_expect_eq(r.history.time_s[0], 1800.0);
    reading_close(&r);
    scratch_remove();
}

Test(prices, duplicates_and_hash_are_reported)
{
    struct reading r;

    scratch_file("p.csv", "time_s,BTC\n60,1\n120,1\n180,1\n180,1\n400,1\n460,2\n");
    cr_assert(reading_open(&r, scratch_path("p.csv"), 0.0, "BTC"), "%s", r.err.text);
    cr_expect_eq(r.table.n_duplicate, 1);
    cr_expect_eq(r.table.n_row, 5);
    /* printf 'time_s,BTC\n60,1\n120,1\n180,1\n180,1\n400,1\n460,2\n' | sha256sum */
    cr_expect_str_eq(r.table.sha256,
                     "b909801e3bfb08e2e5c3877a8ac1f263992f52188e9911dcbef5924c16ca270d");
    reading_close(&r);
    scratch_remove();
}

Test(prices, a_large_file_is_read_fast)
{
    enum { N_ROW = 150000 };
    char *text = malloc(N_ROW * 64), *end = text;
    struct reading r;

    cr_assert(text != NULL);
    end += sprintf(end, "time_utc,BTC,ETH\n");
    for (int i = 0; i < N_ROW; i++)
        end += sprintf(end, "2020-%02d-%02d %02d:%02d:%02d,%d.25,%d.5\n",
                       1 + i / 86400 / 28, 1 + i / 86400, i / 3600 % 24, i / 60 % 60,
                       i % 60, 100 + i % 7, 20 + i % 5);
    const char *path = scratch_bytes("p.csv", text, (size_t)(end - text));
    const clock_t before = clock();
    cr_assert(reading_open(&r, path, 0.0, "ETH"), "%s", r.err.text);
    const double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    cr_log_info("%d rows in %.3f s", N_ROW, seconds);
    cr_expect_eq(r.history.n, N_ROW);
    cr_expect_eq(r.history.price_usd[N_ROW - 1], 20.5 + (N_ROW - 1) % 5);
    cr_expect_lt(seconds, 5.0, "%d rows took %.1f s", N_ROW, seconds);
    reading_close(&r);
    free(text);
    scratch_remove();
}

Test(prices, real_files_are_read)
{
    static const struct {
        const char *file, *column;
        uint32_t n;
        double first_usd, step_s;
    } rows[] = {
        {DATA "prices_daily.csv", "BTC", 0, 4285.08, 86400.0},
        {DATA "prices_hourly_btc_eth.csv", "ETH", 75135, 303.1, 3600.0},
        {DATA "crash_windows_hourly_multi.csv", "BTC", 0, 8785.43, 3600.0},
        {DATA "btcusdt_markprice_5m_2025q4.csv", "close", 25920, 0.0, 300.0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading r;
        FILE *file = fopen(rows[i].file, "r");
        if (file == NULL)
            cr_skip_test("no market data at %s", rows[i].file);
        fclose(file);
        cr_assert(reading_open(&r, rows[i].file, 0.0, rows[i].column), "%s", r.err.text);
        cr_expect(rows[i].n == 0 || r.history.n == rows[i].n, "%s: %u rows", rows[i].file,
                  r.history.n);
        cr_expect(rows[i].first_usd == 0.0 || r.history.price_usd[0] == rows[i].first_usd,
                  "%s: %g", rows[i].file, r.history.price_usd[0]);
        const double step_s = r.history.time_s[1] - r.history.time_s[0];
        cr_expect_eq(step_s, rows[i].step_s, "%s: step %g", rows[i].file, step_s);
        reading_close(&r);
    }
}
