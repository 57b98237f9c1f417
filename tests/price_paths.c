#include "tests/price_paths.h"

#include <math.h>
#include <stdio.h>

void price_paths_run(struct price_paths *p)
{
    char text[8192], asset[2048];

    snprintf(asset, sizeof asset, "  assets:\n    BTC: {spot_usd: 100, price: %s}\n",
             p->price != NULL ? p->price : "");
    snprintf(text, sizeof text,
             "tailrace: 1\nname: prices\n"
             "run: {paths: %llu, horizon: %.17gs, step: %.17gs, report: %.17gs, seed: "
             "%llu}\nmarket:\n  tailrace: 1\n  name: prices\n%s%s",
             (unsigned long long)p->n_path, p->horizon_s, p->step_s, p->horizon_s,
             (unsigned long long)p->seed, p->market != NULL ? p->market : asset,
             p->shocks != NULL ? p->shocks : "");
    fixture_open(&p->fixture, text, NULL, NULL);
    fixture_run(&p->fixture);
}

void price_paths_close(struct price_paths *p)
{
    fixture_close(&p->fixture);
}

struct price_mean price_paths_mean(const struct price_paths *p, double (*f)(double, double),
                                   double argument)
{
    const double *final_usd = fixture_metric(&p->fixture, "final_spot_usd", 0);
    const double n = (double)p->n_path;
    double sum = 0.0, square = 0.0;

    for (uint64_t i = 0; i < p->n_path; i++) {
        const double x = f(final_usd[i], argument);
        sum += x;
        square += x * x;
    }
    const double mean = sum / n;
    return (struct price_mean){mean, sqrt((square / n - mean * mean) / (n - 1.0))};
}
