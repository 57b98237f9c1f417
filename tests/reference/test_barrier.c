#include <criterion/criterion.h>

#include "tests/barrier_exact.h"
#include "tests/claim_case.h"

/* Barrier options against published and independently computed prices. The program does
 * not discount, so rates enter in two steps: the carry of the forward is r - q, and the
 * price is exp(-r T) times the program's. That covers what is paid at expiry, a knock-in's
 * rebate included; a rebate at the touch is discounted from there, so for rows with one the
 * program's price without rebate and the book's sum F (tests/barrier_exact.c) are added. */

static bool near(double got, double expected, double scale)
{
    return fabs(got - expected) <= 1e-12 * fabs(expected) + 1e-14 * scale;
}

static struct barrier barrier_of(const struct barrier_exact *o)
{
    return (struct barrier){.contract = {.id = "row",
                                         .call = o->call,
                                         .quantity = 1.0,
                                         .strike_usd = (double)o->strike},
                            .type = o->up    ? o->out ? BARRIER_UP_OUT : BARRIER_UP_IN
                                    : o->out ? BARRIER_DOWN_OUT
                                             : BARRIER_DOWN_IN,
                            .barrier_usd = (double)o->barrier,
                            .rebate_usd = (double)o->rebate};
}

/* What the program makes of a row with rates. */
static double priced(const struct barrier_exact *o)
{
    struct barrier b = barrier_of(o);
    const double years = (double)o->years, discount = exp((double)-o->rate * years);
    const struct claim_case at = {.spot = (double)o->spot,
                                  .log_forward_ratio = (double)o->carry * years,
                                  .volatility = (double)o->volatility,
                                  .years = years};
    const bool at_barrier = o->spot == o->barrier;
    double touch = 0.0;

    if (o->out) {
        touch = (double)(o->rebate * barrier_exact_touch(o));
        b.rebate_usd = 0.0;
    }
    if (at_barrier && o->out)
        cr_assert_float_eq(touch, (double)o->rebate, 1e-15, "F at the barrier");
    return discount * claim_case_price(&instrument_barrier, &b.contract, &at, true).value +
           touch;
}

/* Haug (1998), p. 72, by way of QuantLib's test-suite/barrieroption.cpp, testHaugValues:
 * S = 100, rebate 3, r = 0.08, q = 0.04, half a year; as printed to 1e-4, and recomputed to
 * 18 digits from the formula and by integrating the reflected density. */
