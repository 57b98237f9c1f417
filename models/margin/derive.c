#include "models/margin/derive.h"

#include <math.h>

#include "models/margin/scenario_book.h"
#include "sim/vmath.h"

/* Derive's portfolio risk manager (derivexyz/v2-core 7736900d, PMRMLib_2.sol and its test
 * cases; the first one, PMRMLib.sol, is the same with other parameters). Each asset with
 * contracts is a market of its own, and markets add. With T in years to expiry, r the
 * venue's rate, D = exp(-max(r, 0) T) and m0 the value of an expiry's options:
 *     up, down: volatility x (1 +- range (30 days / max(T, floor))^power), up not below a
 *         floor, down not below 0;
 *     skews: volatility x (1 + clip(k cap / width, -cap, cap)), k = ln(K/F) or |k|,
 *         cap = c + c' sqrt(T), width = max(least, w sqrt(T) (v + v' sqrt(T)));
 *     an expiry's shocked value counts, above 0, times long_discount
 *         exp(-T (r scale + add)), below 0 times min(1/D, short_discount
 *         exp(T (r scale + add))), less m0 and times the scenario's dampening; in a skew
 *         the profit counts as a loss either way;
 *     perpetuals, futures and coins of the underlying add what the price makes of them.
 * In the last half hour only the part t / 30 min of the forward moves, as the settlement
 * price is being averaged.
 *     forward contingency = sum over expiries of (a + b T) min(V(up) - m0, V(down) - m0, 0)
 * competes with the scenarios: worst is the least of all. Then
 *     maintenance = - scale worst + perpetual_frac |n| S + option_frac x naked shorts x S
 *                   + haircuts,
 * the initial one with its own scale and more of each; shorts are naked that are left when
 * a call and a put of one strike are netted. Confidence of oracles and the peg of the
 * settlement coin are taken as whole. */
static const double AVERAGED_YEARS = 1800.0 / 31536000.0;
enum { N_BASIS = 2, N_PRICE = MARGIN_MAX_SCENARIO + N_BASIS };

const struct field derive_asset_fields[] = {
    /* clang-format off */
    {.key = "haircut_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.02, .offset = offsetof(struct derive_asset, haircut_frac),
     .doc = "part of held coins that is no collateral (BTC 0.02, ETH 0.015)"},
    {.key = "initial_haircut_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.01, .offset = offsetof(struct derive_asset, initial_haircut_frac),
     .doc = "what the initial margin adds to it (BTC 0.01, ETH 0.005)"},
    {.key = "risk_cancelling", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct derive_asset, risk_cancelling),
     .doc = "these coins move in the scenarios of an account's one market, as staked ETH "
            "in that of ETH"},
    {.key = NULL},
    /* clang-format on */
};

static const char *const VOLATILITY_NAME[] = {"up", "same", "down", "linear skew",
                                              "absolute skew"};

/* One market: legs first .. end - 1 of one asset, and the coins that move with it. */
struct market {
    const struct derive_coef *coef;
    const struct margin_book *book;
    uint32_t first, end;
    double index_usd, coins_usd;     /* value of the coins that move */
    double *pnl_usd;                 /* [n_scenario] */
    double contingency_usd;          /* of the forward, at most 0 */
    double perpetual_usd, naked_usd; /* notional of perpetuals, of naked shorts */
};

/* Factor that a skew puts on the volatility at strike K. */
static double skew_factor(const struct derive_param *p, enum derive_volatility kind,
                          const struct margin_leg *leg, double forward_usd)
{
    const double root = sqrt(leg->years);
    const double log_moneyness = vm_log(leg->contract->strike_usd / forward_usd);
    const bool linear = kind == DERIVE_LINEAR_SKEW;
    const double cap = linear ? p->linear_skew + p->linear_skew_per_root * root
                              : p->absolute_skew + p->absolute_skew_per_root * root;
    const double width = vm_max(
        p->least_width, root * p->width_scale *
                            (p->width_volatility + root * p->width_volatility_per_root));
    const double k = linear ? log_moneyness : fabs(log_moneyness);
    const double shift = vm_min(k * cap / width, cap);

    return 1.0 + (linear ? vm_max(shift, -cap) : shift);
}

