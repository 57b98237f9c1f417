#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output/hdf5.h"
#include "output/hdf5_read.h"
#include "output/show.h"
#include "output/summary.h"

/* One cell with every kind of metric, filled with figures that are easy to tell apart. */
enum { N_PATH = 3000, N_REPORT = 3, N_ASSET = 2, N_COLUMN = 5 + N_REPORT * N_ASSET };

static const char *const assets[] = {"BTC", "ETH"}, *const venues[] = {"perp_venue"};
static const char *const accounts[] = {"main"}, *const positions[] = {"btc-perp", "usd"};
static const struct metric metrics[] = {
    {"pnl_usd", "USD", "profit and loss", METRIC_PATH, DIM_NONE, 1, 0, false},
    {"final_spot_usd", "USD", "spot at the end", METRIC_PATH, DIM_ASSET, 2, 1, false},
    {"bad_debt_usd", "USD", "bad debt", METRIC_PATH, DIM_PROTOCOL, 1, 3, false},
    {"margin_call", "1", "1 if there was a margin call", METRIC_PATH, DIM_ACCOUNT, 1, 4,
     false},
    {"spot_usd", "USD", "spot", METRIC_TIME, DIM_ASSET, N_REPORT *N_ASSET, 5, true},
};
static const struct risk_metric risks[] = {
    {"portfolio.loss", "loss of the own book", 0, -1.0},
    {"protocol.perp_venue.bad_debt", "bad debt of the venue", 3, 1.0},
    {"portfolio.margin_call", "margin call of an own account", 4, 1.0},
};
static const struct limit limits[] = {
    {"portfolio.loss", FIGURE_VAR, 0.95, 0.0, 5.0e6, 0.95},
    {"portfolio.loss", FIGURE_VAR, 0.95, 0.0, 1.0e3, 0.95},
    {"protocol.perp_venue.bad_debt", FIGURE_PROBABILITY, 0.0, 1e3, 0.001, 0.95},
    {"protocol.perp_venue.bad_debt", FIGURE_ES, 0.99, 0.0, 1e3, 0.9},
};
enum { N_LIMIT = sizeof limits / sizeof limits[0] };
static const struct hdf5_input inputs[] = {
    {"a.yaml", "tailrace: 1\n", 12,
     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    {"p.csv", "id\n\xe4 \xc3\xa9\n", 8,
     "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"},
};
static const double report_s[N_REPORT] = {3600.0, 7200.0, 10800.0};
static const struct greek_row greeks[N_ASSET * N_GREEK_BUCKET] = {
    {.value_usd = 1.5, .rho_usd_per_pct = 8, .value_coin = 9, .delta_exchange_coin = 18},
    {.value_usd = 10, .theta_exchange_usd_per_day = 14}};
static const double debt_delta_usd[] = {0.0, -3.5};
static const uint32_t position_asset[] = {0, N_ASSET};
static const double contribution_usd[] = {1.25e5, -0.5}, share[] = {0.7, 1.0};

struct cell {
    struct arena arena;
    double *column[N_COLUMN];
    struct result result;
    struct risk_table risk;
    struct limit_result limit[N_LIMIT];
};

static void cell_start(struct cell *c, const char *name)
{
    struct error err;

    *c = (struct cell){.arena = {NULL}};
    for (int k = 0; k < N_COLUMN; k++) {
        c->column[k] = arena_get(&c->arena, N_PATH, sizeof(double));
        for (int i = 0; i < N_PATH; i++)
            c->column[k][i] = 1e4 * (k + 1) + (double)(i * 7919 % N_PATH) - 12000.5;
    }
    for (int i = 0; i < N_PATH; i++) {
        c->column[3][i] = i % 750 == 7 ? 2.385e6 : 0.0;
        c->column[4][i] = i % 3 == 0;
        c->column[N_COLUMN - 1][i] = i % 2 ? NAN : c->column[N_COLUMN - 1][i];
        c->column[N_COLUMN - 2][i] = NAN;
    }
    c->result = (struct result){
        .name = name,
        .description = "two legs \xe2\x80\x94 books thin",
        .n_path = N_PATH,
        .seed = UINT64_C(18446744073709551615),
        .horizon_s = 129600.0,
        .step_s = 300.0,
        .n_metric = sizeof metrics / sizeof metrics[0],
        .metric = metrics,
        .n_column = N_COLUMN,
        .column = c->column,
        .n_risk = 3,
        .risk = risks,
        .n_asset = N_ASSET,
        .n_account = 1,
        .n_protocol = 1,
        .n_position = 2,
        .n_report = N_REPORT,
        .asset_name = assets,
        .account_name = accounts,
        .protocol_name = venues,
        .position_name = positions,
        .position_asset = position_asset,
        .report_s = report_s,
        .greeks =
            {N_ASSET, assets, greeks, debt_delta_usd, greeks, greeks, {.value_usd = 15.5}},
        .es_contribution_level = 0.99,
        .es_contribution_usd = contribution_usd,
        .es_contribution_liquidation_usd = 7.75,
        .exogenous_frac = share,
        .target_extreme_frac = share,
        .pilot_extreme_frac = share,
        .resolved = "tailrace: 1\nname: x\n",
    };
    cr_assert(risk_compute(&c->result, &c->arena, &c->risk, &err), "%s", err.text);
    for (int i = 0; i < N_LIMIT; i++)
        cr_assert(limit_evaluate(&limits[i], &c->result, &c->limit[i], &err), "%s",
                  err.text);
}

static bool write_file(const char *path, struct error *err)
{
    static const char *const names[] = {"black-thursday", "ftx"};
    struct hdf5_writer *const w = hdf5_create(path, "stress test", 2, inputs, err);

    for (int i = 0; w && i < 2; i++) {
        struct cell c;
        cell_start(&c, names[i]);
        const bool ok =
            hdf5_add_cell(w, &c.result, &c.risk, i == 0 ? N_LIMIT : 0, c.limit, err);
        arena_free(&c.arena);
        if (!ok) {
            hdf5_abandon(w);
            return false;
        }
    }
    return w && hdf5_finish(w, err);
}

struct place {
    char folder[64], a[96], part[96], b[96];
};

static void place_start(struct place *p)
{
    strcpy(p->folder, "/tmp/tailrace-test-XXXXXX");
    cr_assert(mkdtemp(p->folder) != NULL);
    snprintf(p->a, sizeof p->a, "%s/a.h5", p->folder);
    snprintf(p->part, sizeof p->part, "%s/a.h5.part", p->folder);
    snprintf(p->b, sizeof p->b, "%s/b.h5", p->folder);
}

static void place_end(const struct place *p)
{
    unlink(p->a);
    unlink(p->b);
    cr_assert(rmdir(p->folder) == 0, "something is left in %s", p->folder);
}

static char *read_bytes(const char *path, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    struct stat status;
    char *bytes;

    cr_assert(file && fstat(fileno(file), &status) == 0);
    *size = (size_t)status.st_size;
    bytes = malloc(*size);
    cr_assert_eq(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

Test(unit, hdf5_equal_calls_give_equal_bytes)
{
    struct error err;
    struct place p;
    size_t size_a, size_b;

    place_start(&p);
    cr_assert(write_file(p.a, &err), "%s", err.text);
    sleep(1); /* times in the file would differ now */
    free(memset(malloc(1 << 20), 0xa5, 1 << 20));
    cr_assert(write_file(p.b, &err), "%s", err.text);
    char *const a = read_bytes(p.a, &size_a), *const b = read_bytes(p.b, &size_b);
    cr_assert_eq(size_a, size_b);
    cr_assert(memcmp(a, b, size_a) == 0, "the bytes differ");
    cr_assert(access(p.part, F_OK) != 0);
    free(a);
    free(b);
    place_end(&p);
}

Test(unit, hdf5_read_gives_back_the_figures)
{
    struct arena arena = {NULL};
    struct summary s;
    struct error err;
    struct place p;
    struct cell c;

    place_start(&p);
    cell_start(&c, "black-thursday");
    cr_assert(write_file(p.a, &err), "%s", err.text);
    cr_assert(hdf5_read(p.a, &arena, &s, &err), "%s", err.text);
    cr_assert_eq(s.n_cell, 2);
    cr_assert_str_eq(s.cell[0].name, "black-thursday");
    cr_assert_str_eq(s.cell[1].name, "ftx");
    cr_assert_str_eq(s.cell[0].description, c.result.description);
    cr_assert_eq(s.cell[0].n_path, N_PATH);
    cr_assert_eq(s.cell[0].seed, UINT64_MAX);
    cr_assert_eq(s.cell[0].horizon_s, 129600.0);
    cr_assert_eq(s.cell[0].step_s, 300.0);
    cr_assert_eq(s.cell[0].risk.n_row, 3);
    cr_assert_eq(s.cell[0].risk.n_level, c.risk.n_level);
    for (uint32_t i = 0; i < 3; i++) {
        const struct risk_row *const read = &s.cell[0].risk.row[i], *const row =
                                                                        &c.risk.row[i];
        cr_assert_str_eq(read->name, row->name);
        cr_assert_str_eq(read->unit, row->unit);
        cr_assert(memcmp(&read->mean, &row->mean,
                         sizeof *read - offsetof(struct risk_row, mean)) == 0 ||
                      c.risk.n_level < STATS_MAX_LEVEL,
                  "%s", row->name);
        cr_assert(memcmp(read->at_level, row->at_level,
                         c.risk.n_level * sizeof row->at_level[0]) == 0,
                  "%s", row->name);
    }
    cr_assert_eq(s.cell[0].n_limit, N_LIMIT);
    cr_assert_eq(s.cell[1].n_limit, 0);
    for (int i = 0; i < N_LIMIT; i++) {
        cr_assert_eq(s.cell[0].limit[i].verdict, c.limit[i].verdict);
        cr_assert_eq(s.cell[0].limit[i].limit.figure, limits[i].figure);
        cr_assert_eq(s.cell[0].limit[i].figure.value, c.limit[i].figure.value);
        cr_assert_str_eq(s.cell[0].limit[i].why, c.limit[i].why);
    }
    arena_free(&arena);
    arena_free(&c.arena);
    place_end(&p);
}

Test(unit, show_prints_what_the_run_printed)
{
    struct error err;
    struct place p;
    struct cell c;
    char *run, *read;
    size_t size;

    place_start(&p);
    cell_start(&c, "black-thursday");
    static const char *const names[] = {"BTC", "ETH"};
    static const struct revaluation_count counts[] = {{24, 0, 1, 3072}, {20, 4, 2, 90112}};
    c.result.revaluation =
        (struct revaluation_result){2, names, counts, 1023, 7, 2.5e-5, 1.25e-6, 3.5e-9};
    static const char *const parts[] = {"delta", "gamma"};
    static const double means[] = {-12.5, 0.25}, tails[] = {-1e6, 3e4};
    c.result.explanation = (struct explanation_result){2, parts, 0.99, 1234, means, tails};
    const struct summary_cell cell = {.name = "black-thursday",
                                      .description = c.result.description,
                                      .n_path = N_PATH,
                                      .seed = c.result.seed,
                                      .horizon_s = 129600.0,
                                      .step_s = 300.0,
                                      .risk = c.risk,
                                      .greeks = c.result.greeks,
                                      .explanation = c.result.explanation,
                                      .revaluation = c.result.revaluation,
                                      .n_limit = N_LIMIT,
                                      .limit = c.limit};
    const struct summary s = {.file = p.a, .n_cell = 1, .cell = &cell};
    struct hdf5_writer *const w = hdf5_create(p.a, "stress test", 0, NULL, &err);
    cr_assert(w && hdf5_add_cell(w, &c.result, &c.risk, N_LIMIT, c.limit, &err));
    cr_assert(hdf5_finish(w, &err), "%s", err.text);

    FILE *out = open_memstream(&run, &size);
    summary_print(&s, out);
    cr_assert(summary_json(&s, out, &err));
    fclose(out);
    out = open_memstream(&read, &size);
    cr_assert(show(p.a, false, out, &err), "%s", err.text);
    cr_assert(show(p.a, true, out, &err), "%s", err.text);
    fclose(out);
    cr_assert_str_eq(run, read);
    cr_assert(strstr(run, "undecided") && strstr(run, "FAIL") && strstr(run, "pass"), "%s",
              run);
    cr_assert(strstr(run, "18446744073709551615") && strstr(run, "(1,234 paths)"));
    free(run);
    free(read);
    arena_free(&c.arena);
    place_end(&p);
}

Test(unit, hdf5_says_when_a_folder_cannot_be_written)
{
    struct error err;

    cr_assert(!write_file("/tmp/tailrace-no-such-folder/a.h5", &err));
    cr_assert(strstr(err.text, "No such file or directory") != NULL, "%s", err.text);
    cr_assert(strchr(err.text, '\n') == NULL, "one line: %s", err.text);
}

/* The disk is full at every part of the file: one sentence, nothing left. */
Test(unit, hdf5_leaves_nothing_when_the_disk_is_full)
{
    struct rlimit limit;
    struct error err;
    struct place p;
    size_t size;

    place_start(&p);
    cr_assert(write_file(p.a, &err), "%s", err.text);
    free(read_bytes(p.a, &size));
    unlink(p.a);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    for (size_t room = 0; room < size; room += size / 23) {
        const struct rlimit tight = {room, limit.rlim_max};
        setrlimit(RLIMIT_FSIZE, &tight);
        const bool ok = write_file(p.a, &err);
        setrlimit(RLIMIT_FSIZE, &limit);
        cr_assert(!ok, "room for %zu of %zu bytes", room, size);
        cr_assert(strstr(err.text, "File too large") != NULL, "%zu: %s", room, err.text);
        cr_assert(access(p.a, F_OK) != 0 && access(p.part, F_OK) != 0, "at %zu", room);
    }
    cr_assert(write_file(p.a, &err), "afterwards: %s", err.text);
    place_end(&p);
}

/* HDF5's own handler at exit reads freed memory after such a failure. */
Test(unit, hdf5_lets_the_program_end_after_a_full_disk)
{
    enum { ROOM = 50000, REFUSED = 7 };
    struct error err;
    struct place p;
    int status;

    place_start(&p);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit tight = {ROOM, ROOM};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &tight);
        exit(write_file(p.a, &err) ? 0 : REFUSED);
    }
    cr_assert(waitpid(child, &status, 0) == child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED, "status %d", status);
    place_end(&p);
}

Test(unit, hdf5_refuses_names_that_are_no_group)
{
    static const char *const name[] = {"inputs", "a/b", "", "twice"};
    struct error err;
    struct place p;
    struct cell c;

    place_start(&p);
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        struct hdf5_writer *const w = hdf5_create(p.a, "t", 0, NULL, &err);
        cell_start(&c, name[i]);
        bool ok = hdf5_add_cell(w, &c.result, &c.risk, 0, NULL, &err);
        if (i == 3)
            ok = ok && hdf5_add_cell(w, &c.result, &c.risk, 0, NULL, &err);
        cr_assert(!ok, "'%s'", name[i]);
        hdf5_abandon(w);
        arena_free(&c.arena);
    }
    place_end(&p);
}

/* Cut short or with bytes turned, a file gives a sentence or a summary, never a crash. */
Test(unit, hdf5_read_survives_damage)
{
    struct error err;
    struct place p;
    size_t size;

    place_start(&p);
    cr_assert(write_file(p.a, &err), "%s", err.text);
    char *const bytes = read_bytes(p.a, &size);
    for (size_t k = 0; k < 200; k++) {
        struct arena arena = {NULL};
        struct summary s;
        const size_t at =
            k * 7919 % 6000; /* the head of the file, where the structure is */
        FILE *const file = fopen(p.b, "wb");

        bytes[at] ^= 0x40;
        fwrite(bytes, 1, k % 2 ? size : size / 200 * k, file);
        bytes[at] ^= 0x40;
        cr_assert(fclose(file) == 0);
        err.text[0] = '\0';
        const bool ok = hdf5_read(p.b, &arena, &s, &err);
        cr_assert(ok || err.text[0], "byte %zu", at);
        cr_assert(k % 2 || !ok, "cut to %zu bytes", size / 200 * k);
        arena_free(&arena);
    }
    free(bytes);
    place_end(&p);
}
