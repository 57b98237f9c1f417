#ifndef TAILRACE_SIM_TAPE_H
#define TAILRACE_SIM_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/arena.h"

/* Everything that liquidations did on one path, in order. */

/* What happened. Those that a metric counts are the terms of its sum, in its order: adding
 * them up gives the metric to the last bit. */
enum event {
    EVENT_BREACH,      /* found under water, and offered to the venue's liquidation model */
    EVENT_LIQUIDATION, /* its liquidation begins; liquidated_accounts */
    EVENT_TRADE,       /* through the order books, coins above 0 are sold */
    EVENT_LIQUIDATED,  /* value of what was closed or seized; liquidated_usd */
    EVENT_LIQUIDATOR,  /* liquidator_gain_usd */
    EVENT_GAS,         /* gas_usd */
    EVENT_ABSORBED,    /* absorbed_usd */
    EVENT_FEE,         /* into the fund; liquidation_fees_usd */
    EVENT_SHORTFALL,   /* the account ended below 0; gross_shortfall_usd */
    EVENT_FUND,        /* out of the fund; fund_drawn_usd */
    EVENT_BAD_DEBT,    /* bad_debt_usd */
    EVENT_RETURNED,    /* to the account; returned_usd */
    EVENT_STOP,        /* one attempt, why it ended; attempts */
    N_EVENT
};

/* As an account: the venue itself, with what it took over. */
#define TAPE_NOBODY UINT32_MAX

struct tape_event {
    double time_s;
    uint64_t round; /* of the instant, the first is 1 */
    enum event event;
    uint32_t venue, account; /* index in the file, or of the own accounts where `own` */
    bool own;
    bool cascade;                   /* not under water at prices without forced sales */
    uint32_t stop;                  /* of EVENT_STOP, enum stop */
    uint32_t asset;                 /* of EVENT_TRADE */
    double accounts;                /* equal ones that it stands for */
    double coins, usd, impact_frac; /* of all of them; impact after a trade */
    double equity_usd; /* of one, at the venue's marks, of EVENT_BREACH; else 0 */
};

struct tape {
    struct arena arena;
    size_t n_event, room;
    struct tape_event *event;
};

void tape_add(struct tape *tape, const struct tape_event *event);
void tape_free(struct tape *tape);

#endif
