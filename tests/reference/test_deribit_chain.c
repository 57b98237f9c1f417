#include <criterion/criterion.h>
#include <criterion/logging.h>

#include <string.h>

#include "tests/option_case.h"
#include "tests/real_data.h"

/* Every option of real Deribit snapshots repriced from its own implied volatility: coin
 * marks and the Greeks that the exchange shows, all sets in one run. The bounds are the
 * errors that these snapshots showed when they were collected (their README, "Consistency of
 * marks and Greeks with Black-76"), plus half a unit of the last digit printed there. The
 * README's figures for the Greeks are of ten days, of which two are here. */

enum quantity { MARK, DELTA, GAMMA, VEGA, RHO, THETA, N_QUANTITY };

/* Of a set: what the README says. */
struct row {
    const char *set, *unit;
    int n;
    double median, most, largest;
};

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
static struct option_case case_of(int row, double volatility_unit, double years)
{
    return (struct option_case){.call = strcmp(text(row, "option_type"), "call") == 0,
                                .inverse = true,
                                .spot = number(row, "underlying_price"),
                                .strike = number(row, "strike"),
                                .volatility = number(row, "mark_iv") * volatility_unit,
                                .years = years};
}

static void add(struct errors *e, double error)
{
    e->error[e->n++] = fabs(error);
}

/* Errors of one ticker file, added to those of others. */
static void add_ticker(const char *path, struct errors *mark, struct errors *greek)
{
    table = real_read(path);
    for (int row = 1; row <= table->n_row; row++) {
        const double years = (number(row, "expiry_ms") - number(row, "time_ms")) /
                             (365.0 * 86400.0 * 1000.0);
        const struct option_case o = case_of(row, 0.01, years);
        const struct option_result v = option_case_price(&o);
        const struct contract c = {.strike_usd = o.strike, .call = o.call, .inverse = true};
        const double theta =
            instrument_option.theta_exchange(&c, o.spot, o.volatility, years, v.value);

        add(mark, v.value / o.spot - number(row, "mark_price"));
        add(&greek[DELTA], v.delta - number(row, "delta"));
        add(&greek[GAMMA], v.gamma - number(row, "gamma"));
        add(&greek[VEGA], v.vega / 100.0 - number(row, "vega"));
        add(&greek[RHO], v.rho / 100.0 - number(row, "rho"));
        add(&greek[THETA], theta - number(row, "theta"));
    }
}

static void add_chain(const char *path, const char *currency, struct errors *mark)
{
    table = real_read(path);
    for (int row = 1; row <= table->n_row; row++) {
        const double left_s =
            real_seconds(text(row, "expiry_utc")) - real_seconds(text(row, "time_utc"));
        const struct option_case o = case_of(row, 1.0, left_s / (365.0 * 86400.0));

        if (strcmp(text(row, "currency"), currency) == 0)
            add(mark, option_case_price(&o).value / o.spot - number(row, "mark_price"));
    }
}

/* Half a unit of the second digit. */
static double rounded_up(double figure)
{
    return figure + 0.5 * pow(10.0, floor(log10(figure)) - 1.0);
}

static void check(struct errors *e, const struct row *r, int n)
{
    errors_check(e, r->set, n, rounded_up(r->median), rounded_up(r->most),
                 rounded_up(r->largest));
    cr_log_info("%-26s %5d  %8.2g %8.2g %8.2g   %5d  %8.2g %8.2g %8.2g  %s", r->set, e->n,
                e->error[(e->n - 1) / 2], e->error[(int)(0.95 * (e->n - 1))],
                e->error[e->n - 1], r->n, r->median, r->most, r->largest, r->unit);
}

Test(reference, deribit_marks_and_greeks_of_all_sets)
{
    static const struct row chains[] = {
        {"chain 18 Jan, BTC mark", "BTC", 656, 1.4e-6, 8.9e-6, 1.6e-5},
        {"chain 18 Jan, ETH mark", "ETH", 686, 2.1e-6, 1.1e-5, 2.6e-5},
        {"chain 5 Feb, BTC mark", "BTC", 902, 2.3e-5, 5.1e-4, 1.3e-3},
        {"chain 5 Feb, ETH mark", "ETH", 938, 2.4e-5, 4.6e-4, 2.1e-3},
        {"chain 6 Feb, BTC mark", "BTC", 930, 9.8e-6, 2.5e-4, 6.2e-4},
        {"chain 6 Feb, ETH mark", "ETH", 954, 1.1e-5, 2.6e-4, 1.1e-3}};
    static const char *const chain_files[] = {DATA "deribit_chain_20260118T0914.csv",
                                              DATA "deribit_chain_20260205T2129_crash.csv",
                                              DATA
                                              "deribit_chain_20260206T0430_postcrash.csv"};
    static const struct row tickers[] = {
        {"ticker 18 Jan, mark", "BTC", 658, 2.5e-5, 5.0e-5, 8.9e-5},
        {"ticker 21 Jan, mark", "BTC", 664, 2.9e-5, 1.2e-4, 2.9e-4}};
    static const char *const ticker_files[] = {DATA "deribit_btc_ticker_20260118T1230.csv",
                                               DATA "deribit_btc_ticker_20260121T1230.csv"};
    static const struct row greeks[N_QUANTITY] = {
        [DELTA] = {"delta", "1", 6628, 6.1e-6, 2.7e-5, 1.0e-4},
        [GAMMA] = {"gamma", "1/USD", 6628, 2.0e-6, 4.7e-6, 5.0e-6},
        [VEGA] = {"vega", "USD per point", 6628, 1.5e-3, 1.5e-2, 3.7e-2},
        [RHO] = {"rho", "USD per 1 %", 6628, 5.9e-4, 1.0e-2, 2.4e-2},
        [THETA] = {"theta", "USD per day", 6628, 2.4e-3, 2.3e-2, 0.78}};
    static struct errors mark, greek[N_QUANTITY];

    cr_log_info("%-26s %5s  %8s %8s %8s   README: n, median, 95 %%, largest",
                "absolute error", "n", "median", "95 %", "largest");
    for (int i = 0; i < 6; i++) {
        mark.n = 0;
        add_chain(chain_files[i / 2], i % 2 ? "ETH" : "BTC", &mark);
        check(&mark, &chains[i], chains[i].n);
    }
    for (int i = 0; i < 2; i++) {
        mark.n = 0;
        add_ticker(ticker_files[i], &mark, greek);
        check(&mark, &tickers[i], tickers[i].n);
    }
    for (int q = DELTA; q < N_QUANTITY; q++)
        check(&greek[q], &greeks[q], 658 + 664);
}
