/* What every margin rule promises, on random accounts. */

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "models/registry.h"
#include "sim/margin.h"

extern const struct instrument instrument_perpetual, instrument_option;

enum { N_ASSET = 2, N_LEG = 8, N_BOOK = 200 };

struct account {
    struct contract contract[N_LEG];
    struct margin_leg leg[N_LEG];
    double index_usd[N_ASSET], coins[N_ASSET];
    struct margin_book book;
};

/* Numerical Recipes, section 7.1. */
static double draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)*state / 0x1p32;
}

/* Four contracts per asset: a perpetual, then options of two expiries. */
static void random_account(uint32_t *state, double scale, struct account *a)
{
    memset(a, 0, sizeof *a);
    a->index_usd[0] = 64000.0;
    a->index_usd[1] = 2000.0;
    for (int i = 0; i < N_LEG; i++) {
        const uint32_t asset = (uint32_t)i / 4;
        const int slot = i % 4;
        const double size = scale * (draw(state) - 0.5) * (asset == 0 ? 10.0 : 300.0);
        const bool inverse = slot == 0 && asset == 1;
        a->contract[i] = (struct contract){
            .instrument = slot == 0 ? &instrument_perpetual : &instrument_option,
            .asset = asset,
            .inverse = inverse,
            .call = draw(state) < 0.5,
            .quantity = inverse ? size * a->index_usd[1] : size,
            .entry_usd = a->index_usd[asset],
            .strike_usd = a->index_usd[asset] * (0.7 + 0.1 * floor(7.0 * draw(state)))};
        a->leg[i] = (struct margin_leg){.contract = &a->contract[i],
                                        .log_forward_ratio = slot == 0 ? 0.0 : 0.01 * slot,
                                        .volatility_annual = 0.4 + draw(state),
                                        .years = slot == 0   ? 0.0
                                                 : slot == 1 ? 0.05
                                                             : 0.3};
    }
    a->book = (struct margin_book){.n_asset = N_ASSET,
                                   .index_usd = a->index_usd,
                                   .coins = a->coins,
                                   .cash_usd = 1e6,
                                   .n_leg = N_LEG,
                                   .leg = a->leg};
}

/* Both accounts in one, legs by asset and expiry. */
struct joint {
    struct margin_leg leg[2 * N_LEG];
    struct margin_book book;
};

static void join(const struct account *a, const struct account *b, struct joint *j)
{
    for (int i = 0; i < N_LEG; i++) {
        const int group = i % 4 < 2 ? i : i / 4 * 4 + 2; /* expiries: 0, 0.05, 0.3, 0.3 */
        const int width = i % 4 < 2 ? 1 : 2;
        const int at = 2 * group + (i - group);
        j->leg[at] = a->leg[i];
        j->leg[at + width] = b->leg[i];
    }
    j->book = a->book;
    j->book.n_leg = 2 * N_LEG;
    j->book.leg = j->leg;
}

/* Coefficients with presets, but without what depends on size. */
struct prepared {
    _Alignas(64) unsigned char coef[8192];
    double asset[64];
    const void *asset_param[N_ASSET];
};

static void prepare(const struct margin_rule *rule, bool sizeless, struct prepared *p)
{
    static const char *const by_size[] = {"dampener_usd", "delta_slope_per_coin",
                                          "perpetual_slope_per_coin"};
    static const struct margin_tiers none[N_ASSET];
    const struct field *tables[] = {rule->asset_fields, rule->about.fields};
    double param[64] = {0};
    double *const values[] = {p->asset, param};
    struct error err;

    cr_assert(rule->coef_size <= sizeof p->coef && rule->about.param_size <= sizeof param);
    for (int t = 0; t < 2; t++) {
        if (tables[t] == NULL)
            continue;
        field_presets(tables[t], values[t]);
        for (const struct field *f = tables[t]; f->key != NULL; f++)
            for (int k = 0; sizeless && k < 3; k++)
                if (strcmp(f->key, by_size[k]) == 0)
                    values[t][f->offset / sizeof(double)] = 0.0;
        for (const struct field *f = tables[t]; f->key != NULL; f++)
            if (sizeless && strcmp(f->key, "max_offset_usd") == 0)
                values[t][f->offset / sizeof(double)] = 1e15;
    }
    for (int i = 0; i < N_ASSET; i++)
        p->asset_param[i] = p->asset;
    cr_assert(rule->prepare(param, N_ASSET, none,
                            rule->asset_fields == NULL ? NULL : p->asset_param, p->coef,
                            &err));
}

static double need(const struct margin_rule *rule, const struct prepared *p,
                   const struct margin_book *book)
{
    struct margin_result out;

    margin_requirement(rule, p->coef, book, &out);
    return out.maintenance_usd;
}

