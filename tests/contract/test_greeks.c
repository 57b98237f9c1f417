/* Every Greek of every claim in the registry, by its registration alone, against the value
 * at bumped inputs: eighth-order central differences through the front door, so that what
 * is bumped is the price, the surface, the clock and the basis of the market itself. */

#include <criterion/criterion.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "sim/book_claim.h"
#include "tests/fixture.h"

/* "{quantity: 2, strike_usd: 104}" as the columns and cells of positions.csv. */
static void write_example(const char *example, char *csv, size_t size)
{
    char head[1000] = "", cells[1000] = "";

    for (const char *at = strchr(example, '{'); at != NULL; at = strchr(at, ',')) {
        char key[64], cell[64];
        cr_assert_eq(sscanf(++at, " %63[a-z_]: %63[^,} ]", key, cell), 2, "%s", example);
        snprintf(head + strlen(head), sizeof head - strlen(head), ",%s", key);
        snprintf(cells + strlen(cells), sizeof cells - strlen(cells), ",%s", cell);
    }
    snprintf(csv, size, "id,account,instrument,asset%s\nx,own,%%s,BTC%s\n", head, cells);
}

/* One position of the instrument's example, on BTC at 100 USD. */
static void open_example(struct fixture *f, const struct instrument *instrument,
                         double basis_annual)
{
    char csv[4096], positions[4096], scenario[2000];

    cr_assert(instrument->about.example != NULL, "%s has no example",
              instrument->about.name);
    write_example(instrument->about.example, csv, sizeof csv);
    snprintf(positions, sizeof positions, csv, instrument->about.name);
    snprintf(scenario, sizeof scenario,
             "tailrace: 1\nname: example\nrun: {paths: 1, horizon: 2d, step: 1h}\n"
             "portfolio: positions.csv\nmarket:\n  correlation: {BTC/ETH: 0, BTC/USDC: 0, "
             "ETH/USDC: 0}\n  assets:\n"
             "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.8}, "
             "surface: {flat_volatility_annual: 0.8, flat_basis_annual: %.17g}}\n"
             "    ETH: {spot_usd: 50, price: {model: gbm, volatility_annual: 0.8}}\n"
             "    USDC: {spot_usd: 1, price: {model: gbm, volatility_annual: 0.01}}\n",
             basis_annual);
    fixture_open(f, scenario, positions, NULL);
}

/* Inputs of a value, as steps away from the market's. */
struct bump {
    double spot, volatility, years, basis_annual;
};
enum { SPOT_USD = 100, N_ROW = 8 };
static const double VOLATILITY = 0.8;

/* All rows of one unit at the bumped market. A claim that chose something at the start, as
 * a vault its strike, keeps what it chose in the market before the bump: `state` is written
 * without a bump and read with one. */
static void value_at(const struct instrument *instrument, double basis_annual,
                     const struct bump *by, double *state, double *row)
{
    struct fixture f;
    struct worker w;
    lane_row spot, log_spot, rows[N_ROW];
    struct claim_value out = {rows[0], rows[1], rows[2], rows[3],
                              rows[4], rows[5], rows[6], rows[7]};

    open_example(&f, instrument, basis_annual + by->basis_annual);
    fixture_start(&f, &w);
    const uint32_t claim = f.plan.position[0].claim;
    cr_assert_neq(claim, PLAN_NONE, "%s", instrument->about.name);
    const bool bumped = by->spot + by->volatility + by->years + by->basis_annual != 0.0;
    for (uint32_t i = 0; i < instrument->n_state; i++) {
        double *own = worker_row(&w, ROW_CLAIM_STATE, f.plan.claim[claim].first_state + i);
        for (int k = 0; k < LANES; k++)
            own[k] = bumped ? state[i] : own[k];
        state[i] = own[0];
    }
    w.time_s = by->years * PLAN_YEAR_S;
    for (int k = 0; k < LANES; k++) {
        spot[k] = SPOT_USD + by->spot;
        log_spot[k] = log(spot[k]);
        worker_row(&w, ROW_EFFECT, EFFECT_SURFACE * f.plan.n_asset)[k] =
            1.0 + by->volatility / VOLATILITY;
    }
    book_claim_value(&f.plan, &f.plan.claim[claim], &w, spot, log_spot, &out);
    for (int i = 0; i < N_ROW; i++)
        row[i] = rows[i][LANES - 1];
    worker_free(&w);
    fixture_close(&f);
}

