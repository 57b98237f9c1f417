#include "models/instrument/vault.h"

/* Cash with puts written on as many coins as it could buy at the strike, over and over: V = q
 * (cash - n P(S, K, T)), n K = cash at the sale. The rule: models/instrument/vault.h. */
static const struct field put_vault_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "USD", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e15, .offset = offsetof(struct vault, contract.quantity),
     .doc = "dollars that the vault holds at the start"},
    VAULT_FIELDS,
    {.key = NULL},
    /* clang-format on */
};

static void put_vault_value(const struct contract *c, const struct claim_quote *quote,
                            struct claim_value *out)
{
    vault_value(c, false, quote, out);
}

static void put_vault_start(const struct contract *c, const struct claim_step *s)
{
    vault_start(c, false, s);
}

static void put_vault_step(const struct contract *c, const struct claim_step *s)
{
    vault_step(c, false, s);
}

const struct instrument instrument_put_vault = {
    .about = {.name = "put_vault",
              .doc = "Cash that writes puts secured by it, tenor after tenor, at the "
                     "strike of a given delta.",
              .fields = put_vault_fields,
              .param_size = sizeof(struct vault),
              .example = "{quantity: 2385, strike_delta: 0.2, tenor: 7d}"},
    .needs_surface = true,
    .n_state = VAULT_N_STATE,
    .check = vault_check,
    .value = put_vault_value,
    .smile = vault_smile,
    .start = put_vault_start,
    .step = put_vault_step,
};
