#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/limit.h"

/* 20,000 paths: pnl = -1, -2, ... -20,000 in a shuffled order, so that every figure is
 * known; 12 paths carry a bad debt; every second path has a margin call. */
enum { N = 20000 };
static double pnl[N], bad_debt[N], margin_call[N];
static double *const column[] = {pnl, bad_debt, margin_call};
static const struct metric metrics[] = {
    {"pnl_usd", "USD", "profit", METRIC_PATH, DIM_NONE, 1, 0, false},
    {"bad_debt_usd", "USD", "bad debt", METRIC_PATH, DIM_NONE, 1, 1, false},
    {"margin_call", "1", "margin call", METRIC_PATH, DIM_NONE, 1, 2, false},
};
static const struct risk_metric risks[] = {
    {"portfolio.loss", "loss", 0, -1.0},
    {"protocol.venue.bad_debt", "bad debt", 1, 1.0},
    {"portfolio.margin_call", "margin call", 2, 1.0},
};

static struct result result(void)
{
    for (int i = 0; i < N; i++) {
        pnl[i] = -(double)((int64_t)i * 7919 % N + 1);
        bad_debt[i] = i % 1700 == 5 ? 2.385e6 : 0.0;
        margin_call[i] = i % 2;
    }
    return (struct result){.name = "cell",
                           .n_path = N,
                           .n_metric = 3,
                           .metric = metrics,
                           .n_column = 3,
                           .column = column,
                           .n_risk = 3,
                           .risk = risks};
}

/* VaR at 99 %: 19,800, its limits the binomial ranks 19,772 and 19,828. ES: 19,900.5 with
 * limits about 27 apart on either side. P(loss > 15,000) = 0.25 +- 0.006. */
