#include "sim/adl.h"

#include <math.h>

#include "sim/vmath.h"

static double leverage(const struct adl_side *s, uint32_t i)
{
    return s->equity_usd[i] > 0.0 ? s->notional_usd[i] / s->equity_usd[i] : INFINITY;
}

void adl_scores(const struct adl_side *s, enum adl_score by, double *score)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const double ratio = s->mark_usd / s->entry_usd[i], l = leverage(s, i);
        const double gain = s->is_long ? ratio - 1.0 : 1.0 - ratio;

        if (by == ADL_HYPERLIQUID)
            score[i] = (s->is_long ? ratio : 1.0 / ratio) * l;
        else
            score[i] = gain > 0.0 ? gain * l : gain / l;
    }
}

static int precedes(const double *score, uint32_t a, uint32_t b)
{
    return score[a] > score[b] || (score[a] == score[b] && a < b);
}

/* Puts heap[root] where it belongs among heap[0 .. n), the foremost at 0. */
static void sift(const double *score, uint32_t *heap, uint32_t root, uint32_t n)
{
    const uint32_t item = heap[root];

    for (uint32_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && precedes(score, heap[child + 1], heap[child]))
            child++;
        if (!precedes(score, heap[child], item))
            break;
        heap[root] = heap[child];
        root = child;
    }
    heap[root] = item;
}

static void reverse(uint32_t *list, uint32_t n)
{
    for (uint32_t i = 0; i < n / 2; i++) {
        const uint32_t other = list[i];
        list[i] = list[n - 1 - i];
        list[n - 1 - i] = other;
    }
}

/* A heap, since most are not closed: the foremost leaves it for the end of `order`. */
double adl_rank(const struct adl_side *s, const double *score, double coins,
                uint32_t *order, double *closed)
{
    uint32_t n = s->n;

    for (uint32_t i = 0; i < s->n; i++) {
        order[i] = i;
        closed[i] = 0.0;
    }
    for (uint32_t i = n / 2; i-- > 0;)
        sift(score, order, i, n);
    while (n > 0 && coins > 0.0) {
        const uint32_t first = order[0];

        closed[first] = vm_min(s->coins[first], coins);
        coins -= closed[first];
        order[0] = order[--n];
        order[n] = first;
        sift(score, order, 0, n);
    }
    reverse(order, s->n);
    return coins;
}

double adl_pro_rata(const struct adl_side *s, double coins, double *closed)
{
    double all = 0.0;

    for (uint32_t i = 0; i < s->n; i++)
        all += s->coins[i];
    for (uint32_t i = 0; i < s->n; i++)
        closed[i] = coins >= all ? s->coins[i] : s->coins[i] * (coins / all);
    return vm_max(coins - all, 0.0);
}

double adl_random(const struct adl_side *s, const double *uniform, double coins,
                  uint32_t *order, double *closed)
{
    return adl_rank(s, uniform, coins, order, closed);
}

static double excess(const struct adl_side *s, uint32_t i, double level)
{
    return (s->notional_usd[i] - level * vm_max(s->equity_usd[i], 0.0)) / s->mark_usd;
}

/* Coins closed at a level. */
static double closed_at(const struct adl_side *s, double level, double *closed)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < s->n; i++) {
        closed[i] = vm_max(0.0, vm_min(s->coins[i], excess(s, i, level)));
        sum += closed[i];
    }
    return sum;
}

/* Bisection until only one piece of the piecewise linear sum is left, which is then solved. */
double adl_water_filling(const struct adl_side *s, double coins, double *closed,
                         double *level)
{
    double high = 0.0, low = 0.0, slope = 0.0, constant = 0.0;

    for (uint32_t i = 0; i < s->n; i++)
        if (s->equity_usd[i] > 0.0)
            high = vm_max(high, leverage(s, i));
    *level = 0.0;
    const double all = closed_at(s, 0.0, closed);
    if (all <= coins)
        return coins - all;
    if (closed_at(s, high, closed) >= coins) { /* those without equity suffice */
        *level = high;
        const double part = coins / closed_at(s, high, closed);
        for (uint32_t i = 0; i < s->n; i++)
            closed[i] *= part;
        return 0.0;
    }
    for (int i = 0; i < 200 && low < high; i++) {
        const double middle = 0.5 * (low + high);

        if (middle <= low || middle >= high)
            break;
        if (closed_at(s, middle, closed) > coins)
            low = middle;
        else
            high = middle;
    }
    closed_at(s, high, closed);
    for (uint32_t i = 0; i < s->n; i++) {
        const int inside = closed[i] > 0.0 && closed[i] < s->coins[i];

        slope += inside ? vm_max(s->equity_usd[i], 0.0) / s->mark_usd : 0.0;
        constant += inside ? s->notional_usd[i] / s->mark_usd : closed[i];
    }
    *level = slope > 0.0 ? (constant - coins) / slope : high;
    closed_at(s, *level, closed);
    return 0.0;
}
