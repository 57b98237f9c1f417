#include <math.h>

#include "models/liquidation/dydx.h"
#include "models/liquidation/holding.h"

/* Closes an account step by step by market orders, every position (leg) by itself.
 *
 * Which part of a position is closed:
 *   - with restore_ratio = c > 0 the same part x of each, so that equity E and requirement R
 *     meet at E - f x N >= c (1 - x) R, N the notional and f the venue's fee:
 *         x = (c R - E) / (c R - f N),   within 0 .. 1,
 *     before slippage; tiers make the requirement fall faster, so it errs on the safe side;
 *   - else a position above whole_below_usd by first_frac, all others wholly. The
 *     exchange's own words (Hyperliquid, announcement of partial liquidations): "only 20 % of
 *     the position will be sent ... After a block where any position of a user is partially
 *     liquidated, there is a cooldown period of 30 seconds. During this cooldown period, all
 *     market liquidation orders for that user will be for the entire position." Its users'
 *     wiki says instead that orders wait, and are for the entire position after it; hence
 *     in_cool_down.
 *   - a position's part per block is bounded by block_frac, or block_least_usd if that is
 *     more, and all parts together by block_most_usd (dYdX v4, protocol/x/clob/keeper/
 *     liquidations.go, GetMaxAndMinPositionNotionalLiquidatable and
 *     GetSubaccountMaxNotionalLiquidatable: 10 %, 1,000 USD and 100,000 USD in genesis.sh).
 * `limit` is the worst price of the orders; requirements of single positions are shares of
 * the account's by notional. What is not filled stays, and is tried again. */
enum { WHOLE, WAIT };
enum { ANY, BANKRUPTCY, FILLABLE };

struct partial_param {
    double first_frac, whole_below_usd, cool_down_s, restore_ratio;
    int in_cool_down, limit;
    double block_s, block_frac, block_least_usd, block_most_usd;
    double bankruptcy_adjustment, spread_ratio;
};

/* Notes on an account, after the one that asks for calls. */
enum {
    STAGED = 1, /* 1: a first part was closed, */
    STAGED_S,   /* at this time */
    BLOCK,      /* 1 + number of the block in which it was liquidated last */
    BLOCK_USD   /* what was closed in that block */
};

static const char *const partial_in_cool_down[] = {"whole", "wait", NULL};
static const char *const partial_limit[] = {"any", "bankruptcy", "fillable", NULL};

static const struct field partial_fields[] = {
    /* clang-format off */
    {.key = "first_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.001, .max = 1.0,
     .preset = 0.2, .offset = offsetof(struct partial_param, first_frac),
     .doc = "part of a large position that is closed first (Hyperliquid: 0.2)"},
    {.key = "whole_below_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .preset = 100000.0, .offset = offsetof(struct partial_param, whole_below_usd),
     .doc = "positions up to this notional are closed at once (Hyperliquid: 100,000)"},
    {.key = "cool_down_s", .unit = "s", .type = FIELD_DURATION, .min = 0.0, .max = 86400.0,
     .preset = 30.0, .offset = offsetof(struct partial_param, cool_down_s),
     .doc = "time after a first part (Hyperliquid: 30s)"},
    {.key = "in_cool_down", .type = FIELD_CHOICE, .choices = partial_in_cool_down,
     .preset_text = "whole", .offset = offsetof(struct partial_param, in_cool_down),
     .doc = "what happens meanwhile: whole: orders are for all that is left, and for a first "
            "part again afterwards; wait: no orders, and for all that is left afterwards"},
    {.key = "restore_ratio", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.0, .offset = offsetof(struct partial_param, restore_ratio),
     .doc = "instead of parts: closes until equity is this multiple of the requirement "
            "(1: just enough, as on Binance); 0: by parts"},
    {.key = "block_s", .unit = "s", .type = FIELD_DURATION, .min = 0.01, .max = 86400.0,
     .preset = 1.0, .offset = offsetof(struct partial_param, block_s),
     .doc = "time from one block of the chain to the next, for the bounds per block (dYdX v4: "
            "about 1s)"},
    {.key = "block_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.001, .max = 1.0,
     .preset = 1.0, .offset = offsetof(struct partial_param, block_frac),
     .doc = "most of a position that one order closes (dYdX v4: 0.1); 1: all"},
    {.key = "block_least_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .preset = 0.0, .offset = offsetof(struct partial_param, block_least_usd),
     .doc = "but it may close so much (dYdX v4: 1,000)"},
    {.key = "block_most_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .preset = 0.0, .offset = offsetof(struct partial_param, block_most_usd),
     .doc = "most that one account has closed in a block (dYdX v4: 100,000); 0: no bound"},
    {.key = "limit", .type = FIELD_CHOICE, .choices = partial_limit, .preset_text = "any",
     .offset = offsetof(struct partial_param, limit),
     .doc = "worst price of the orders: any; the bankruptcy price, which leaves the account "
            "nothing; or dYdX's fillable price"},
    {.key = "bankruptcy_adjustment", .unit = "1", .type = FIELD_NUMBER, .min = 1.0, .max = 1e4,
     .preset = 1.0, .offset = offsetof(struct partial_param, bankruptcy_adjustment),
     .doc = "how fast the fillable price gives way as equity falls below the requirement "
            "(dYdX v4: 1)"},
    {.key = "spread_ratio", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 1.5, .offset = offsetof(struct partial_param, spread_ratio),
     .doc = "how far it may give way, per requirement of the position (dYdX v4: 1.5)"},
    {.key = NULL},
    /* clang-format on */
};

