#ifndef TAILRACE_SIM_ADL_H
#define TAILRACE_SIM_ADL_H

#include <stdint.h>

/* Auto-deleveraging: which positions are closed against those that nobody takes. All are of
 * one asset and on one side; coins count without sign. Every allocator writes closed[i] within
 * 0 .. coins[i] and returns what could not be closed, 0 if the positions together suffice. */
struct adl_side {
    uint32_t n;
    const double *coins;        /* [n] > 0, of the position; all of an account's weight */
    const double *entry_usd;    /* [n] price of entry; ADL_RANK only */
    const double *equity_usd;   /* [n] account value */
    const double *notional_usd; /* [n] gross, of the account with this position */
    double mark_usd;
    int is_long;
};

/* Scores by which positions are closed first, the highest first, ties by number. For a short
 * mark/entry is entry/mark.
 *   ADL_HYPERLIQUID  (mark / entry) x (notional / account value)
 *   ADL_BITMEX       P&L over entry value x leverage for winners, / leverage for losers */
enum adl_score { ADL_HYPERLIQUID, ADL_BITMEX };

/* score [n]; an account without equity has infinite leverage. */
void adl_scores(const struct adl_side *s, enum adl_score by, double *score);

/* The highest score first, each as a whole until the coins are gone; order [n] is scratch,
 * afterwards its first entries are the positions in the order in which they were closed. */
double adl_rank(const struct adl_side *s, const double *score, double coins,
                uint32_t *order, double *closed);

/* The same part of every position. */
double adl_pro_rata(const struct adl_side *s, double coins, double *closed);

/* In random order: uniform [n] are the scores. dYdX v4 starts at a random account (protocol/x/
 * clob/keeper/deleveraging.go). */
double adl_random(const struct adl_side *s, const double *uniform, double coins,
                  uint32_t *order, double *closed);

/* The highest leverages are lowered to one level, which is as low as the coins make it
 * (water-filling: arXiv 2603.15963); closing at the mark leaves equity as it is, so
 *     closed_i = clamp((notional_i - level equity_i) / mark, 0, coins_i).
 * *level: that leverage. */
double adl_water_filling(const struct adl_side *s, double coins, double *closed,
                         double *level);

#endif
