#include <math.h>

#include "models/liquidation/auction.h"
#include "models/liquidation/holding.h"

/* Collateral is sold by auctions whose price falls, as by Maker's Liquidations 2.0; auction.h
 * has the formulas. The debt is in cash (a stable coin), the collateral the account's largest
 * holding.
 *
 * Bark: the debt, as far as venue and asset have room (hole), is to be raised with a penalty
 * (tab = debt x chop) from its part of the collateral; the price starts at mark x buf. One
 * auction of an account at a time; what is left behind is barked at again after it.
 * Take: keepers buy what they can sell in the market above the auction's price, as long as
 * that gains more than the gas, and within their capital.
 * Redo: after tail_s, or below cusp of its start, the price starts anew. Whoever barks or redoes
 * gets tip + chip x tab from the fund.
 * End: nothing is left to be raised, or to be sold. What was raised beyond the debt is the
 * fee. What is missing is a shortfall of the account if it has nothing else, and otherwise
 * taken over by the fund. */
enum { STAIRS, LINEAR, KNEE };

struct dutch_auction_param {
    int curve, breaker;
    double hole_usd, tip_usd, chip_frac;
};
struct dutch_auction_asset {
    double buf, chop, cut, step_s, tau_s, knee_frac, knee_s, tail_s, cusp, hole_usd,
        dust_usd;
};
struct dutch_auction_coef {
    struct dutch_auction_param param;
    const void *const *asset; /* [n_asset] struct dutch_auction_asset, NULL: not here */
};

/* Notes on an account. */
enum {
    LEG,        /* 1 + the leg that is sold; 0: no auction */
    START_S,    /* when the price started */
    TOP_USD,    /* and where */
    TAB_USD,    /* still to be raised */
    LOT,        /* coins still to be sold; they are the account's until they are */
    PENALTY_USD /* part of the tab at the start that is not debt */
};

static const char *const dutch_auction_curves[] = {"stairs", "linear", "knee", NULL};

static const struct field dutch_auction_fields[] = {
    /* clang-format off */
    {.key = "curve", .type = FIELD_CHOICE, .choices = dutch_auction_curves,
     .preset_text = "stairs", .offset = offsetof(struct dutch_auction_param, curve),
     .doc = "how the price falls: stairs: by the factor cut at every step (dss, abaci.sol); "
            "linear: to 0 in tau_s; knee: to knee_frac in knee_s, to 0 in tau_s more (Derive)"},
    {.key = "hole_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .preset = 1e8, .offset = offsetof(struct dutch_auction_param, hole_usd),
     .doc = "most that all auctions may be raising at a time (dss, dog.sol: Hole)"},
    {.key = "tip_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e6,
     .preset = 0.0, .offset = offsetof(struct dutch_auction_param, tip_usd),
     .doc = "paid for starting an auction (dss, clip.sol: tip)"},
    {.key = "chip_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 0.5,
     .preset = 0.001, .offset = offsetof(struct dutch_auction_param, chip_frac),
     .doc = "the same per USD to be raised (dss, clip.sol: chip)"},
    {.key = "breaker", .unit = "1", .type = FIELD_CHOICE, .preset_text = "open",
     .choices = (const char *const[]){"open", "no_start", "no_restart", "no_purchase", NULL},
     .offset = offsetof(struct dutch_auction_param, breaker),
     .doc = "what is switched off, each with those before it (dss, clip.sol: stopped 0 .. 3)"},
    {.key = NULL},
    /* clang-format on */
};

