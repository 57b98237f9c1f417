/* What every plug-in owes by its registration alone. */

#include <criterion/criterion.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "models/registry.h"

/* A name to write in files, a doc, and fields that explain themselves with presets in
 * range; NaN: the default comes from elsewhere, as the market's spot does. */
static void check_about(const struct about *about)
{
    cr_assert(about->name != NULL && about->name[0] != '\0');
    for (const char *c = about->name; *c != '\0'; c++)
        cr_assert(islower((unsigned char)*c) || *c == '_', "%s", about->name);
    cr_assert(about->doc != NULL && strlen(about->doc) > 20, "%s has no doc", about->name);
    for (const struct field *f = about->fields; f != NULL && f->key != NULL; f++) {
        cr_assert(f->doc != NULL && f->doc[0] != '\0', "%s.%s: doc", about->name, f->key);
        cr_assert(f->unit != NULL || f->type == FIELD_TEXT || f->type == FIELD_CHOICE ||
                      f->type == FIELD_FLAG,
                  "%s.%s: unit", about->name, f->key);
        if ((f->type == FIELD_NUMBER || f->type == FIELD_DURATION) && !f->required)
            cr_assert(isnan(f->preset) || (f->min <= f->preset && f->preset <= f->max),
                      "%s.%s: preset %g", about->name, f->key, f->preset);
        for (const struct field *g = about->fields; g < f; g++)
            cr_assert(strcmp(f->key, g->key) != 0, "%s.%s twice", about->name, f->key);
    }
}

Test(contract, every_plug_in_explains_itself_and_is_found)
{
    for (const struct price_model *const *p = registry_price; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_price_find((*p)->about.name), *p);
    }
    for (const struct instrument *const *p = registry_instrument; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_instrument_find((*p)->about.name), *p);
        cr_assert(((*p)->linear == NULL) != ((*p)->value == NULL), "%s", (*p)->about.name);
    }
    for (const struct margin_rule *const *p = registry_margin; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_margin_find((*p)->about.name), *p);
    }
    for (const struct liquidity_model *const *p = registry_liquidity; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_liquidity_find((*p)->about.name), *p);
    }
}

/* With every parameter at its default, a step keeps prices positive
 * and finite, and a volatility factor of 0 takes the diffusion away. */
Test(contract, every_price_model_steps)
{
    for (const struct price_model *const *p = registry_price; *p != NULL; p++) {
        double param[64] = {0.0}, coef[4096];
        lane_row shock[2], factor = {0.0}, draw[PRICE_MAX_DRAWS], state[PRICE_MAX_STATE];
        lane_row spot[2];
        struct error err;

        cr_assert((*p)->about.param_size <= sizeof param && (*p)->coef_size <= sizeof coef);
        field_presets((*p)->about.fields, param);
        const struct price_setup setup = {.step_years = 1e-5, .n_asset = 1};
        cr_assert((*p)->prepare(param, &setup, coef, &err), "%s", err.text);
        for (int i = 0; i < 2; i++) {
            struct price_step s = {
                .shock = shock[i], .vol_factor = factor, .spot_usd = spot[i]};
            for (int k = 0; k < LANES; k++) {
                shock[i][k] = i == 0 ? 3.0 : -3.0;
                spot[i][k] = 2.385;
            }
            for (uint32_t d = 0; d < (*p)->n_draw; d++) {
                for (int k = 0; k < LANES; k++)
                    draw[d][k] = 0.5;
                s.draw[d] = draw[d];
            }
            for (uint32_t d = 0; d < PRICE_MAX_STATE; d++)
                s.state[d] = state[d];
            if ((*p)->start != NULL)
                (*p)->start(coef, s.state);
            (*p)->step(coef, &s);
            for (int k = 0; k < LANES; k++)
                cr_assert(isfinite(spot[i][k]) && spot[i][k] > 0.0, "%s", (*p)->about.name);
        }
        cr_assert_eq(spot[0][0], spot[1][0], "%s: factor 0", (*p)->about.name);
    }
}