static const struct {
    bool up, out, call;
    double strike, barrier, volatility, published, recomputed;
} haug_rows[] = {
    /* clang-format off */
    {false, true, true, 90, 95.0, 0.25, 9.0246, 9.02456769496686996},
    {false, true, true, 100, 95.0, 0.25, 6.7924, 6.79243657502522452},
    {false, true, true, 110, 95.0, 0.25, 4.8759, 4.87585774014760735},
    {false, true, true, 90, 100.0, 0.25, 3.0000, 3.00000000000000000},
    {false, true, true, 100, 100.0, 0.25, 3.0000, 3.00000000000000000},
    {false, true, true, 110, 100.0, 0.25, 3.0000, 3.00000000000000000},
    {true, true, true, 90, 105.0, 0.25, 2.6789, 2.67891250484011679},
    {true, true, true, 100, 105.0, 0.25, 2.3580, 2.35801979084405824},
    {true, true, true, 110, 105.0, 0.25, 2.3453, 2.34534894638696388},
    {false, false, true, 90, 95.0, 0.25, 7.7627, 7.76267020985635194},
    {false, false, true, 100, 95.0, 0.25, 4.0109, 4.01094185044906689},
    {false, false, true, 110, 95.0, 0.25, 2.0576, 2.05761275272826263},
    {false, false, true, 90, 100.0, 0.25, 13.8333, 13.8332871017967244},
    {false, false, true, 100, 100.0, 0.25, 7.8494, 7.84942762244779390},
    {false, false, true, 110, 100.0, 0.25, 3.9795, 3.97951968984937247},
    {true, false, true, 90, 105.0, 0.25, 14.1112, 14.1111731196030432},
    {true, false, true, 100, 105.0, 0.25, 8.4482, 8.44820635425017129},
    {true, false, true, 110, 105.0, 0.25, 4.5910, 4.59096926610884421},
    {false, true, true, 90, 95.0, 0.30, 8.8334, 8.83335792866829054},
    {false, true, true, 100, 95.0, 0.30, 7.0285, 7.02854022167642263},
    {false, true, true, 110, 95.0, 0.30, 5.4137, 5.41369997963294780},
    {false, true, true, 90, 100.0, 0.30, 3.0000, 3.00000000000000000},
    {false, true, true, 100, 100.0, 0.30, 3.0000, 3.00000000000000000},
    {false, true, true, 110, 100.0, 0.30, 3.0000, 3.00000000000000000},
    {true, true, true, 90, 105.0, 0.30, 2.6341, 2.63404195133460921},
    {true, true, true, 100, 105.0, 0.30, 2.4389, 2.43894188505814409},
    {true, true, true, 110, 105.0, 0.30, 2.4315, 2.43153267855558541},
    {false, false, true, 90, 95.0, 0.30, 9.0093, 9.00934438068188925},
    {false, false, true, 100, 95.0, 0.30, 5.1370, 5.13703858287796591},
    {false, false, true, 110, 95.0, 0.30, 2.8517, 2.85168278492653370},
    {false, false, true, 90, 100.0, 0.30, 14.8816, 14.8816208049687559},
    {false, false, true, 100, 100.0, 0.30, 9.2045, 9.20449730017296466},
    {false, false, true, 110, 100.0, 0.30, 5.3043, 5.30430126017805763},
    {true, false, true, 90, 105.0, 0.30, 15.2098, 15.2098459143896260},
    {true, false, true, 100, 105.0, 0.30, 9.7278, 9.72782247587029987},
    {true, false, true, 110, 105.0, 0.30, 5.8350, 5.83503564237795152},
    {false, true, false, 90, 95.0, 0.25, 2.2798, 2.27983796720153576},
    {false, true, false, 100, 95.0, 0.25, 2.2947, 2.29474963334309615},
    {false, true, false, 110, 95.0, 0.25, 2.6252, 2.62521358454868481},
    {false, true, false, 90, 100.0, 0.25, 3.0000, 3.00000000000000000},
    {false, true, false, 100, 100.0, 0.25, 3.0000, 3.00000000000000000},
    {false, true, false, 110, 100.0, 0.25, 3.0000, 3.00000000000000000},
    {true, true, false, 90, 105.0, 0.25, 3.7760, 3.77595513216975639},
    {true, true, false, 100, 105.0, 0.25, 5.4932, 5.49322767237193698},
    {true, true, false, 110, 105.0, 0.25, 7.5187, 7.51872208211308176},
    {false, false, false, 90, 95.0, 0.25, 2.9586, 2.95858213065524477},
    {false, false, false, 100, 95.0, 0.25, 6.5677, 6.56770537668798598},
    {false, false, false, 110, 95.0, 0.25, 11.9752, 11.9752278844072080},
    {false, false, false, 90, 100.0, 0.25, 2.2845, 2.28446929483028303},
    {false, false, false, 100, 100.0, 0.25, 5.9085, 5.90850420700458462},
    {false, false, false, 110, 100.0, 0.25, 11.6465, 11.6464906659293953},
    {true, false, false, 90, 105.0, 0.25, 1.4653, 1.46531268530696227},
    {true, false, false, 100, 105.0, 0.25, 3.3721, 3.37207505727908327},
    {true, false, false, 110, 105.0, 0.25, 7.0846, 7.08456710646274916},
    {false, true, false, 90, 95.0, 0.30, 2.4170, 2.41699033650098224},
    {false, true, false, 100, 95.0, 0.30, 2.4258, 2.42580985577725312},
    {false, true, false, 110, 95.0, 0.30, 2.6246, 2.62460684000191709},
    {false, true, false, 90, 100.0, 0.30, 3.0000, 3.00000000000000000},
    {false, true, false, 100, 100.0, 0.30, 3.0000, 3.00000000000000000},
    {false, true, false, 110, 100.0, 0.30, 3.0000, 3.00000000000000000},
    {true, true, false, 90, 105.0, 0.30, 4.2293, 4.22923746524018313},
    {true, true, false, 100, 105.0, 0.30, 5.8032, 5.80325200629669767},
    {true, true, false, 110, 105.0, 0.30, 7.5649, 7.56495740712711865},
    {false, false, false, 90, 95.0, 0.30, 3.8769, 3.87689416588275618},
    {false, false, false, 100, 95.0, 0.30, 7.7989, 7.79884553333392614},
    {false, false, false, 110, 95.0, 0.30, 13.3078, 13.3077469006375872},
    {false, false, false, 90, 100.0, 0.30, 3.3328, 3.33280299800231454},
    {false, false, false, 100, 100.0, 0.30, 7.2636, 7.26357388472975538},
    {false, false, false, 110, 100.0, 0.30, 12.9713, 12.9712722362580804},
    {true, false, false, 90, 105.0, 0.30, 2.0658, 2.06583259351761072},
    {true, false, false, 100, 105.0, 0.30, 4.4226, 4.42258893918853702},
    {true, false, false, 110, 105.0, 0.30, 8.3686, 8.36858188988644110},
    /* clang-format on */
};

