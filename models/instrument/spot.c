#include "sim/model.h"

/* Coins held, or borrowed if the quantity is negative: V = q S. They pay no funding. */
static const struct field spot_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "coins held; negative: borrowed"},
    {.key = NULL},
    /* clang-format on */
};

static struct linear_value spot_linear(const struct contract *c)
{
    return (struct linear_value){.coins = c->quantity, .held = true};
}

const struct instrument instrument_spot = {
    .about = {.name = "spot",
              .doc = "The coin itself, valued at the spot price.",
              .fields = spot_fields,
              .param_size = sizeof(struct contract)},
    .linear = spot_linear,
};