static double shocked_volatility(const struct derive_param *p, enum derive_volatility kind,
                                 const struct margin_leg *leg, double forward_usd)
{
    const double iv = leg->volatility_annual;
    const double term =
        scenario_book_vega_power(leg->years, p->days_floor, p->near_power, p->far_power);

    switch (kind) {
    case DERIVE_UP:
        return vm_max(iv * (1.0 + p->volatility_up_frac * term), p->volatility_floor);
    case DERIVE_DOWN:
        return iv * vm_max(1.0 - p->volatility_down_frac * term, 0.0);
    case DERIVE_LINEAR_SKEW:
    case DERIVE_ABSOLUTE_SKEW:
        return iv * vm_max(skew_factor(p, kind, leg, forward_usd), 0.0);
    case DERIVE_SAME:
        break;
    }
    return iv;
}

/* Adds one option's values: [n_scenario] shocked, then the two of the basis; *now. */
static void add_option(const struct market *m, const struct margin_leg *leg,
                       double *shocked, double *now)
{
    const struct derive_coef *c = m->coef;
    const double moving = vm_min(leg->years / AVERAGED_YEARS, 1.0);
    const double forward = m->index_usd * vm_exp(leg->log_forward_ratio);
    const double discount = vm_exp(-vm_max(leg->rate_annual, 0.0) * leg->years);
    const int n = (int)c->n_scenario;
    const double basis[N_BASIS] = {c->param.basis_up, c->param.basis_down};
    double price[N_PRICE], volatility[N_PRICE], value[N_PRICE];

    for (int i = 0; i < n + N_BASIS; i++) {
        const double factor = i < n ? c->scenario[i].factor : basis[i - n];
        price[i] = m->index_usd * (1.0 + moving * (factor - 1.0));
        volatility[i] =
            i < n ? shocked_volatility(&c->param, c->scenario[i].volatility, leg, forward)
                  : leg->volatility_annual;
    }
    margin_leg_value(leg, n + N_BASIS, price, volatility, value);
    for (int i = 0; i < n + N_BASIS; i++)
        shocked[i] += discount * value[i];
    margin_leg_value(leg, 1, &m->index_usd, NULL, value);
    *now += discount * value[0];
}

/* Options of one expiry, legs first .. end - 1. */
static void add_expiry(struct market *m, uint32_t first, uint32_t end)
{
    const struct derive_param *p = &m->coef->param;
    const uint32_t n = m->coef->n_scenario;
    const double years = m->book->leg[first].years;
    const double rate = vm_max(m->book->leg[first].rate_annual, 0.0);
    const double as_asset =
        p->long_discount * vm_exp(-years * (rate * p->long_rate_scale + p->long_rate_add));
    const double as_debt =
        vm_min(vm_exp(rate * years),
               p->short_discount *
                   vm_exp(years * (rate * p->short_rate_scale + p->short_rate_add)));
    double shocked[N_PRICE] = {0.0}, now = 0.0;

    for (uint32_t i = first; i < end; i++)
        if (m->book->leg[i].contract->instrument->margin == MARGIN_OPTION)
            add_option(m, &m->book->leg[i], shocked, &now);
    for (uint32_t i = 0; i < n; i++) {
        const struct derive_scenario *s = &m->coef->scenario[i];
        const double counted = shocked[i] * (shocked[i] > 0.0 ? as_asset : as_debt);
        const double profit = counted - now;
        m->pnl_usd[i] +=
            (s->volatility >= DERIVE_LINEAR_SKEW ? -fabs(profit) : profit) * s->dampening;
    }
    const double basis = vm_min(vm_min(shocked[n], shocked[n + 1]) - now, 0.0);
    m->contingency_usd += basis * (p->basis_scale + p->basis_scale_per_year * years);
}

/* Perpetuals and futures, and the naked shorts of one expiry. */
static void add_rest(struct market *m, uint32_t first, uint32_t end)
{
    double perpetual_usd = 0.0;

    for (uint32_t i = first; i < end; i++) {
        const struct margin_leg *leg = &m->book->leg[i];
        const struct contract *c = leg->contract;
        double net = 0.0;
        if (c->instrument->margin != MARGIN_OPTION) {
            const double coins = margin_leg_delta(leg, m->index_usd);
            for (uint32_t s = 0; s < m->coef->n_scenario; s++)
                m->pnl_usd[s] += coins * m->index_usd *
                                 (m->coef->scenario[s].factor - 1.0) *
                                 m->coef->scenario[s].dampening;
            perpetual_usd +=
                margin_leg_notional(leg, m->index_usd) / vm_exp(leg->log_forward_ratio);
            continue;
        }
        bool seen = false;
        for (uint32_t j = first; j < end; j++) {
            const struct contract *other = m->book->leg[j].contract;
            if (other->instrument->margin != MARGIN_OPTION ||
                other->strike_usd != c->strike_usd)
                continue;
            seen |= j < i;
            net += other->quantity;
        }
        m->naked_usd += seen ? 0.0 : vm_max(-net, 0.0) * m->index_usd;
    }
    m->perpetual_usd += fabs(perpetual_usd);
}

