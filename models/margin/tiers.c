#include "models/margin/tiers.h"

#include <math.h>

bool tiers_check(const struct margin_tiers *tiers, const char *rule, uint32_t asset,
                 struct error *err)
{
    for (uint32_t t = 0; t < tiers->n_tier; t++) {
        const struct margin_tier *tier = &tiers->tier[t];

        if (t == 0 ? tier->from_usd != 0.0 : !(tier->from_usd > tier[-1].from_usd))
            return fail(err,
                        "margin rule %s, asset %u, tier %u: from_usd = %g; the first tier "
                        "begins at 0 and each later one above the one before",
                        rule, asset + 1, t + 1, tier->from_usd);
        if (!(tier->maintenance_frac > 0.0 && tier->maintenance_frac <= 1.0) ||
            (t > 0 && !(tier->maintenance_frac > tier[-1].maintenance_frac)))
            return fail(
                err,
                "margin rule %s, asset %u, tier %u: maintenance_frac = %g; it must be "
                "above 0, at most 1, and rise from tier to tier",
                rule, asset + 1, t + 1, tier->maintenance_frac);
    }
    return true;
}

void tiers_add(const struct margin_tiers *tiers, const double *notional_usd,
               double *requirement_usd, int n)
{
    const double *restrict notional = notional_usd;
    double *restrict requirement = requirement_usd;
    double rate = 0.0, largest = 0.0;

    for (int i = 0; i < n; i++) {
        const double size = fabs(notional[i]);
        largest = size > largest ? size : largest;
    }
    for (uint32_t t = 0; t < tiers->n_tier && tiers->tier[t].from_usd <= largest; t++) {
        const double from = tiers->tier[t].from_usd;
        const double more = tiers->tier[t].maintenance_frac - rate;

        for (int i = 0; i < n; i++) {
            const double above = fabs(notional[i]) - from;
            requirement[i] += more * (above > 0.0 ? above : 0.0);
        }
        rate = tiers->tier[t].maintenance_frac;
    }
}
