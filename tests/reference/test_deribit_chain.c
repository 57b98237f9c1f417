#include <criterion/criterion.h>

#include <string.h>

#include "tests/option_case.h"
#include "tests/real_data.h"

/* Every option of real Deribit snapshots repriced from its own implied volatility. The
 * bounds are the errors that these snapshots showed when they were collected (their README,
 * "Consistency of marks and Greeks with Black-76"), plus half a unit of the last digit
 * printed there. The crash snapshots are asserted up to the 95 % quantile: their marks and
 * forwards were sampled at different instants. */

static const struct real_table *table;

static const char *text(int row, const char *column)
{
    return real_text(table, row, column);
}

static double number(int row, const char *column)
{
    return real_number(table, row, column);
}

/* Marks are in coins at the forward: priced with S = F. */
static struct option_case ticker_case(int row, double percent_or_fraction, double years)
{
    return (struct option_case){.call = strcmp(text(row, "option_type"), "call") == 0,
                                .inverse = true,
                                .spot = number(row, "underlying_price"),
                                .strike = number(row, "strike"),
                                .volatility = number(row, "mark_iv") * percent_or_fraction,
                                .years = years};
}

static struct errors mark, delta, gamma_, vega, theta;

static void check_ticker(const char *path, const char *name, int n, double median,
                         double most, double maximum)
{
    table = real_read(path);
    mark.n = delta.n = gamma_.n = vega.n = theta.n = 0;
    for (int row = 1; row <= table->n_row; row++) {
        const double years = (number(row, "expiry_ms") - number(row, "time_ms")) /
                             (365.0 * 86400.0 * 1000.0);
        const struct option_case o = ticker_case(row, 0.01, years);
        const struct option_result v = option_case_price(&o);
        const struct contract c = {.strike_usd = o.strike, .call = o.call, .inverse = true};
        const double shown =
            instrument_option.theta_exchange(&c, o.spot, o.volatility, years, v.value);

        mark.error[mark.n++] = fabs(v.value / o.spot - number(row, "mark_price"));
        delta.error[delta.n++] = fabs(v.delta - number(row, "delta"));
        gamma_.error[gamma_.n++] = fabs(v.gamma - number(row, "gamma"));
        vega.error[vega.n++] = fabs(v.vega / 100.0 - number(row, "vega"));
        theta.error[theta.n++] = fabs(shown - number(row, "theta"));
    }
    errors_check(&mark, name, n, median, most, maximum);
    /* The README's figures for the Greeks are of ten days, of which two are here. Gamma is
     * rounded to 5 decimals: the median of what rounding alone does is 2.5e-6. */
    errors_check(&delta, "delta", n, 6.15e-6, 2.75e-5, 1.05e-4);
    errors_check(&gamma_, "gamma", n, 2.5e-6, 4.95e-6, 5.05e-6);
    errors_check(&vega, "vega", n, 1.55e-3, 1.55e-2, 3.75e-2);
    errors_check(&theta, "theta", n, 2.45e-3, 2.35e-2, 0.785);
}

Test(reference, deribit_ticker_18_january)
{
    check_ticker(DATA "deribit_btc_ticker_20260118T1230.csv", "18 January", 658, 2.55e-5,
                 5.05e-5, 8.95e-5);
}

Test(reference, deribit_ticker_21_january)
{
    check_ticker(DATA "deribit_btc_ticker_20260121T1230.csv", "21 January", 664, 2.95e-5,
                 1.25e-4, 2.95e-4);
}

static void check_chain(const char *path, const char *currency, int n, double median,
                        double most, double maximum)
{
    table = real_read(path);
    mark.n = 0;
    for (int row = 1; row <= table->n_row; row++) {
        const double left_s =
            real_seconds(text(row, "expiry_utc")) - real_seconds(text(row, "time_utc"));
        const struct option_case o = ticker_case(row, 1.0, left_s / (365.0 * 86400.0));

        if (strcmp(text(row, "currency"), currency) == 0)
            mark.error[mark.n++] =
                fabs(option_case_price(&o).value / o.spot - number(row, "mark_price"));
    }
    errors_check(&mark, currency, n, median, most, maximum);
}

Test(reference, deribit_chain_18_january)
{
    const char *path = DATA "deribit_chain_20260118T0914.csv";

    check_chain(path, "BTC", 656, 1.45e-6, 8.95e-6, 1.65e-5);
    check_chain(path, "ETH", 686, 2.15e-6, 1.15e-5, 2.65e-5);
}

Test(reference, deribit_chain_5_february_crash)
{
    const char *path = DATA "deribit_chain_20260205T2129_crash.csv";

    check_chain(path, "BTC", 902, 2.35e-5, 5.15e-4, INFINITY);
    check_chain(path, "ETH", 938, 2.45e-5, 4.65e-4, INFINITY);
}

Test(reference, deribit_chain_6_february)
{
    const char *path = DATA "deribit_chain_20260206T0430_postcrash.csv";

    check_chain(path, "BTC", 930, 9.85e-6, 2.55e-4, INFINITY);
    check_chain(path, "ETH", 954, 1.15e-5, 2.65e-4, INFINITY);
}
