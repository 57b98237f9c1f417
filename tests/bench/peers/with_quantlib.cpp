/* The book of tailrace-bench valued by QuantLib, for scripts/bench-peers. C++ because that is
 * QuantLib's only interface without a wrapper's cost, and a wrapped peer would be a slow one.
 *
 * Three ways, each with whatever does not depend on the path made beforehand:
 *     greeks  BlackCalculator: value, delta, gamma, vega, theta, rho (it has no vanna, volga)
 *     value   blackFormula
 *     engine  an instrument with quotes, process and AnalyticEuropeanEngine of its own
 * As in models/instrument/option.c, a linear option is Black's formula in F and K, an inverse
 * one in S and K S/F. Theta is that at constant S, F/S and volatility, so the forward stands
 * in for the spot and no carry comes in. Rho is per 1.00 a year of the rate r in F = S exp(r T):
 * QuantLib's discounts, too, which T x value takes back for the linear option; for the inverse
 * one, whose value in dollars is divided by F/S, it is that already.
 *
 * usage: with_quantlib FOLDER, then lines on stdin, one line of answer each:
 *     sums FIGURE          name=value ...: sums over all contracts and paths
 *     rate FIGURE SECONDS  valuations per second */
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <ql/exercise.hpp>
#include <ql/instruments/vanillaoption.hpp>
#include <ql/pricingengines/blackcalculator.hpp>
#include <ql/pricingengines/blackformula.hpp>
#include <ql/pricingengines/vanilla/analyticeuropeanengine.hpp>
#include <ql/processes/blackscholesprocess.hpp>
#include <ql/quotes/simplequote.hpp>
#include <ql/settings.hpp>
#include <ql/termstructures/volatility/equityfx/blackconstantvol.hpp>
#include <ql/termstructures/yield/flatforward.hpp>
#include <ql/time/calendars/nullcalendar.hpp>
#include <ql/time/daycounters/actual365fixed.hpp>

namespace ql = QuantLib;