Test(property, requirements_are_positive_and_initial_is_more)
{
    uint32_t state = 7;

    for (int n = 0; n < N_BOOK; n++)
        for (const struct margin_rule *const *r = registry_margin; *r != NULL; r++) {
            static struct account a;
            static struct prepared p;
            struct margin_result out;
            const char *why;
            random_account(&state, 1.0, &a);
            prepare(*r, false, &p);
            if (!margin_admits(*r, &a.book, &why))
                continue;
            margin_requirement(*r, p.coef, &a.book, &out);
            cr_assert(isfinite(out.maintenance_usd) && out.maintenance_usd >= 0.0, "%s: %g",
                      (*r)->about.name, out.maintenance_usd);
            cr_assert(isnan(out.initial_usd) || out.initial_usd >= out.maintenance_usd,
                      "%s: %g, %g", (*r)->about.name, out.initial_usd, out.maintenance_usd);
            for (uint32_t i = 0; i < out.n_scenario; i++) {
                cr_assert_geq(out.scenario[i].pnl_usd, out.scenario[out.worst].pnl_usd,
                              "%s: scenario %u", (*r)->about.name, i);
                cr_assert(out.scenario[i].volatility != NULL);
            }
        }
}

Test(property, portfolio_rules_grow_with_the_account)
{
    uint32_t state = 11;

    for (int n = 0; n < N_BOOK; n++)
        for (const struct margin_rule *const *r = registry_margin; *r != NULL; r++) {
            static struct account a, b;
            static struct prepared p;
            uint32_t same = state;
            if ((*r)->portfolio == NULL)
                continue;
            random_account(&state, 1.0, &a);
            random_account(&same, 3.0, &b);
            prepare(*r, true, &p);
            const double one = need(*r, &p, &a.book), three = need(*r, &p, &b.book);
            cr_assert_float_eq(three, 3.0 * one, 1e-9 * three, "%s: %g, %g",
                               (*r)->about.name, three, one);
        }
}

/* Two accounts in one never need more than apart; exactly opposite ones need none. */
Test(property, portfolio_rules_reward_what_offsets)
{
    uint32_t state = 13;
    int n_less = 0;

    for (int n = 0; n < N_BOOK; n++)
        for (const struct margin_rule *const *r = registry_margin; *r != NULL; r++) {
            static struct account a, b;
            static struct joint j;
            static struct prepared p;
            if ((*r)->portfolio == NULL)
                continue;
            random_account(&state, 1.0, &a);
            random_account(&state, 1.0, &b);
            join(&a, &b, &j);
            prepare(*r, true, &p);
            const double apart = need(*r, &p, &a.book) + need(*r, &p, &b.book);
            const double together = need(*r, &p, &j.book);
            cr_assert_leq(together, apart * (1.0 + 1e-12), "%s", (*r)->about.name);
            n_less += together < 0.95 * apart;
            for (int i = 0; i < N_LEG; i++) {
                const double q = a.contract[i].quantity;
                b.contract[i] = a.contract[i];
                b.contract[i].quantity = -q;
                b.leg[i] = a.leg[i];
                b.leg[i].contract = &b.contract[i];
            }
            join(&a, &b, &j);
            const double nothing = need(*r, &p, &j.book);
            cr_assert_float_eq(nothing, 0.0, 1e-9 * apart, "%s: %g", (*r)->about.name,
                               nothing);
        }
    cr_assert_gt(n_less, N_BOOK, "%d", n_less);
}

/* At the breaking move equity is maintenance; a little before it, more. */
Test(property, accounts_die_where_the_search_says)
{
    uint32_t state = 17;
    int n_found = 0;

    for (int n = 0; n < 40; n++)
        for (const struct margin_rule *const *r = registry_margin; *r != NULL; r++) {
            static struct account a;
            static struct prepared p;
            const char *why;
            random_account(&state, 1.0, &a);
            prepare(*r, false, &p);
            if (!margin_admits(*r, &a.book, &why))
                continue;
            for (int up = 0; up < 2; up++) {
                const double move =
                    margin_breaking_move(*r, p.coef, &a.book, NULL, up, NULL);
                const double start[N_ASSET] = {a.index_usd[0], a.index_usd[1]};
                double buffer[2];
                if (isnan(move) || move == 0.0)
                    continue;
                n_found++;
                cr_assert(up ? move > 0.0 : move < 0.0 && move > -1.0);
                for (int i = 0; i < 2; i++) {
                    const double m = i == 0 ? move : move * 0.999;
                    a.index_usd[0] = start[0] * (1.0 + m);
                    a.index_usd[1] = start[1] * (1.0 + m);
                    buffer[i] = margin_equity(&a.book) - need(*r, &p, &a.book);
                }
                a.index_usd[0] = start[0];
                a.index_usd[1] = start[1];
                cr_assert(fabs(buffer[0]) < 1e-3 && buffer[1] > 0.0, "%s: %g, %g",
                          (*r)->about.name, buffer[0], buffer[1]);
            }
        }
    cr_assert_gt(n_found, 50);
}