enum greek { VALUE, DELTA, GAMMA, VEGA, THETA, VANNA, VOLGA, RHO };
static const char *const greek_name[] = {"value", "delta", "gamma", "vega",
                                         "theta", "vanna", "volga", "rho"};

/* What each Greek is the derivative of, and by which input in steps of h: second
 * derivatives are first ones of the Greek before, which is tested itself. */
static const struct {
    enum greek greek, of;
    struct bump h;
    double basis_annual;
} rows[] = {
    {DELTA, VALUE, {.spot = 0.25}, 0.07},
    {GAMMA, DELTA, {.spot = 0.25}, 0.07},
    {VEGA, VALUE, {.volatility = 0.01}, 0.07},
    {VANNA, DELTA, {.volatility = 0.01}, 0.07},
    {VANNA, VEGA, {.spot = 0.25}, 0.07},
    {VOLGA, VEGA, {.volatility = 0.01}, 0.07},
    {THETA, VALUE, {.years = 0.25 / 365.0}, 0.0},
    {RHO, VALUE, {.basis_annual = 0.02}, 0.07},
};

/* Weights of f(i h) - f(-i h), i = 1 .. 4. */
static const double weight[] = {4.0 / 5.0, -1.0 / 5.0, 4.0 / 105.0, -1.0 / 280.0};

static double difference(const struct instrument *instrument, size_t r, double *state)
{
    const struct bump *h = &rows[r].h;
    const double step = h->spot + h->volatility + h->years + h->basis_annual;
    double sum = 0.0;

    for (int i = 1; i <= 4; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            const double n = sign * i;
            const struct bump by = {n * h->spot, n * h->volatility, n * h->years,
                                    n * h->basis_annual};
            double row[N_ROW];
            value_at(instrument, rows[r].basis_annual, &by, state, row);
            sum += sign * weight[i - 1] * row[rows[r].of];
        }
    return sum / step;
}

/* The spot's own scale of a Greek: what a value of 100 USD, a price of 100 USD, a
 * volatility of 1 and a year make of it. Errors: rounding 1e-15 of the value over the
 * relative step of 0.0025, and the ninth derivative times h^8 / 630, with h of 1/40 of the
 * example's deviation or less; both below 1e-10 of the scale where expiry is 30 days away.
 */
static const double scale[N_ROW] = {100.0, 1.0, 0.01, 100.0, 100.0, 1.0, 100.0, 100.0};

/* The example of every claim is one that can stand in a portfolio. */
Test(contract, every_claim_has_an_example)
{
    for (const struct instrument *const *p = registry_instrument; *p != NULL; p++) {
        struct fixture f;
        if ((*p)->linear != NULL)
            continue;
        open_example(&f, *p, 0.07);
        cr_assert_eq(f.plan.n_claim, 1, "%s", (*p)->about.name);
        fixture_close(&f);
    }
}

Test(contract, every_greek_of_every_claim_is_the_bumped_value)
{
    for (const struct instrument *const *p = registry_instrument; *p != NULL; p++) {
        if ((*p)->value == NULL)
            continue;
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
            const struct bump none = {.spot = 0.0};
            double at[N_ROW], state[CLAIM_MAX_STATE];
            value_at(*p, rows[r].basis_annual, &none, state, at);
            const double bumped = difference(*p, r, state);
            const double told = at[rows[r].greek];
            cr_expect(fabs(told - bumped) <= 1e-8 * (scale[rows[r].greek] + fabs(bumped)),
                      "%s: %s is %.12g, bumped %s says %.12g", (*p)->about.name,
                      greek_name[rows[r].greek], told, greek_name[rows[r].of], bumped);
        }
    }
}
