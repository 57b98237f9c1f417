/* A real pool: 658 ticks of the 0.05 % ETH/USDC pool on 2025-08-20 17:00, price 4317.48. Its
 * bids within 1 and 5 %, summed tick by tick by dy = L (sqrt(p_b) - sqrt(p_a)) in another
 * program, are those below; its source says 1.39 M and 6.3 M USDC (../shared/data/README.md).
 */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/arena.h"
#include "sim/model.h"
#include "tests/real_data.h"

extern const struct liquidity_model liquidity_concentrated;

Test(golden, pool_of_real_ticks_has_its_stated_depth)
{
    const struct real_table *t = real_read(DATA "uniswap_v3_ticks_eth_usdc_20250820.csv");
    static double price[TABLE_ROWS], liquidity[TABLE_ROWS];
    const double spot = 4317.48;
    uint32_t n = 0;

    for (int row = 1; row <= t->n_row; row++, n++) {
        price[n] = real_number(t, row, "price_usdc_per_token0");
        /* decimals 18 and 6: 10^((18 + 6)/2) */
        liquidity[n] = real_number(t, row, "active_liquidity") / 1e12;
    }
    cr_assert_eq(n, 658);
    const struct {
        struct number_list price_usd, liquidity;
        int continues;
        double fee_frac, refill_half_life_s;
    } param = {{n, price}, {n, liquidity}, /* continues */ 1, 0.0005, 300.0};
    struct arena arena = {NULL};
    struct error err;
    _Alignas(64) unsigned char coef[128];
    const bool done = liquidity_concentrated.prepare(&param, spot, &arena, coef, &err);
    cr_assert(done, "%s", err.text);

    double impact = 0.0;
    const double one = liquidity_concentrated.depth_usd(coef, spot);
    const double coins = liquidity_concentrated.coins_to(coef, spot, 1.0, 0.0, -log(0.95));
    const double five = liquidity_concentrated.fill(coef, spot, 1.0, coins, &impact);
    cr_assert_float_eq(one, 1394942.037340968, 1e-3, "%g", one);
    cr_assert_float_eq(five, 6381659.135091895, 1e-2, "%g", five);
    cr_assert_float_eq(impact, -log(0.95), 1e-12);
    arena_free(&arena);
}
