/* Derive's portfolio margin against the test cases of its own contracts. */

#include <cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/margin/derive.h"

extern const struct instrument instrument_option, instrument_perpetual;
extern const struct margin_rule margin_derive_portfolio;

enum { MAX_LEGS = 200, MAX_COINS = 16 };
static const char FILE_NAME[] =
    TAILRACE_SOURCE "/tests/reference/derive_portfolio_margin.json";

static cJSON *read_cases(void)
{
    FILE *file = fopen(FILE_NAME, "rb");
    static char text[1 << 20];

    cr_assert(file != NULL, "%s", FILE_NAME);
    const size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    return cJSON_Parse(text);
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(object, key);

    cr_assert(cJSON_IsNumber(item), "%s", key);
    return item->valuedouble;
}

static double element(const cJSON *array, int i)
{
    return cJSON_GetArrayItem(array, i)->valuedouble;
}

/* One portfolio: asset 0 is the underlying, the others its collaterals. */
struct portfolio {
    struct contract contract[MAX_LEGS];
    struct margin_leg leg[MAX_LEGS];
    double index_usd[MAX_COINS], coins[MAX_COINS];
    struct derive_asset asset[MAX_COINS];
    const void *asset_param[MAX_COINS];
    struct margin_book book;
};

static void add_leg(struct portfolio *p, const struct contract *contract,
                    const struct margin_leg *leg)
{
    const uint32_t i = p->book.n_leg++;

    cr_assert(i < MAX_LEGS);
    p->contract[i] = *contract;
    p->leg[i] = *leg;
    p->leg[i].contract = &p->contract[i];
}

static void read_portfolio(const cJSON *from, struct portfolio *p)
{
    const cJSON *perp = cJSON_GetObjectItem(from, "perp"), *item, *option;
    const double spot = number(from, "spot");

    *p = (struct portfolio){.index_usd = {spot}};
    p->book = (struct margin_book){
        .n_asset = 1, .index_usd = p->index_usd, .coins = p->coins, .leg = p->leg};
    if (element(perp, 0) != 0.0)
        add_leg(p,
                &(struct contract){.instrument = &instrument_perpetual,
                                   .quantity = element(perp, 0),
                                   .entry_usd = spot},
                &(struct margin_leg){.log_forward_ratio = log(element(perp, 1) / spot)});
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(from, "collaterals"))
    {
        const uint32_t i = p->book.n_asset++;
        cr_assert(i < MAX_COINS);
        p->coins[i] = element(item, 0);
        p->index_usd[i] = element(item, 1);
        p->asset[i] = (struct derive_asset){.haircut_frac = element(item, 3),
                                            .initial_haircut_frac = element(item, 4),
                                            .risk_cancelling =
                                                cJSON_IsTrue(cJSON_GetArrayItem(item, 2))};
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(from, "expiries"))
    {
        const double forward = number(item, "forward");
        cJSON_ArrayForEach(option, cJSON_GetObjectItem(item, "options"))
        {
            const char *type = cJSON_GetArrayItem(option, 1)->valuestring;
            add_leg(p,
                    &(struct contract){.instrument = &instrument_option,
                                       .call = type[0] == 'c',
                                       .strike_usd = element(option, 0),
                                       .quantity = element(option, 3)},
                    &(struct margin_leg){.log_forward_ratio = log(forward / spot),
                                         .volatility_annual = element(option, 2),
                                         .years = number(item, "seconds") / 31536000.0,
                                         .rate_annual = number(item, "rate")});
        }
    }
    for (uint32_t i = 0; i < p->book.n_asset; i++)
        p->asset_param[i] = &p->asset[i];
}

/* Parameters by the names of the rule's own fields. */
static void set_parameters(const cJSON *from, struct derive_param *param)
{
    for (const struct field *f = margin_derive_portfolio.about.fields; f->key != NULL;
         f++) {
        const cJSON *item = cJSON_GetObjectItem(from, f->key);
        if (item != NULL)
            *(double *)((char *)param + f->offset) = item->valuedouble;
    }
}

static void check_case(const cJSON *root, const cJSON *from)
{
    const char *id = cJSON_GetObjectItem(from, "id")->valuestring;
    const cJSON *scenarios =
        cJSON_GetObjectItem(cJSON_GetObjectItem(root, "scenarios"),
                            cJSON_GetObjectItem(from, "scenarios")->valuestring);
    const cJSON *pnl = cJSON_GetObjectItem(from, "pnl"), *item;
    static struct portfolio p;
    struct margin_result result = {0};
    struct derive_coef coef = {.asset = p.asset_param};

    read_portfolio(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "portfolios"),
                                       cJSON_GetObjectItem(from, "portfolio")->valuestring),
                   &p);
    set_parameters(cJSON_GetObjectItem(root, "parameters"), &coef.param);
    set_parameters(cJSON_GetObjectItem(from, "parameters"), &coef.param);
    cJSON_ArrayForEach(item, scenarios) coef.scenario[coef.n_scenario++] =
        (struct derive_scenario){element(item, 0), (enum derive_volatility)element(item, 1),
                                 element(item, 2)};
    derive_book(&coef, &p.book, &result);

    const double maintenance = number(from, "maintenance"),
                 initial = number(from, "initial");
    const double scale = 1.0 + fabs(maintenance) + fabs(margin_equity(&p.book));
    cr_expect_float_eq(result.maintenance_usd, maintenance, 1e-8 * scale,
                       "%s: MM %.12g, %.12g", id, result.maintenance_usd, maintenance);
    cr_expect_float_eq(result.initial_usd, initial, 1e-8 * (scale + fabs(initial)),
                       "%s: IM %.12g, %.12g", id, result.initial_usd, initial);
    cr_assert_eq((int)result.n_scenario, cJSON_GetArraySize(pnl));
    for (uint32_t i = 0; i < result.n_scenario; i++) {
        const double got = result.scenario[i].pnl_usd, expected = element(pnl, (int)i);
        cr_expect_float_eq(got, expected, 1e-8 * (1.0 + fabs(expected) + scale),
                           "%s: scenario %u: %.12g, %.12g", id, i, got, expected);
    }
}

Test(reference, derive_portfolio_margin_is_that_of_its_contracts)
{
    cJSON *root = read_cases();
    const cJSON *item;
    int n = 0;

    cr_assert(root != NULL);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(root, "cases"))
    {
        check_case(root, item);
        n++;
    }
    cr_assert_eq(n, 115);
    cJSON_Delete(root);
}