Test(reference, barriers_of_haug)
{
    for (size_t i = 0; i < sizeof haug_rows / sizeof *haug_rows; i++) {
        const struct barrier_exact o = {.up = haug_rows[i].up,
                                        .out = haug_rows[i].out,
                                        .call = haug_rows[i].call,
                                        .spot = 100.0L,
                                        .strike = haug_rows[i].strike,
                                        .barrier = haug_rows[i].barrier,
                                        .rebate = 3.0L,
                                        .rate = 0.08L,
                                        .carry = 0.04L,
                                        .years = 0.5L,
                                        .volatility = haug_rows[i].volatility};
        const double price = priced(&o);

        cr_assert_float_eq(price, haug_rows[i].published, 1e-4, "row %zu: %.17g", i, price);
        cr_assert(near(price, haug_rows[i].recomputed, 100.0), "row %zu: %.17g", i, price);
    }
}

/* The same to 18 digits, formula and integral differing by 3e-29, days of a year of 365;
 * S = 100. */
static const struct {
    const char *id;
    bool up, out, call;
    double strike, barrier, rebate, rate, yield, days, volatility, price;
} precise_rows[] = {
    /* clang-format off */
    {"bar_01", false, false, true, 89.6, 91.52, 0, 0.054, 0.007, 60, 0.343, 2.68492687169194668},
    {"bar_02", false, true, true, 104.2, 81.83, 0, 0.070, 0.038, 730, 0.102, 6.37664044066506153},
    {"bar_03", true, false, true, 75.18, 115.4, 0, 0.041, 0.023, 60, 0.762, 24.4084436788646400},
    {"bar_04", true, true, true, 50.86, 163, 0, 0.054, 0.020, 182, 0.963, 12.2174395490945896},
    {"bar_05", false, false, false, 107.6, 97.52, 0, 0.007, 0.004, 7, 1.082, 10.6279678949925480},
    {"bar_06", false, true, false, 92.97, 93.37, 2.5, 0.035, 0.019, 7, 0.441, 0.671923808419597470},
    {"bar_07", true, false, false, 105.3, 108.4, 2.5, 0.001, 0.058, 60, 0.256, 2.34290460643377686},
    {"bar_08", true, true, false, 57.15, 132, 0, 0.012, 0.009, 182, 1.220, 6.75162996580179784},
    /* clang-format on */
};

Test(reference, barriers_to_all_digits)
{
    for (size_t i = 0; i < sizeof precise_rows / sizeof *precise_rows; i++) {
        const struct barrier_exact o = {.up = precise_rows[i].up,
                                        .out = precise_rows[i].out,
                                        .call = precise_rows[i].call,
                                        .spot = 100.0L,
                                        .strike = precise_rows[i].strike,
                                        .barrier = precise_rows[i].barrier,
                                        .rebate = precise_rows[i].rebate,
                                        .rate = precise_rows[i].rate,
                                        .carry = (long double)precise_rows[i].rate -
                                                 precise_rows[i].yield,
                                        .years = precise_rows[i].days / 365.0L,
                                        .volatility = precise_rows[i].volatility};
        const double price = priced(&o);

        cr_assert(near(price, precise_rows[i].price, 100.0), "%s: %.17g",
                  precise_rows[i].id, price);
    }
}

/* Probability that geometric Brownian motion touches a level, closed form and integral
 * agreeing to 1e-29, and with hourly looks by Broadie, Glasserman and Kou (1997): what a
 * rebate of 1 is worth to an option that cannot pay itself, a put below the barrier or a
 * call above it, with the carry for the drift. */
