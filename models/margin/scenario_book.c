#include "models/margin/scenario_book.h"

#include "sim/vmath.h"

uint32_t scenario_book_asset_end(const struct margin_book *book, uint32_t first)
{
    uint32_t end = first + 1;

    while (end < book->n_leg &&
           book->leg[end].contract->asset == book->leg[first].contract->asset)
        end++;
    return end;
}

uint32_t scenario_book_expiry_end(const struct margin_book *book, uint32_t first)
{
    const uint32_t asset_end = scenario_book_asset_end(book, first);
    uint32_t end = first + 1;

    while (end < asset_end && book->leg[end].years == book->leg[first].years)
        end++;
    return end;
}

double scenario_book_vega_power(double years, double floor_days, double near, double far)
{
    const double days = 365.0 * years;

    return vm_exp((days <= 30.0 ? near : far) * vm_log(30.0 / vm_max(days, floor_days)));
}

double scenario_book_worst(struct margin_result *out)
{
    out->worst = 0;
    for (uint32_t i = 1; i < out->n_scenario; i++)
        if (out->scenario[i].pnl_usd < out->scenario[out->worst].pnl_usd)
            out->worst = i;
    return out->scenario[out->worst].pnl_usd;
}
