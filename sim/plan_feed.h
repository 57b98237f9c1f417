#ifndef TAILRACE_SIM_PLAN_FEED_H
#define TAILRACE_SIM_PLAN_FEED_H

#include <stdbool.h>
#include <stdint.h>

/* What venues look at and stand on, compiled: price feeds, mark rules, chains. */

/* What a feed follows. */
enum feed_kind {
    FEED_NONE,   /* the asset has no oracle of its own */
    FEED_MARKET, /* the traded price */
    FEED_RATE,   /* another feed times an exchange rate */
};

enum { FEED_MAX_SOURCE = 15 };

/* One price feed; see sim/oracle.h. */
struct plan_feed {
    const char *name; /* for messages: "ETH", "ETH at lender" */
    uint32_t asset;
    enum feed_kind kind;
    double heartbeat_s, deviation_frac, delay_s;
    double twap_s;             /* the price seen is the average over so long; 0: none */
    double floor_usd, cap_usd; /* no lower, no higher price is published; 0, INFINITY */
    uint32_t n_source;         /* whose median it is */
    double source_noise_frac;  /* of each; 0: they all see the same */
    uint32_t first_stream;     /* [n_source] of the noise, where there is any */
    const char *const *stream; /* [n_source] their names */
    uint32_t anchor_feed;      /* FEED_RATE: the one that is multiplied */
    uint32_t first_history, n_history; /* rows of ROW_HISTORY: past prices */
    uint32_t first_integral;           /* rows of ROW_INTEGRAL, as many, where twap_s > 0 */
};

/* The price that a venue computes margin on; see sim/mark.h. */
enum mark_rule { MARK_TRADED, MARK_ORACLE, MARK_MEDIAN, MARK_PREMIUM_EMA };

/* Where transactions wait for room; see sim/chain.h. */
struct plan_chain {
    const char *name;
    double gas_price_gwei, gas_per_liquidation;
    uint32_t native;           /* asset that gas is paid in */
    double transactions_per_s; /* room for liquidations */
    double block_s;
};

#endif
