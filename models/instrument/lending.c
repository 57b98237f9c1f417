#include "models/instrument/lending.h"

static const double YEAR_S = 365.0 * 86400.0;

/* The row of flows that the debt is paid in. */
static double *debt_flow(const struct claim_step *s)
{
    return s->debt_spot_usd != NULL ? s->debt_coins : s->cash_usd;
}

/* Price of what is owed: 1 for USD. */
static void debt_price(const double *usd, double *price)
{
    for (int k = 0; k < LANES; k++)
        price[k] = usd != NULL ? usd[k] : 1.0;
}

static void row_add(double *restrict to, const double *restrict by)
{
    for (int k = 0; k < LANES; k++)
        to[k] += by[k];
}

static void row_take(double *restrict from, const double *restrict by)
{
    for (int k = 0; k < LANES; k++)
        from[k] -= by[k];
}

/* to += plus x plus_usd - minus x minus_usd */
static void row_add_usd(double *restrict to, const double *restrict plus,
                        const double *restrict plus_usd, const double *restrict minus,
                        const double *restrict minus_usd)
{
    for (int k = 0; k < LANES; k++)
        to[k] += plus[k] * plus_usd[k] - minus[k] * minus_usd[k];
}

void lending_start(const struct claim_step *s, double collateral, const double *debt)
{
    const double *restrict spot = s->spot_usd;
    double *restrict log_start = s->state[LENDING_LOG_START];
    lane_row coins;

    for (int k = 0; k < LANES; k++)
        coins[k] = collateral;
    for (int k = 0; k < LANES; k++)
        log_start[k] = vm_log(spot[k]);
    row_add(s->state[LENDING_DEBT], debt);
    row_add(s->state[LENDING_COLLATERAL], coins);
    row_add(s->coins, coins);
    row_take(debt_flow(s), debt);
}

/* Interest on the debt, yield on the collateral. */
static void lending_accrue(const struct lending *l, const struct claim_step *s,
                           const double *debt_spot_usd)
{
    const double years = s->step_s / YEAR_S;
    const double yield = vm_expm1(l->staking_yield_annual * years);
    const struct rate_curve rate = l->rate;
    const double *restrict before = s->spot_before_usd, *restrict debt =
                                                            s->state[LENDING_DEBT];
    const double *restrict log_start = s->state[LENDING_LOG_START];
    const double *restrict collateral = s->state[LENDING_COLLATERAL];
    lane_row interest, earned;

    for (int k = 0; k < LANES; k++) {
        const double utilisation =
            rate_utilisation(&rate, vm_log(before[k]) - log_start[k]);
        interest[k] = debt[k] * vm_expm1(rate_annual(&rate, utilisation) * years);
        earned[k] = collateral[k] * yield;
    }
    row_add(s->state[LENDING_DEBT], interest);
    row_add(s->state[LENDING_COLLATERAL], earned);
    row_take(debt_flow(s), interest);
    row_add(s->coins, earned);
    row_add_usd(s->carry_usd, earned, s->spot_usd, interest, debt_spot_usd);
}

/* The number of paths whose health is below 1. */
static int lending_n_due(const struct lending *l, const struct claim_step *s,
                         const double *debt_mark_usd)
{
    const double threshold = l->liquidation_threshold_frac;
    const double *restrict mark = s->mark_usd, *restrict debt = s->state[LENDING_DEBT];
    const double *restrict collateral = s->state[LENDING_COLLATERAL];
    int n = 0;

    for (int k = 0; k < LANES; k++)
        n += collateral[k] * mark[k] * threshold < debt[k] * debt_mark_usd[k];
    return n;
}

/* One liquidation wherever it is due. */
static void lending_call_all(const struct lending *l, const struct claim_step *s,
                             const double *debt_spot_usd, const double *debt_mark_usd)
{
    const double size = l->contract.quantity;
    const struct lending terms = *l;
    const double *restrict mark = s->mark_usd, *restrict debt_mark = debt_mark_usd;
    const double *restrict debt = s->state[LENDING_DEBT];
    const double *restrict collateral = s->state[LENDING_COLLATERAL];
    lane_row repaid, taken, relieved;

    for (int k = 0; k < LANES; k++) {
        const struct lending_call call = lending_liquidate(
            &terms, size * collateral[k] * mark[k], size * debt[k] * debt_mark[k]);
        const double part = call.taken_usd / (size * mark[k]);
        repaid[k] = call.repaid_usd / (size * debt_mark[k]);
        taken[k] = call.collateral_gone ? collateral[k] : part;
        relieved[k] = call.debt_gone ? debt[k] : repaid[k];
    }
    row_take(s->state[LENDING_DEBT], relieved);
    row_take(s->state[LENDING_COLLATERAL], taken);
    row_add(debt_flow(s), relieved);
    row_take(s->coins, taken);
    row_add_usd(s->fee_usd, repaid, debt_spot_usd, taken, s->spot_usd);
}

void lending_step(const struct contract *c, const struct claim_step *s)
{
    const struct lending *l = (const struct lending *)c;
    lane_row debt_spot_usd, debt_mark_usd;

    debt_price(s->debt_spot_usd, debt_spot_usd);
    debt_price(s->debt_mark_usd, debt_mark_usd);
    lending_accrue(l, s, debt_spot_usd);
    for (int call = 0; call < LENDING_CALLS && lending_n_due(l, s, debt_mark_usd) > 0;
         call++)
        lending_call_all(l, s, debt_spot_usd, debt_mark_usd);
}
