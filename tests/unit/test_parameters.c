/* Parameter sets: names of numbers, their lines, draws per batch, and what the figures owe
 * to them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "models/registry.h"
#include "sim/param.h"
#include "sim/rng.h"
#include "sim/uncertainty.h"
#include "tests/fixture.h"
#include "tests/scratch.h"

static const char SCENARIO[] = "tailrace: 1\n"
                               "name: sampled\n"
                               "run: {paths: %d, horizon: 1d, step: 1d, seed: 5, "
                               "parameters: %s, batch: 256}\n"
                               "market:\n"
                               "  tailrace: 1\n"
                               "  name: m\n"
                               "  assets:\n"
                               "    BTC:\n"
                               "      spot_usd: 100\n"
                               "      price: {model: gbm, volatility_annual: 0.8}\n"
                               "      uncertainty: %s\n"
                               "%s";

static void open_scenario(struct fixture *f, int paths, const char *parameters,
                          const char *uncertainty, const char *more)
{
    char text[2048];

    snprintf(text, sizeof text, SCENARIO, paths, parameters, uncertainty, more);
    fixture_open(f, text, NULL, NULL);
    fixture_run(f);
}

Test(parameters, numbers_are_found_by_their_names)
{
    static const struct {
        const char *key;
        bool found;
    } rows[] = {{"volatility_annual", true},    {"jump_log_sd", true},
                {"volatility", false},          {"volatility_annual[0]", false},
                {"volatility_annual.x", false}, {"", false}};
    const struct price_model *merton = registry_price_find("merton");
    struct arena arena = {NULL};
    void *param = arena_get(&arena, 1, merton->about.param_size);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct param_slot slot;
        cr_assert_eq(param_find(merton, param, rows[i].key, &slot), rows[i].found, "%s",
                     rows[i].key);
    }
    arena_free(&arena);
}

Test(parameters, lines_lead_back_and_have_their_slope)
{
    static const struct {
        double min, max, value;
    } rows[] = {{-5.0, 5.0, 0.13},  {0.0, 10.0, 0.77},     {0.0, 1.0, 0.831},
                {-1.0, 1.0, -0.62}, {2.001, 1000.0, 3.85}, {0.0, 100000.0, 12.0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct field field = {.min = rows[i].min, .max = rows[i].max};
        const double h = 1e-6 * (1.0 + fabs(rows[i].value));
        double line, slope, up, down, unused;
        cr_assert(param_to_line(&field, rows[i].value, &line, &slope), "row %d", (int)i);
        param_to_line(&field, rows[i].value + h, &up, &unused);
        param_to_line(&field, rows[i].value - h, &down, &unused);
        cr_assert_float_eq(param_from_line(&field, line), rows[i].value, 1e-13, "row %d",
                           (int)i);
        cr_assert_float_eq(slope, (up - down) / (2.0 * h), 1e-6 * fabs(slope), "row %d",
                           (int)i);
    }
    const struct field share = {.min = 0.0, .max = 1.0};
    double line, slope;
    cr_assert_not(param_to_line(&share, 0.0, &line, &slope));
}

/* Standard deviation of the log-prices of one batch, over sqrt(1 / 365). */
static double batch_volatility(const double *final_usd, int batch)
{
    double sum = 0.0, square = 0.0;

    for (int i = 0; i < 256; i++) {
        const double x = log(final_usd[256 * batch + i] / 100.0);
        sum += x;
        square += x * x;
    }
    return sqrt((square - sum * sum / 256.0) / 255.0 * 365.0);
}

/* The spread of the batches' volatilities is that of the draws and of 256 paths; the median
 * is the estimate. 5 standard errors. */
Test(parameters, each_batch_has_its_own_set)
{
    enum { N_BATCH = 200 };
    struct fixture f;
    double sum = 0.0, square = 0.0;

    open_scenario(&f, 256 * N_BATCH, "sampled",
                  "{parameters: [volatility_annual], standard_error: [0.2]}", "");
    const double *final_usd = fixture_metric(&f, "final_spot_usd", 0);
    for (int b = 0; b < N_BATCH; b++) {
        const double x = log(batch_volatility(final_usd, b));
        sum += x;
        square += x * x;
    }
    const double mean = sum / N_BATCH, variance = square / N_BATCH - mean * mean;
    const double expected = 0.25 * 0.25 + 1.0 / (2.0 * 255.0);
    cr_assert_float_eq(mean, log(0.8), 5.0 * sqrt(expected / N_BATCH), "mean %g", mean);
    cr_assert_float_eq(variance, expected, 5.0 * expected * sqrt(2.0 / N_BATCH),
                       "variance %g, expected %g", variance, expected);
    fixture_close(&f);
}

