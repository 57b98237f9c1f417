#ifndef TAILRACE_MODELS_LIQUIDATION_AUCTION_H
#define TAILRACE_MODELS_LIQUIDATION_AUCTION_H

#include <math.h>

#include "sim/vmath.h"

/* Auctions with falling prices: Maker's Liquidations 2.0 (makerdao/dss, src/abaci.sol,
 * src/clip.sol, src/dog.sol). Prices are USD per coin, t_s is the time since the start. */

/* LinearDecrease: top (tau - t) / tau, then 0. */
static inline double auction_linear_usd(double top_usd, double t_s, double tau_s)
{
    return top_usd * vm_max(0.0, (tau_s - t_s) / tau_s);
}

/* StairstepExponentialDecrease: top cut^n after n whole steps; ExponentialDecrease is the
 * same with a step of one second. */
static inline double auction_stairs_usd(double top_usd, double t_s, double cut,
                                        double step_s)
{
    return top_usd * vm_exp(floor(t_s / step_s) * vm_log(cut));
}

/* Two straight lines: from top to knee_frac x top in knee_s, to 0 in tau_s more (Derive v2-
 * core, DutchAuction.sol: 0.95 to 0.70 of the mark in 15 minutes, to 0 in 12 hours). */
static inline double auction_knee_usd(double top_usd, double t_s, double knee_frac,
                                      double knee_s, double tau_s)
{
    return t_s < knee_s ? top_usd * (1.0 - (1.0 - knee_frac) * t_s / knee_s)
                        : auction_linear_usd(knee_frac * top_usd, t_s - knee_s, tau_s);
}

/* Dog.bark: which part of a debt, of debt_usd, goes to auction where room_usd is left for
 * debts with their penalty (chop >= 1). All, if what stays behind would be dust; 0: none, as
 * it would be dust itself. */
static inline double auction_bark_usd(double debt_usd, double room_usd, double chop,
                                      double dust_usd)
{
    const double part = vm_min(debt_usd, room_usd / chop);

    if (part >= debt_usd || debt_usd - part < dust_usd)
        return part > 0.0 ? debt_usd : 0.0;
    return part >= dust_usd ? part : 0.0;
}

/* Clip.take: slice coins for owed_usd; slice 0: refused. */
struct auction_take {
    double slice, owed_usd;
};

/* Somebody wants at most so many coins of a lot at that price while tab_usd is to be raised;
 * neither too much is raised, nor a rest below chost_usd (dust with penalty) left. */
static inline struct auction_take auction_take(double lot, double tab_usd, double price_usd,
                                               double coins, double chost_usd)
{
    struct auction_take t = {vm_min(lot, coins), 0.0};

    t.owed_usd = t.slice * price_usd;
    if (t.owed_usd > tab_usd)
        return (struct auction_take){tab_usd / price_usd, tab_usd};
    if (t.owed_usd < tab_usd && t.slice < lot && tab_usd - t.owed_usd < chost_usd) {
        if (tab_usd <= chost_usd)
            return (struct auction_take){0.0, 0.0};
        t.owed_usd = tab_usd - chost_usd;
        t.slice = t.owed_usd / price_usd;
    }
    return t;
}

#endif