/* Worst and contingencies of one market into the sums. */
static void add_market(struct market *m, struct margin_result *out, double *largest)
{
    const struct derive_param *p = &m->coef->param;
    double pnl[MARGIN_MAX_SCENARIO] = {0.0};
    struct margin_result mine = {.n_scenario = m->coef->n_scenario};

    m->pnl_usd = pnl;
    for (uint32_t first = m->first, end; first < m->end; first = end) {
        end = scenario_book_expiry_end(m->book, first);
        add_expiry(m, first, end);
        add_rest(m, first, end);
    }
    for (uint32_t i = 0; i < mine.n_scenario; i++) {
        const struct derive_scenario *s = &m->coef->scenario[i];
        mine.scenario[i] = (struct margin_scenario){
            s->factor - 1.0, VOLATILITY_NAME[s->volatility],
            pnl[i] + m->coins_usd * (s->factor - 1.0) * s->dampening};
    }
    const double worst = vm_min(scenario_book_worst(&mine), m->contingency_usd);
    out->maintenance_usd += -p->maintenance_scale * worst +
                            p->perpetual_frac * m->perpetual_usd +
                            p->option_frac * m->naked_usd;
    out->initial_usd += -p->initial_scale * worst +
                        (p->perpetual_frac + p->initial_perpetual_frac) * m->perpetual_usd +
                        (p->option_frac + p->initial_option_frac) * m->naked_usd;
    if (-worst < *largest)
        return;
    *largest = -worst;
    out->n_scenario = mine.n_scenario;
    out->worst = mine.worst;
    for (uint32_t i = 0; i < mine.n_scenario; i++)
        out->scenario[i] = mine.scenario[i];
    out->asset = m->first < m->end ? m->book->leg[m->first].contract->asset : UINT32_MAX;
}

static const struct derive_asset *asset_of(const struct derive_coef *c, uint32_t asset)
{
    return c->asset == NULL || c->asset[asset] == NULL ? &c->preset : c->asset[asset];
}

/* Value of the coins that move with a market: the asset's own, and the risk-cancelling ones
 * where there is no other market. */
static double moving_coins(const struct derive_coef *c, const struct margin_book *book,
                           uint32_t underlying, bool alone)
{
    double usd = 0.0;

    for (uint32_t asset = 0; asset < book->n_asset; asset++)
        if (asset == underlying || (alone && asset_of(c, asset)->risk_cancelling))
            usd += book->coins[asset] * book->index_usd[asset];
    return usd;
}

void derive_book(const void *derive_coef, const struct margin_book *book,
                 struct margin_result *out)
{
    const struct derive_coef *c = derive_coef;
    double largest = -1.0;

    out->maintenance_usd = out->initial_usd = 0.0;
    for (uint32_t first = 0, end; first < book->n_leg || first == 0; first = end) {
        const bool empty = book->n_leg == 0;
        const uint32_t asset = empty ? UINT32_MAX : book->leg[first].contract->asset;
        end = empty ? 0 : scenario_book_asset_end(book, first);
        const bool alone = first == 0 && end == book->n_leg;
        struct market m = {.coef = c,
                           .book = book,
                           .first = first,
                           .end = end,
                           .index_usd = empty ? 0.0 : book->index_usd[asset],
                           .coins_usd = moving_coins(c, book, asset, alone)};
        add_market(&m, out, &largest);
        if (empty)
            break;
    }
    for (uint32_t asset = 0; asset < book->n_asset; asset++) {
        const struct derive_asset *a = asset_of(c, asset);
        const double held = vm_max(book->coins[asset], 0.0) * book->index_usd[asset];
        out->maintenance_usd += a->haircut_frac * held;
        out->initial_usd += (a->haircut_frac + a->initial_haircut_frac) * held;
    }
}