static const struct field dutch_auction_asset_fields[] = {
    /* clang-format off */
    {.key = "buf", .unit = "1", .type = FIELD_NUMBER, .min = 0.1, .max = 10.0, .preset = 1.2,
     .offset = offsetof(struct dutch_auction_asset, buf),
     .doc = "price at the start of an auction per mark (dss, clip.sol: buf; Derive: 0.95)"},
    {.key = "chop", .unit = "1", .type = FIELD_NUMBER, .min = 1.0, .max = 2.0, .preset = 1.13,
     .offset = offsetof(struct dutch_auction_asset, chop),
     .doc = "1 + penalty: raised per debt (dss, dog.sol: chop; Maker, ETH: 1.13)"},
    {.key = "cut", .unit = "1", .type = FIELD_NUMBER, .min = 0.01, .max = 0.999999,
     .preset = 0.99, .offset = offsetof(struct dutch_auction_asset, cut),
     .doc = "stairs: factor of the price per step (Maker, ETH: 0.99)"},
    {.key = "step_s", .unit = "s", .type = FIELD_DURATION, .min = 0.1, .max = 86400.0,
     .preset = 90.0, .offset = offsetof(struct dutch_auction_asset, step_s),
     .doc = "stairs: time from step to step (Maker, ETH: 90s)"},
    {.key = "tau_s", .unit = "s", .type = FIELD_DURATION, .min = 1.0, .max = 1e7,
     .preset = 43200.0, .offset = offsetof(struct dutch_auction_asset, tau_s),
     .doc = "linear, knee: time until the price is 0 (Derive: 12h after the knee)"},
    {.key = "knee_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.7368421052631579, .offset = offsetof(struct dutch_auction_asset, knee_frac),
     .doc = "knee: price there per price at the start (Derive: 0.70/0.95)"},
    {.key = "knee_s", .unit = "s", .type = FIELD_DURATION, .min = 1.0, .max = 1e7,
     .preset = 900.0, .offset = offsetof(struct dutch_auction_asset, knee_s),
     .doc = "knee: time to there (Derive: 15m)"},
    {.key = "tail_s", .unit = "s", .type = FIELD_DURATION, .min = 1.0, .max = 1e9,
     .preset = 8400.0, .offset = offsetof(struct dutch_auction_asset, tail_s),
     .doc = "time after which an auction starts anew (dss, clip.sol: tail)"},
    {.key = "cusp", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0, .preset = 0.4,
     .offset = offsetof(struct dutch_auction_asset, cusp),
     .doc = "part of the price at the start below which it does too (dss, clip.sol: cusp)"},
    {.key = "hole_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .preset = 1e8, .offset = offsetof(struct dutch_auction_asset, hole_usd),
     .doc = "most that auctions of the asset may be raising (dss, dog.sol: ilk.hole)"},
    {.key = "dust_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e9,
     .preset = 0.0, .offset = offsetof(struct dutch_auction_asset, dust_usd),
     .doc = "least debt of an account, and with the penalty the least rest of an auction "
            "(dss, vat.sol: dust)"},
    {.key = NULL},
    /* clang-format on */
};

static bool dutch_auction_prepare(const void *param, uint32_t n_asset,
                                  const void *const *asset_param, void *coef,
                                  struct error *err)
{
    const struct dutch_auction_param *p = param;

    for (uint32_t i = 0; i < n_asset; i++) {
        const struct dutch_auction_asset *a = asset_param[i];
        if (a != NULL && a->dust_usd * a->chop > vm_min(a->hole_usd, p->hole_usd))
            return fail(err,
                        "dutch_auction: dust_usd = %g with its penalty, chop = %g, is more "
                        "than the %g of hole_usd: no auction could ever start",
                        a->dust_usd, a->chop, vm_min(a->hole_usd, p->hole_usd));
    }
    *(struct dutch_auction_coef *)coef = (struct dutch_auction_coef){*p, asset_param};
    return true;
}

static bool dutch_auction_fits(const void *coef, uint32_t asset, const char *asset_name,
                               double counted_frac, struct error *err)
{
    const struct dutch_auction_coef *c = coef;
    const struct dutch_auction_asset *a = c->asset[asset];

    if (a == NULL || counted_frac * a->chop < 1.0)
        return true;
    return fail(
        err,
        "dutch_auction: %s counts %g of its value and a debt is raised %g times: at "
        "the threshold that takes %g x %g = %g of the collateral's value, so that "
        "every auction ends in a loss: lower one of them until it is below 1",
        asset_name, counted_frac, a->chop, counted_frac, a->chop, counted_frac * a->chop);
}