static bool partial_prepare(const void *param, uint32_t n_asset,
                            const void *const *asset_param, void *coef, struct error *err)
{
    const struct partial_param *p = param;
    (void)n_asset, (void)asset_param;

    if (p->limit != ANY && p->restore_ratio > 0.0 && p->block_frac < 1.0)
        return fail(err,
                    "partial: restore_ratio = %g with block_frac = %g closes neither until "
                    "the account is safe nor a part per block: leave one of them out",
                    p->restore_ratio, p->block_frac);
    if (p->block_least_usd > p->block_most_usd && p->block_most_usd > 0.0)
        return fail(
            err,
            "partial: block_least_usd = %g is more than block_most_usd = %g: an order "
            "cannot be larger than all of a block",
            p->block_least_usd, p->block_most_usd);
    *(struct partial_param *)coef = *p;
    return true;
}

static double worst_price_usd(const struct partial_param *p,
                              const struct liquidation_account *a, double mark_usd,
                              double coins, double notional_frac)
{
    const double none = coins > 0.0 ? 0.0 : INFINITY;
    const double required = a->requirement_usd * notional_frac;

    if (p->limit == ANY || !(a->requirement_usd > 0.0))
        return none;
    const double price =
        p->limit == FILLABLE
            ? dydx_fillable_price_usd(mark_usd, coins, a->equity_usd, a->requirement_usd,
                                      required, p->bankruptcy_adjustment, p->spread_ratio)
            : dydx_bankruptcy_quote_usd(mark_usd, -coins, a->equity_usd, a->requirement_usd,
                                        required) /
                  coins;
    return vm_max(price, 0.0);
}

/* What part of every position restores the account. */
static double restoring_frac(const struct partial_param *p,
                             const struct liquidation_market *m,
                             const struct liquidation_account *a, double notional_usd)
{
    const double wanted = p->restore_ratio * a->requirement_usd;
    const double freed = wanted - m->fee_frac * notional_usd;

    return freed > 0.0 ? vm_max(0.0, vm_min(1.0, (wanted - a->equity_usd) / freed)) : 1.0;
}

/* How the stage of an account bounds its large positions; false: it waits. */
static bool staged_frac(const struct partial_param *p, const struct liquidation_market *m,
                        double *memory, double *frac)
{
    const double since_s = m->time_s - memory[STAGED_S];
    const bool cooling = memory[STAGED] != 0.0 && since_s < p->cool_down_s;

    *frac = p->first_frac;
    if (memory[STAGED] == 0.0)
        return true;
    if (cooling && (p->in_cool_down == WAIT || since_s <= 0.0))
        return false;
    if (cooling == (p->in_cool_down == WHOLE))
        *frac = 1.0;
    return true;
}

static void partial_act(const void *coef, struct liquidation_market *m,
                        struct liquidation_account *a, struct liquidation_outcome *out)
{
    const struct partial_param *p = coef;
    const double notional = holding_notional_usd(m, a);
    const double block = 1.0 + floor(m->time_s / p->block_s);
    const bool restores = p->restore_ratio > 0.0;
    double large_frac = 1.0,
           room_usd = p->block_most_usd > 0.0 ? p->block_most_usd : INFINITY;
    bool staged = false, left = false;

    if (a->memory[BLOCK] != block) {
        a->memory[BLOCK] = block;
        a->memory[BLOCK_USD] = 0.0;
    }
    room_usd -= a->memory[BLOCK_USD];
    if (!(room_usd > 0.0) || (!restores && !staged_frac(p, m, a->memory, &large_frac))) {
        out->stop = STOP_WAITING;
        return;
    }
    if (restores)
        large_frac = restoring_frac(p, m, a, notional);
    out->stop = STOP_FILLED;
    for (uint32_t leg = 0; leg < a->n_leg; leg++) {
        const double mark = m->mark_usd[a->asset[leg]], coins = a->coins[leg];
        const double usd = fabs(coins) * mark;
        const bool large = restores || usd > p->whole_below_usd;
        const double most =
            vm_min(room_usd, vm_max(p->block_frac * usd, p->block_least_usd));
        const double wanted = vm_min(large ? large_frac * usd : usd, most);
        const double part = wanted >= usd ? coins : coins * (wanted / usd);

        if (!(usd > 0.0))
            continue;
        const struct fill f = holding_trade(
            m, m->trade, a, leg, part, worst_price_usd(p, a, mark, coins, usd / notional));
        a->coins[leg] -= f.coins;
        *a->cash_usd += f.usd;
        room_usd -= fabs(f.coins) * mark;
        out->liquidated_usd += fabs(f.coins) * mark;
        staged |= !restores && large && large_frac < 1.0 && f.coins != 0.0;
        left |= a->coins[leg] != 0.0;
        out->stop = f.stop != STOP_FILLED ? f.stop : out->stop;
    }
    out->acted = out->liquidated_usd > 0.0;
    out->closed = !left;
    a->memory[BLOCK_USD] += out->liquidated_usd;
    if (staged) {
        a->memory[STAGED] = 1.0;
        a->memory[STAGED_S] = m->time_s;
    }
    holding_charge(m, a, out);
}

const struct liquidation_model liquidation_partial = {
    .about =
        {.name = "partial",
         .doc = "Closes large positions by steps with a cool-down, or as much as restores "
                "the margin, within bounds per block.",
         .fields = partial_fields,
         .param_size = sizeof(struct partial_param),
         .example = "{model: partial, first_frac: 0.2, whole_below_usd: 100000, "
                    "cool_down_s: 30s}"},
    .coef_size = sizeof(struct partial_param),
    .prepare = partial_prepare,
    .act = partial_act,
};