/* Standard errors of 0 leave the bits alone; another asset leaves the sets alone. */
Test(parameters, sets_depend_on_their_own_asset_alone)
{
    static const char ERROR_0[] = "{parameters: [volatility_annual], standard_error: [0]}";
    static const char ERROR[] = "{parameters: [volatility_annual], standard_error: [0.2]}";
    static const char ETH[] =
        "    ETH:\n      spot_usd: 10\n      price: {model: gbm, volatility_annual: 1}\n"
        "      uncertainty: {parameters: [drift_annual], standard_error: [1]}\n"
        "  correlation: {BTC/ETH: 0}\n";
    const struct {
        const char *name, *parameters[2], *uncertainty[2], *more[2];
    } rows[] = {
        {"error 0", {"estimates", "sampled"}, {ERROR_0, ERROR_0}, {"", ""}},
        {"another asset", {"sampled", "sampled"}, {ERROR, ERROR}, {"", ETH}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct fixture f[2];
        double last[2][600];
        for (int i = 0; i < 2; i++) {
            open_scenario(&f[i], 600, rows[r].parameters[i], rows[r].uncertainty[i],
                          rows[r].more[i]);
            for (int path = 0; path < 600; path++)
                last[i][path] = fixture_metric(&f[i], "final_spot_usd", 0)[path];
            fixture_close(&f[i]);
        }
        for (int path = 0; path < 600; path++)
            cr_assert_eq(last[0][path], last[1][path], "%s: path %d", rows[r].name, path);
    }
}

Test(parameters, a_file_of_sets_is_drawn_from)
{
    struct fixture f;
    int low = 0, high = 0;

    scratch_file("sets.csv", "volatility_annual,note\n0.2,a\n2.0,b\n");
    open_scenario(&f, 256 * 40, "sampled",
                  "{parameters: [volatility_annual], sets: sets.csv}", "");
    for (int b = 0; b < 40; b++) {
        const double v = batch_volatility(fixture_metric(&f, "final_spot_usd", 0), b);
        low += fabs(v - 0.2) < 0.2 * 5.0 / sqrt(510.0);
        high += fabs(v - 2.0) < 2.0 * 5.0 / sqrt(510.0);
    }
    cr_assert_eq(low + high, 40);
    cr_assert(low > 4 && high > 4, "%d and %d", low, high); /* 16 of 20 once in 1e5 */
    fixture_close(&f);
}

/* Values t_b + e with known spread of t: the interval covers it 95 % of the time, within 5
 * standard errors of 400 repetitions, for the mean and VaR. */
Test(parameters, spread_over_sets_is_estimated_with_its_error)
{
    enum { N_BATCH = 30, BATCH = 256, REPETITIONS = 400, N = N_BATCH * BATCH };
    static const struct {
        double sd;
        const char *name;
    } rows[] = {{0.4, "large"}, {0.1, "of the size of the error"}};
    static double values[N];
    struct risk_table table = {.confidence = 0.95, .n_level = 1, .level = {0.95}};

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        int covered[2] = {0, 0};
        double mean_square = 0.0;
        for (uint64_t seed = 0; seed < REPETITIONS; seed++) {
            struct rng rng;
            struct risk_row row;
            lane_row z, t;
            rng_start(&rng, seed, 0, "t");
            for (int i = 0; i < N; i++) {
                if (i % BATCH == 0)
                    rng_normal(&rng, t);
                if (i % LANES == 0)
                    rng_normal(&rng, z);
                values[i] = rows[r].sd * t[0] + z[i % LANES];
            }
            uncertainty_parameters(values, N, BATCH, &table, &row);
            const struct interval *sd[2] = {&row.mean_parameter_sd,
                                            &row.at_level[0].var_parameter_sd};
            for (int i = 0; i < 2; i++)
                covered[i] += sd[i]->lower <= rows[r].sd && rows[r].sd <= sd[i]->upper;
            mean_square += sd[0]->value * sd[0]->value / REPETITIONS;
        }
        const double share = 0.95 * REPETITIONS, off = 5.0 * sqrt(share * 0.05);
        for (int i = 0; i < 2; i++)
            cr_assert(fabs(covered[i] - share) < off, "%s, figure %d: %d of %d",
                      rows[r].name, i, covered[i], REPETITIONS);
        cr_assert_float_eq(mean_square, rows[r].sd * rows[r].sd,
                           0.1 * rows[r].sd * rows[r].sd, "%s: %g", rows[r].name,
                           sqrt(mean_square));
    }
}

/* Jumps of ETH excite those of BTC: the long-run rate that BTC starts from is that of the
 * same set, which ETH, below it, has drawn. Both stand as far above their base rates. */
Test(parameters, excitation_belongs_to_one_set)
{
    static const char TEXT[] =
        "tailrace: 1\n"
        "name: sampled\n"
        "run: {paths: 2560, horizon: 1h, step: 1h, seed: 5, parameters: sampled, "
        "batch: 256}\n"
        "market:\n"
        "  tailrace: 1\n"
        "  name: m\n"
        "  correlation: {BTC/ETH: 0}\n"
        "  assets:\n"
        "    BTC:\n"
        "      spot_usd: 100\n"
        "      price: {model: hawkes, volatility_annual: 0.5, jumps_per_year: 3, "
        "excitation: {ETH: 0.5}, decay_per_year: 50, jump_log_mean: 0, jump_log_sd: 0.1}\n"
        "    ETH:\n"
        "      spot_usd: 10\n"
        "      price: {model: hawkes, volatility_annual: 0.5, jumps_per_year: 80, "
        "excitation: {ETH: 0.5}, decay_per_year: 50, jump_log_mean: 0, jump_log_sd: 0.1}\n"
        "      uncertainty: {parameters: [jumps_per_year], standard_error: [40]}\n";
    struct fixture f;

    fixture_open(&f, TEXT, NULL, NULL);
    cr_assert_eq(f.plan.n_set, 10);
    for (uint32_t set = 0; set <= f.plan.n_set; set++) {
        lane_row rate[2];
        for (uint32_t i = 0; i < 2; i++) {
            double *const state[] = {rate[i]};
            f.plan.asset[i].model->start(f.plan.asset[i].coef[set], state);
        }
        cr_assert_float_eq(rate[0][0], rate[1][0], 1e-9 * rate[1][0],
                           "set %u: %g of BTC, %g of ETH", set, rate[0][0], rate[1][0]);
        cr_assert(set == f.plan.n_set || fabs(rate[1][0] - 80.0) > 1e-6, "set %u", set);
    }
    fixture_close(&f);
}
