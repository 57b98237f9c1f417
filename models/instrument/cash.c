#include "sim/model.h"

/* US dollars held, or owed if the quantity is negative: V = q. No asset, no price risk. */
static const struct field cash_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "dollars held; negative: owed"},
    {.key = NULL},
    /* clang-format on */
};

static struct linear_value cash_linear(const struct contract *c)
{
    return (struct linear_value){.fixed_usd = c->quantity, .held = true};
}

const struct instrument instrument_cash = {
    .about = {.name = "cash",
              .doc = "US dollars: worth their number whatever the market does.",
              .fields = cash_fields,
              .param_size = sizeof(struct contract)},
    .linear = cash_linear,
};
