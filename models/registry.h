#ifndef TAILRACE_MODELS_REGISTRY_H
#define TAILRACE_MODELS_REGISTRY_H

#include "sim/model.h"

/* Every plug-in of the program, by kind; each list ends with NULL. */
extern const struct price_model *const registry_price[];
extern const struct instrument *const registry_instrument[];
extern const struct margin_rule *const registry_margin[];
extern const struct liquidity_model *const registry_liquidity[];
extern const struct liquidation_model *const registry_liquidation[];

/* The plug-in of that name, or NULL. */
const struct price_model *registry_price_find(const char *name);
const struct instrument *registry_instrument_find(const char *name);
const struct margin_rule *registry_margin_find(const char *name);
const struct liquidity_model *registry_liquidity_find(const char *name);
const struct liquidation_model *registry_liquidation_find(const char *name);

#endif