static double price_usd(const struct dutch_auction_coef *c,
                        const struct dutch_auction_asset *a, const double *memory,
                        double time_s)
{
    const double t = time_s - memory[START_S], top = memory[TOP_USD];

    return c->param.curve == STAIRS ? auction_stairs_usd(top, t, a->cut, a->step_s)
           : c->param.curve == LINEAR
               ? auction_linear_usd(top, t, a->tau_s)
               : auction_knee_usd(top, t, a->knee_frac, a->knee_s, a->tau_s);
}

/* The price starts, with a reward from the fund. */
static void kick(const struct dutch_auction_coef *c, const struct dutch_auction_asset *of,
                 struct liquidation_market *m, struct liquidation_account *a,
                 double mark_usd, struct liquidation_outcome *out)
{
    const double reward = c->param.tip_usd + c->param.chip_frac * a->memory[TAB_USD];

    a->memory[START_S] = m->time_s;
    a->memory[TOP_USD] = mark_usd * of->buf;
    *m->fund_usd -= a->weight * reward;
    out->liquidator_usd += reward - m->gas_usd;
    out->gas_usd += m->gas_usd;
    out->acted = true;
}

static void bark(const struct dutch_auction_coef *c, struct liquidation_market *m,
                 struct liquidation_account *a, struct liquidation_outcome *out)
{
    uint32_t leg = 0;

    for (uint32_t i = 1; i < a->n_leg; i++)
        if (a->coins[i] * m->mark_usd[a->asset[i]] >
            a->coins[leg] * m->mark_usd[a->asset[leg]])
            leg = i;
    const double debt = -*a->cash_usd;
    if (!(debt > 0.0) || a->n_leg == 0 || !(a->coins[leg] > 0.0))
        return;
    const uint32_t asset = a->asset[leg];
    const struct dutch_auction_asset *of = c->asset[asset];
    double *raising = &m->state[0], *of_asset = &m->state[1 + asset];
    const double room = vm_min(c->param.hole_usd - *raising, of->hole_usd - *of_asset);
    const double part =
        auction_bark_usd(debt, vm_max(room, 0.0) / a->weight, of->chop, of->dust_usd);

    out->stop = STOP_HALTED;
    if (c->param.breaker > 0)
        return;
    out->stop = STOP_QUEUE;
    if (!(part > 0.0) || !m->transact(m->context))
        return;
    a->memory[LEG] = 1.0 + leg;
    a->memory[TAB_USD] = part * of->chop;
    a->memory[PENALTY_USD] = a->memory[TAB_USD] - part;
    a->memory[LOT] = part == debt ? a->coins[leg] : a->coins[leg] * (part / debt);
    *raising += a->weight * a->memory[TAB_USD];
    *of_asset += a->weight * a->memory[TAB_USD];
    kick(c, of, m, a, m->mark_usd[asset], out);
}

static void raised(struct liquidation_market *m, struct liquidation_account *a,
                   uint32_t asset, double usd)
{
    a->memory[TAB_USD] -= usd;
    m->state[0] -= a->weight * usd;
    m->state[1 + asset] -= a->weight * usd;
}

static void finish(struct liquidation_market *m, struct liquidation_account *a,
                   uint32_t asset, struct liquidation_outcome *out)
{
    const double missing = vm_max(a->memory[TAB_USD] - a->memory[PENALTY_USD], 0.0);
    bool left = false;

    out->fee_usd = vm_max(a->memory[PENALTY_USD] - a->memory[TAB_USD], 0.0);
    *a->cash_usd -= out->fee_usd;
    raised(m, a, asset, a->memory[TAB_USD]);
    a->memory[LEG] = 0.0;
    for (uint32_t i = 0; i < a->n_leg; i++)
        left |= a->coins[i] != 0.0;
    out->closed = !left;
    if (left) {
        out->absorbed_usd = missing;
        *m->fund_usd -= a->weight * missing;
        *a->cash_usd += missing;
    }
}

