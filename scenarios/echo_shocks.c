/* The shocks as YAML, one line each. */
#include "scenarios/reader.h"
#include "scenarios/value.h"

static void echo_targets(FILE *out, const struct scenario_shock *shock, struct arena *arena)
{
    const char *state = sections_state_name[shock->state];

    if (shock->n_target == 0) {
        fprintf(out, "%s: all", state);
        return;
    }
    fprintf(out, "%s: [", state);
    for (uint32_t i = 0; i < shock->n_target; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", node_quote(shock->target[i], arena));
    fprintf(out, "]");
}

static void echo_factor(FILE *out, const char *key, const struct shock_effect *effect,
                        struct arena *arena)
{
    if (effect->given)
        fprintf(out, ", %s: {multiply: %s}", key,
                section_draw_text(&effect->size, false, arena));
}

static void echo_size(FILE *out, const struct scenario_shock *shock, struct arena *arena)
{
    switch (shock->state) {
    case SHOCK_PRICE:
        fprintf(out, ", move: %s, includes_feedback: %s",
                section_draw_text(&shock->move.size, false, arena),
                shock->includes_feedback ? "true" : "false");
        break;
    case SHOCK_SURFACE:
        if (shock->multiply.given)
            fprintf(out, ", multiply: %s, term: %s",
                    section_draw_text(&shock->multiply.size, false, arena),
                    value_number_text(shock->term, arena));
        if (shock->skew_add.given)
            fprintf(out, ", skew_add: %s",
                    section_draw_text(&shock->skew_add.size, false, arena));
        break;
    case SHOCK_VOLATILITY:
        fprintf(out, ", multiply: %s",
                section_draw_text(&shock->multiply.size, false, arena));
        break;
    case SHOCK_CORRELATION:
        fprintf(out, ", set: %s, weight: %s", value_number_text(shock->set, arena),
                section_draw_text(&shock->weight, false, arena));
        break;
    case SHOCK_ORACLE:
        fprintf(out, ", delay: %s", section_draw_text(&shock->delay.size, true, arena));
        break;
    case SHOCK_FUNDING:
        fprintf(out, ", add: %s", section_draw_text(&shock->add.size, false, arena));
        break;
    case SHOCK_HALT:
        break;
    case SHOCK_GAS:
        if (shock->gas_price.given)
            fprintf(out, ", price_gwei: %s",
                    section_draw_text(&shock->gas_price.size, false, arena));
        echo_factor(out, "throughput", &shock->throughput, arena);
        break;
    default:
        echo_factor(out, "depth", &shock->depth, arena);
        echo_factor(out, "refill", &shock->refill, arena);
        echo_factor(out, "spread", &shock->spread, arena);
    }
}

void echo_shocks(FILE *out, const struct scenario *s, struct arena *arena)
{
    static const char *const shapes[] = {
        [SHAPE_STEP] = "step", [SHAPE_RAMP] = "ramp", [SHAPE_PULSE] = "pulse"};

    for (uint32_t i = 0; i < s->n_shock; i++) {
        const struct scenario_shock *shock = &s->shock[i];
        fprintf(out, "%s  - {name: %s, ", i == 0 ? "shocks:\n" : "",
                node_quote(shock->name, arena));
        echo_targets(out, shock, arena);
        echo_size(out, shock, arena);
        fprintf(out, ", shape: %s, start: %s", shapes[shock->shape],
                section_draw_text(&shock->start, true, arena));
        if (shock->duration_s > 0.0)
            fprintf(out, ", duration: %s", value_duration_text(shock->duration_s, arena));
        if (shock->recovers)
            fprintf(out, ", recover: {fraction: %s, half_life: %s}",
                    value_number_text(shock->recover_fraction, arena),
                    value_duration_text(shock->recover_half_life_s, arena));
        if (shock->source != NULL)
            fprintf(out, ", source: %s", node_quote(shock->source, arena));
        fprintf(out, "}\n");
    }
}