namespace
{

enum { VALUE, DELTA, GAMMA, VEGA, THETA, RHO, N_FIGURE };
const char *const FIGURE_NAMES[N_FIGURE] = {"value_usd", "delta_coin", "gamma",
                                            "vega_usd",  "theta_usd",  "rho_usd"};

struct sums {
    double of[N_FIGURE] = {0.0};
};

struct path {
    double spot_usd, factor;
};

/* One contract as Black's formula sees it: f = f_per_spot x S against k. */
struct contract {
    ql::Option::Type type;
    bool inverse;
    double f_per_spot, k, years, volatility_sqrt_t;
    ql::ext::shared_ptr<ql::PlainVanillaPayoff> payoff;
};

/* QuantLib's expiries are whole days: the option expires in as many as come nearest, and the
 * volatility keeps sigma sqrt(T). */
struct quoted {
    ql::ext::shared_ptr<ql::SimpleQuote> f, volatility;
    std::unique_ptr<ql::VanillaOption> option;
    double years; /* to the whole day */
};

struct book {
    std::vector<contract> contracts;
    std::vector<path> paths;
    std::vector<quoted> quotes; /* as contracts; made when asked for */
};

[[noreturn]] void die(const std::string &text)
{
    std::cerr << "with_quantlib: " << text << "\n";
    std::exit(1);
}

/* The rows of a CSV of numbers below its heading. */
std::vector<std::vector<double>> read_table(const std::string &file, size_t n_column)
{
    std::ifstream in(file);
    std::string line;
    std::vector<std::vector<double>> rows;

    if (!std::getline(in, line))
        die("cannot read " + file);
    while (std::getline(in, line)) {
        std::istringstream cells(line);
        std::string cell;
        std::vector<double> row;
        while (std::getline(cells, cell, ','))
            row.push_back(std::strtod(cell.c_str(), nullptr));
        if (row.size() != n_column)
            die(file + ": a row has other columns than the heading");
        rows.push_back(row);
    }
    return rows;
}

book read_book(const std::string &folder)
{
    book b;

    for (const auto &row : read_table(folder + "/contracts.csv", 6)) {
        const bool inverse = row[1] != 0.0;
        const double ratio = std::exp(row[4]); /* F/S */
        const auto type = row[0] != 0.0 ? ql::Option::Call : ql::Option::Put;
        const double k = inverse ? row[2] / ratio : row[2];
        b.contracts.push_back({type, inverse, inverse ? 1.0 : ratio, k, row[3], row[5],
                               ql::ext::make_shared<ql::PlainVanillaPayoff>(type, k)});
    }
    for (const auto &row : read_table(folder + "/paths.csv", 2))
        b.paths.push_back({row[0], row[1]});
    return b;
}

sums value_by_calculator(book &b)
{
    sums s;

    for (const contract &c : b.contracts) {
        const double per_value = c.inverse ? 0.0 : c.years;
        for (const path &p : b.paths) {
            const double f = c.f_per_spot * p.spot_usd;
            const ql::BlackCalculator black(c.payoff, f, p.factor * c.volatility_sqrt_t);
            const double value = black.value();

            s.of[VALUE] += value;
            s.of[DELTA] += black.delta(p.spot_usd);
            s.of[GAMMA] += black.gamma(p.spot_usd);
            s.of[VEGA] += black.vega(c.years);
            s.of[THETA] += black.theta(f, c.years);
            s.of[RHO] += black.rho(c.years) + per_value * value;
        }
    }
    return s;
}

sums value_by_formula(book &b)
{
    sums s;

    for (const contract &c : b.contracts)
        for (const path &p : b.paths)
            s.of[VALUE] += ql::blackFormula(c.type, c.k, c.f_per_spot * p.spot_usd,
                                            p.factor * c.volatility_sqrt_t);
    return s;
}

void make_quotes(book &b)
{
    const ql::Date today(25, ql::November, 2026);
    const ql::Actual365Fixed count;

    ql::Settings::instance().evaluationDate() = today;
    const ql::Handle<ql::YieldTermStructure> no_rate(
        ql::ext::make_shared<ql::FlatForward>(today, 0.0, count));
    for (const contract &c : b.contracts) {
        const long days = std::max(1L, std::lround(365.0 * c.years));
        quoted q;
        q.years = static_cast<double>(days) / 365.0;
        q.f = ql::ext::make_shared<ql::SimpleQuote>(c.k);
        q.volatility = ql::ext::make_shared<ql::SimpleQuote>(1.0);
        const auto process = ql::ext::make_shared<ql::BlackScholesMertonProcess>(
            ql::Handle<ql::Quote>(q.f), no_rate, no_rate,
            ql::Handle<ql::BlackVolTermStructure>(
                ql::ext::make_shared<ql::BlackConstantVol>(
                    today, ql::NullCalendar(), ql::Handle<ql::Quote>(q.volatility),
                    count)));
        q.option = std::make_unique<ql::VanillaOption>(
            c.payoff, ql::ext::make_shared<ql::EuropeanExercise>(today + days));
        q.option->setPricingEngine(
            ql::ext::make_shared<ql::AnalyticEuropeanEngine>(process));
        b.quotes.push_back(std::move(q));
    }
}

sums value_by_engine(book &b)
{
    sums s;

    if (b.quotes.empty())
        make_quotes(b);
    for (size_t i = 0; i < b.contracts.size(); i++) {
        const contract &c = b.contracts[i];
        const quoted &q = b.quotes[i];
        const double stretch = c.years / q.years, per_value = c.inverse ? 0.0 : c.years;
        const double vol = c.volatility_sqrt_t / std::sqrt(q.years);
        for (const path &p : b.paths) {
            q.f->setValue(c.f_per_spot * p.spot_usd);
            q.volatility->setValue(p.factor * vol);
            const double value = q.option->NPV();

            s.of[VALUE] += value;
            s.of[DELTA] += c.f_per_spot * q.option->delta();
            s.of[GAMMA] += c.f_per_spot * c.f_per_spot * q.option->gamma();
            s.of[VEGA] += std::sqrt(stretch) * q.option->vega();
            s.of[THETA] += q.option->theta() / stretch;
            s.of[RHO] += stretch * q.option->rho() + per_value * value;
        }
    }
    return s;
}

struct way {
    const char *name;
    sums (*value)(book &);
    int n_figure; /* the first of them */
};
const way WAYS[] = {{"greeks", value_by_calculator, N_FIGURE},
                    {"value", value_by_formula, 1},
                    {"engine", value_by_engine, N_FIGURE}};

const way &find_way(const std::string &name)
{
    for (const way &w : WAYS)
        if (name == w.name)
            return w;
    die("no figure \"" + name + "\"");
}

void print_sums(const way &w, book &b)
{
    const sums s = w.value(b);

    for (int i = 0; i < w.n_figure; i++)
        std::printf("%s%s=%.17g", i > 0 ? " " : "", FIGURE_NAMES[i], s.of[i]);
    std::printf("\n");
}

void print_rate(const way &w, book &b, double least_s)
{
    using clock = std::chrono::steady_clock;
    const double n = static_cast<double>(b.contracts.size() * b.paths.size());
    const auto begin = clock::now();
    double items = 0.0, elapsed_s = 0.0;

    while (elapsed_s < least_s) {
        volatile double kept = w.value(b).of[VALUE];
        (void)kept;
        items += n;
        elapsed_s = std::chrono::duration<double>(clock::now() - begin).count();
    }
    std::printf("%.17g\n", items / elapsed_s);
}

} // namespace

int main(int argc, char **argv)
{
    std::string line;

    if (argc != 2)
        die("usage: with_quantlib FOLDER");
    book b = read_book(argv[1]);
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string what, figure;
        double least_s = 0.0;
        words >> what >> figure >> least_s;
        if (what == "sums")
            print_sums(find_way(figure), b);
        else if (what == "rate")
            print_rate(find_way(figure), b, least_s);
        else
            die("cannot do \"" + line + "\"");
        std::fflush(stdout);
    }
    return 0;
}