static void take(struct liquidation_market *m, struct liquidation_account *a, double price,
                 double chost_usd, struct liquidation_outcome *out)
{
    const uint32_t leg = (uint32_t)a->memory[LEG] - 1, asset = a->asset[leg];
    const double lot = a->memory[LOT], tab = a->memory[TAB_USD];
    const double wanted =
        vm_min(vm_min(lot, tab / price), *m->capital_usd / (a->weight * price));
    const struct fill above = holding_trade(m, m->quote, a, leg, wanted, price);
    const struct auction_take t = auction_take(lot, tab, price, above.coins, chost_usd);
    const struct fill sale = holding_trade(m, m->quote, a, leg, t.slice, 0.0);

    out->stop = STOP_WAITING;
    if (!(t.slice > 0.0) || sale.stop != STOP_FILLED ||
        !(sale.usd - t.owed_usd > m->gas_usd))
        return;
    out->stop = STOP_QUEUE;
    if (a->weight * t.owed_usd > *m->capital_usd || !m->transact(m->context))
        return;
    holding_trade(m, m->trade, a, leg, t.slice, 0.0);
    a->coins[leg] -= t.slice;
    *a->cash_usd += t.owed_usd;
    *m->capital_usd -= a->weight * t.owed_usd;
    a->memory[LOT] = t.slice == lot ? 0.0 : lot - t.slice;
    raised(m, a, asset, t.owed_usd);
    out->stop = above.stop;
    out->liquidated_usd += t.slice * m->mark_usd[asset];
    out->liquidator_usd += sale.usd - t.owed_usd - m->gas_usd;
    out->gas_usd += m->gas_usd;
    out->acted = true;
    if (a->memory[LOT] <= 0.0 || t.owed_usd == tab)
        finish(m, a, asset, out);
}

static void dutch_auction_act(const void *coef, struct liquidation_market *m,
                              struct liquidation_account *a,
                              struct liquidation_outcome *out)
{
    const struct dutch_auction_coef *c = coef;

    out->stop = STOP_UNPROFITABLE;
    if (a->memory[LEG] == 0.0)
        bark(c, m, a, out);
    if (a->memory[LEG] == 0.0)
        return;
    const uint32_t asset = a->asset[(uint32_t)a->memory[LEG] - 1];
    const struct dutch_auction_asset *of = c->asset[asset];
    double price = price_usd(c, of, a->memory, m->time_s);

    if (m->time_s - a->memory[START_S] > of->tail_s ||
        price < of->cusp * a->memory[TOP_USD]) {
        out->stop = c->param.breaker > 1 ? STOP_HALTED : STOP_QUEUE;
        if (c->param.breaker > 1 || !m->transact(m->context))
            return;
        kick(c, of, m, a, m->mark_usd[asset], out);
        price = a->memory[TOP_USD];
    }
    out->stop = STOP_HALTED;
    if (c->param.breaker < 3 && price > 0.0)
        take(m, a, price, of->dust_usd * of->chop, out);
}

const struct liquidation_model liquidation_dutch_auction = {
    .about =
        {.name = "dutch_auction",
         .doc = "Sells collateral by auctions with falling prices, to keepers who sell it "
                "in the market (Maker, Liquidations 2.0).",
         .fields = dutch_auction_fields,
         .param_size = sizeof(struct dutch_auction_param),
         .example = "{model: dutch_auction, curve: stairs, hole_usd: 1e8, tip_usd: 300, "
                    "chip_frac: 0.001}"},
    .asset_fields = dutch_auction_asset_fields,
    .asset_param_size = sizeof(struct dutch_auction_asset),
    .coef_size = sizeof(struct dutch_auction_coef),
    .n_state = 1,
    .n_asset_state = 1,
    .prepare = dutch_auction_prepare,
    .act = dutch_auction_act,
    .fits = dutch_auction_fits,
};