static const struct {
    const char *id;
    double spot, barrier, days, drift, volatility, touched, hourly;
} passage_rows[] = {
    /* clang-format off */
    {"fp_01", 100, 80, 30, 0, 0.8, 0.368358564076293461, 0.35733267},
    {"fp_02", 100, 80, 365, 0.1, 0.5, 0.669933782323703279, 0.66554899},
    {"fp_03", 100, 95, 7, 0, 1.2, 0.776687262024735953, 0.74459113},
    {"fp_04", 100, 120, 90, 0, 0.7, 0.544902210296995470, 0.53579258},
    {"fp_05", 100, 60, 30, 0, 0.65, 0.00787379665899171090, 0.0073835408},
    {"fp_06", 2000, 1600, 14, -0.3, 0.9, 0.247815915251420153, 0.23549240},
    /* clang-format on */
};

Test(reference, barrier_rebate_is_the_probability_of_a_touch)
{
    for (size_t i = 0; i < sizeof passage_rows / sizeof *passage_rows; i++) {
        const bool up = passage_rows[i].barrier > passage_rows[i].spot;
        const double years = passage_rows[i].days / 365.0;
        struct barrier b = {.contract = {.call = up, .strike_usd = passage_rows[i].barrier},
                            .type = up ? BARRIER_UP_OUT : BARRIER_DOWN_OUT,
                            .barrier_usd = passage_rows[i].barrier,
                            .rebate_usd = 1.0};
        const struct claim_case at = {.spot = passage_rows[i].spot,
                                      .log_forward_ratio = passage_rows[i].drift * years,
                                      .volatility = passage_rows[i].volatility,
                                      .years = years};
        const double watched =
            claim_case_price(&instrument_barrier, &b.contract, &at, true).value;
        b.contract.look_s = 3600.0;
        b.contract.strike_usd *= up ? 2.0 : 0.5; /* beyond the shifted barrier */
        const double hourly =
            claim_case_price(&instrument_barrier, &b.contract, &at, true).value;

        cr_assert(near(watched, passage_rows[i].touched, 1.0), "%s: %.17g",
                  passage_rows[i].id, watched);
        cr_assert_float_eq(hourly, passage_rows[i].hourly, 1e-8, "%s: %.17g",
                           passage_rows[i].id, hourly);
    }
}

/* Haug (1998), p. 95, by way of QuantLib's test-suite/digitaloption.cpp,
 * testCashAtExpiryOrNothingAmericanValues: 15 at expiry, half a year off, if 100 was touched
 * or if it was not; r = 0.1, volatility 0.2. Nothing is discounted, so that a rebate at the
 * touch is worth one at expiry. */
static const struct {
    bool up, touch;
    double spot, published, recomputed;
} touch_rows[] = {
    {false, true, 105.0, 9.3604, 9.36035591205998129},
    {true, true, 95.0, 11.2223, 11.2223295840734801},
    {false, false, 105.0, 4.9081, 4.90808545545072885},
    {true, false, 95.0, 3.0461, 3.04611178343723006},
};

Test(reference, barrier_rebates_are_one_touch_options)
{
    for (size_t i = 0; i < sizeof touch_rows / sizeof *touch_rows; i++) {
        /* a call that cannot pay, and a put */
        const bool up = touch_rows[i].up, call = up == touch_rows[i].touch;
        const struct barrier b = {
            .contract = {.call = call, .strike_usd = call ? 1e9 : 1e-9},
            .type = up ? touch_rows[i].touch ? BARRIER_UP_OUT : BARRIER_UP_IN
                    : touch_rows[i].touch ? BARRIER_DOWN_OUT
                                          : BARRIER_DOWN_IN,
            .barrier_usd = 100.0,
            .rebate_usd = 15.0};
        const struct claim_case at = {.spot = touch_rows[i].spot,
                                      .log_forward_ratio = 0.05,
                                      .volatility = 0.2,
                                      .years = 0.5};
        const double price =
            exp(-0.05) *
            claim_case_price(&instrument_barrier, &b.contract, &at, true).value;

        cr_assert_float_eq(price, touch_rows[i].published, 1e-4, "row %zu: %.17g", i,
                           price);
        cr_assert(near(price, touch_rows[i].recomputed, 100.0), "row %zu: %.17g", i, price);
    }
}