static const struct {
    struct limit limit;
    enum limit_verdict verdict;
} row[] = {
    {{"portfolio.loss", FIGURE_VAR, 0.99, 0.0, 19850.0, 0.95}, LIMIT_PASS},
    {{"portfolio.loss", FIGURE_VAR, 0.99, 0.0, 19810.0, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.loss", FIGURE_VAR, 0.99, 0.0, 19790.0, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.loss", FIGURE_VAR, 0.99, 0.0, 19750.0, 0.95}, LIMIT_FAIL},
    {{"portfolio.loss", FIGURE_ES, 0.99, 0.0, 19950.0, 0.95}, LIMIT_PASS},
    {{"portfolio.loss", FIGURE_ES, 0.99, 0.0, 19905.0, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.loss", FIGURE_ES, 0.99, 0.0, 19850.0, 0.95}, LIMIT_FAIL},
    {{"portfolio.loss", FIGURE_ES, 0.999, 0.0, 1e9, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.loss", FIGURE_VAR, 0.9999, 0.0, 1e9, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.loss", FIGURE_MEAN, 0.0, 0.0, 10100.0, 0.95}, LIMIT_PASS},
    {{"portfolio.loss", FIGURE_MEAN, 0.0, 0.0, 10050.0, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.loss", FIGURE_MEAN, 0.0, 0.0, 10050.0, 0.5}, LIMIT_PASS},
    {{"portfolio.loss", FIGURE_MEAN, 0.0, 0.0, 9900.0, 0.95}, LIMIT_FAIL},
    {{"portfolio.loss", FIGURE_PROBABILITY, 0.0, 15000.0, 0.26, 0.95}, LIMIT_PASS},
    {{"portfolio.loss", FIGURE_PROBABILITY, 0.0, 15000.0, 0.252, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.loss", FIGURE_PROBABILITY, 0.0, 15000.0, 0.24, 0.95}, LIMIT_FAIL},
    {{"protocol.venue.bad_debt", FIGURE_PROBABILITY, 0.0, 1e6, 0.0011, 0.95}, LIMIT_PASS},
    {{"protocol.venue.bad_debt", FIGURE_PROBABILITY, 0.0, 1e6, 0.001, 0.95},
     LIMIT_UNDECIDED},
    {{"protocol.venue.bad_debt", FIGURE_PROBABILITY, 0.0, 3e6, 0.001, 0.95}, LIMIT_PASS},
    {{"protocol.venue.bad_debt", FIGURE_ES, 0.99, 0.0, 1e9, 0.95}, LIMIT_UNDECIDED},
    {{"portfolio.margin_call", FIGURE_PROBABILITY, 0.0, 0.0, 0.4, 0.95}, LIMIT_FAIL},
};

Test(unit, limit_is_decided_on_the_confidence_bound)
{
    const struct result r = result();

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct limit_result out;
        struct error err;
        char text[128];

        limit_text(&row[i].limit, text, sizeof text);
        cr_assert(limit_evaluate(&row[i].limit, &r, &out, &err), "%s", err.text);
        cr_assert_eq(out.verdict, row[i].verdict, "row %zu, %s <= %g: %s [%g, %g]", i, text,
                     row[i].limit.max, limit_verdict_name[out.verdict], out.figure.lower,
                     out.figure.upper);
        cr_assert_eq(out.why[0] != '\0', out.verdict == LIMIT_UNDECIDED, "row %zu", i);
    }
}

Test(unit, limit_says_how_many_paths_carry_the_figure)
{
    const struct limit limit = {"protocol.venue.bad_debt", FIGURE_ES, 0.99, 0.0, 1e9, 0.95};
    const struct result r = result();
    struct limit_result out;
    struct error err;

    cr_assert(limit_evaluate(&limit, &r, &out, &err), "%s", err.text);
    cr_assert_eq(out.tail_paths, 12);
    cr_assert(strstr(out.why, "carried by 12 paths") != NULL, "%s", out.why);
}

Test(unit, limit_on_an_unknown_metric_names_the_known_ones)
{
    const struct limit limit = {"portfolio.los", FIGURE_ES, 0.99, 0.0, 1e9, 0.95};
    const struct result r = result();
    struct limit_result out;
    struct error err;

    cr_assert(!limit_evaluate(&limit, &r, &out, &err));
    cr_assert(strstr(err.text, "portfolio.los'") != NULL, "%s", err.text);
    cr_assert(strstr(err.text, "protocol.venue.bad_debt") != NULL, "%s", err.text);
}

Test(unit, limit_in_usd_on_a_count_is_refused)
{
    const struct limit limit = {"portfolio.margin_call", FIGURE_ES, 0.99, 0.0, 1.0, 0.95};
    const struct result r = result();
    struct limit_result out;
    struct error err;

    cr_assert(!limit_evaluate(&limit, &r, &out, &err));
    cr_assert(strstr(err.text, "not in USD") != NULL, "%s", err.text);
}

Test(unit, limit_agrees_with_the_risk_table)
{
    const struct limit limit = {"portfolio.loss", FIGURE_ES, 0.99, 0.0, 1e9,
                                RISK_CONFIDENCE};
    const struct result r = result();
    struct arena arena = {NULL};
    struct risk_table table;
    struct limit_result out;
    struct error err;

    cr_assert(risk_compute(&r, &arena, &table, &err), "%s", err.text);
    cr_assert(limit_evaluate(&limit, &r, &out, &err), "%s", err.text);
    cr_assert_eq(table.level[1], 0.99);
    cr_assert_eq(table.row[0].at_level[1].es.value, 19900.5);
    cr_assert_eq(table.row[0].at_level[1].es.lower, out.figure.lower);
    cr_assert_eq(table.row[0].at_level[1].es.upper, out.figure.upper);
    cr_assert_eq(table.row[2].probability_positive.value, 0.5);
    cr_assert(isnan(table.row[2].mean) && isnan(table.row[2].at_level[0].var.value),
              "a flag has a probability and no figure in USD");
    arena_free(&arena);
}

Test(unit, risk_refuses_a_value_that_is_not_finite)
{
    const struct result r = result();
    struct arena arena = {NULL};
    struct risk_table table;
    struct error err;

    pnl[4711] = NAN;
    cr_assert(!risk_compute(&r, &arena, &table, &err));
    cr_assert(strstr(err.text, "path 4711") != NULL, "%s", err.text);
    arena_free(&arena);
}
