#include "models/instrument/vault.h"

/* Coins with calls written on all of them, over and over: V = q (coins S - n C(S, K, T)),
 * calls and premiums settled in the coin, as the exchange's inverse options are. The rule:
 * models/instrument/vault.h. */
static const struct field covered_call_vault_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e15, .offset = offsetof(struct vault, contract.quantity),
     .doc = "coins that the vault holds at the start"},
    VAULT_FIELDS,
    {.key = NULL},
    /* clang-format on */
};

static void covered_call_vault_value(const struct contract *c,
                                     const struct claim_quote *quote,
                                     struct claim_value *out)
{
    vault_value(c, true, quote, out);
}

static void covered_call_vault_start(const struct contract *c, const struct claim_step *s)
{
    vault_start(c, true, s);
}

static void covered_call_vault_step(const struct contract *c, const struct claim_step *s)
{
    vault_step(c, true, s);
}

const struct instrument instrument_covered_call_vault = {
    .about = {.name = "covered_call_vault",
              .doc = "Coins that write calls on themselves, tenor after tenor, at the "
                     "strike of a given delta.",
              .fields = covered_call_vault_fields,
              .param_size = sizeof(struct vault),
              .example = "{quantity: 2.385, strike_delta: 0.2, tenor: 7d}"},
    .needs_surface = true,
    .n_state = VAULT_N_STATE,
    .check = vault_check,
    .value = covered_call_vault_value,
    .smile = vault_smile,
    .start = covered_call_vault_start,
    .step = covered_call_vault_step,
};
