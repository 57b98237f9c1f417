/* SVI and SSVI against values computed with 50 digits (mpmath) from the formulas of
 * Gatheral and Jacquier (2014); the slices called vogt are their Examples 3.1 and 5.1. */
#include <criterion/criterion.h>
#include <math.h>

#include "sim/svi.h"

/* Slices, where g is lowest on [-4, 4], and whether it falls below 0 there. */
static const struct {
    const char *id;
    struct svi raw;
    double min_g, argmin;
    bool free;
} slices[] = {
    /* clang-format off */
    {"vogt", {-0.0410, 0.1331, 0.3060, 0.3586, 0.4153},
     -0.0328635734536, 0.87926254, false},
    {"vogt_with_sigma_1", {-0.0410, 0.1331, 0.3060, 0.3586, 1.0},
     0.178955846912, 2.7726560, true},
    {"vogt_guaranteed_repair", {0.00774089486389599105, 0.0692420276558331764, -0.334036506608478363, 0.0420337955147481208, 0.118608010610448356},
     0.259683952258, -4.0000000, true},
    {"vogt_optimal_repair", {-0.0305199110319110227, 0.102716781781380187, 0.100717613202910859, 0.272344192925375100, 0.412398146911089221},
     0.00811827844533, 0.81133445, true},
    {"own_steep_right_wing", {0.01, 1.2, 0.8, 0, 0.2},
     -0.785525954127, 0.42034793, false},
    {"own_flat", {0.04, 0.0, 0, 0, 0.1},
     1.00000000000, -4.0000000, true},
    {"own_crypto_like", {0.02, 0.18, -0.15, 0.02, 0.25},
     0.250930704155, -4.0000000, true},
    /* clang-format on */
};
enum { N_SLICE = sizeof slices / sizeof *slices };

static const struct {
    int slice;
    double k, w, first, second, g;
} points[] = {
    /* clang-format off */
    {0, -1.5, 0.1367819611222978, -0.08916809772550969, 0.003323565821388382, 0.24783069525837},
    {0, -0.2, 0.02889540524188425, -0.06608547607442754, 0.06806916480894183, 0.59087099117183},
    {0, 0, 0.01742625255515912, -0.04625873102212626, 0.1389648340653372, 1.0386497312818},
    {0, 0.4, 0.01623656962322234, 0.05393149647392806, 0.3157725554032077, 0.22559986552090},
    {0, 0.9, 0.07186993504958307, 0.1463362538145433, 0.07226020348758807, -0.032685130709023},
    {1, -1.5, 0.1642151668731869, -0.07648275213414333, 0.01415777866146983, 0.42120484958400},
    {1, -0.2, 0.08870713580775977, -0.02418062872565784, 0.08856465620875187, 0.98882309962680},
    {1, 0, 0.08579391231106328, -0.004199647634785581, 0.1110123951657770, 1.0554537016440},
    {1, 0.4, 0.09390017924454070, 0.04623422381048177, 0.1327585395523356, 0.87330136347635},
    {1, 0.9, 0.1324053536237713, 0.1040977536518976, 0.09051547923636516, 0.44170436882151},
    {2, -1.5, 0.1504960832978442, -0.09216747343301375, 0.0002633137049680404, 0.27782602792585},
    {2, -0.2, 0.03200201746424882, -0.08530687194090273, 0.04974625232352977, 0.50549198666785},
    {2, 0, 0.01742625000000000, -0.04625871685643208, 0.4888583692425291, 1.2135965132527},
    {2, 0.4, 0.02557283120047874, 0.04259861765987281, 0.01816407631434966, 0.43591057184463},
    {2, 0.9, 0.04786898660783569, 0.04546034904470218, 0.001499183945384119, 0.31774695265476},
    {3, -1.5, 0.1380573255819450, -0.08969877706763325, 0.002899223584298449, 0.24924753345698},
    {3, -0.2, 0.02900120789315167, -0.06703012987718390, 0.07085746087674027, 0.58757943583086},
    {3, 0, 0.01742625000000000, -0.04625871685643208, 0.1447238307451829, 1.0415292440041},
    {3, 0.4, 0.01514397080017595, 0.04071897248075355, 0.2171285690253732, 0.29475693617990},
    {3, 0.9, 0.05311531149695345, 0.09619021938788485, 0.04124092404366225, 0.010741334157250},
    {4, -1.5, 0.3859295140505867, -0.2294734808191616, 0.01385121957285778, 0.27649512883872},
    {4, -0.2, 0.1574112549695428, 0.1114718625761430, 2.121320343559643, 2.1867948936014},
    {4, 0, 0.2500000000000000, 0.9600000000000000, 6.000000000000000, 3.0208000000000},
    {4, 0.4, 0.9306563145999495, 2.033312629199899, 0.5366563145999495, -0.78366227151185},
    {4, 0.9, 1.980345334875146, 2.131424472220743, 0.06125095279585586, -0.56090213527054},
    {6, -1.5, 0.3383159636174762, -0.2046136645870302, 0.003077750198150105, 0.26653714002375},
    {6, -0.2, 0.08588297289924817, -0.1459130210805644, 0.3046177480750585, 0.77807273429281},
    {6, 0, 0.06568377033434403, -0.04135414001092020, 0.7131428860751292, 1.3499554730393},
    {6, 0.4, 0.09161527099191794, 0.1233750748039092, 0.1195395967444777, 0.55115651589847},
    {6, 0.9, 0.1609080296839675, 0.1461483643468651, 0.01469407224127878, 0.32243528448474},
    /* clang-format on */
};
enum { N_POINT = sizeof points / sizeof *points };

Test(reference, svi_variance_derivatives_and_durrleman)
{
    for (int i = 0; i < N_POINT; i++) {
        const struct svi *s = &slices[points[i].slice].raw;
        const char *id = slices[points[i].slice].id;
        const double k = points[i].k;
        const struct svi_value v = svi_value(s, k);

        cr_expect_float_eq(v.w, points[i].w, 1e-15, "%s k %g: w %.17g", id, k, v.w);
        cr_expect_float_eq(svi_variance(s, k), v.w, 0.0, "%s k %g", id, k);
        cr_expect_float_eq(v.first, points[i].first, 1e-14, "%s k %g: w' %.17g", id, k,
                           v.first);
        cr_expect_float_eq(v.second, points[i].second, 1e-13, "%s k %g: w'' %.17g", id, k,
                           v.second);
        cr_expect_float_eq(svi_durrleman(k, v), points[i].g, 1e-11, "%s k %g: g %.17g", id,
                           k, svi_durrleman(k, v));
    }
}

/* Where g is lowest inside [-4, 4] our search must find that place or, beyond, a lower one.
 */
Test(reference, svi_butterfly_arbitrage_is_found_where_it_is)
{
    for (int i = 0; i < N_SLICE; i++) {
        struct svi_place worst;
        const bool free = svi_butterfly_free(&slices[i].raw, &worst);

        cr_expect_null(svi_wrong(&slices[i].raw), "%s", slices[i].id);
        cr_expect_eq(free, slices[i].free, "%s: %d", slices[i].id, free);
        cr_expect(worst.size <= slices[i].min_g + 1e-9, "%s: g %.12g at %g", slices[i].id,
                  worst.size, worst.log_moneyness);
        if (slices[i].min_g > 0.1)
            continue; /* lowest at the edge: beyond it g falls on */
        cr_expect_float_eq(worst.size, slices[i].min_g, 1e-10, "%s: g %.12g", slices[i].id,
                           worst.size);
        cr_expect_float_eq(worst.log_moneyness, slices[i].argmin, 1e-5, "%s: k %.9g",
                           slices[i].id, worst.log_moneyness);
    }
}

static const struct {
    double theta, eta, gamma, rho, phi;
    struct svi raw;
    bool theorem; /* 4.2 */
    double w[5];  /* at k = -1, -0.3, 0, 0.3, 1 */
    double min_g, argmin;
} surfaces[] = {
    /* clang-format off */
    {0.02, 1.2, 0.5, -0.4, 8.401680504168059,
     {0.008400000000000000, 0.08401680504168059, -0.4000000000000000, 0.04760952285695233, 0.1090871211463571},
     true, {0.1320994221096472, 0.05069140159959266, 0.02000000000000000, 0.02301893111467047, 0.05693326239528503},
     0.2569234100, -4.0000000},
    {0.25, 1.2, 0.5, -0.4, 2.146625258399798,
     {0.1050000000000000, 0.2683281572999748, -0.4000000000000000, 0.1863389981249825, 0.4269562819149833},
     true, {0.5706474105245603, 0.3308508825233862, 0.2500000000000000, 0.2113550612812606, 0.2642294482040708},
     0.2791862611, -4.0000000},
    {0.02, 2.5, 0.5, -0.7, 17.50350105035012,
     {0.005100000000000000, 0.1750350105035012, -0.7000000000000000, 0.03999199919983996, 0.04080000000000000},
     false, {0.3146995469407814, 0.1066948194969979, 0.02000000000000000, 0.01931005381046849, 0.05566218877691535},
     0.08184150939, -0.11603979},
    /* clang-format on */
};

Test(reference, svi_ssvi_and_its_power_law)
{
    static const double at[] = {-1.0, -0.3, 0.0, 0.3, 1.0};

    for (int i = 0; i < 3; i++) {
        const double theta = surfaces[i].theta, rho = surfaces[i].rho;
        const double phi = svi_phi(theta, surfaces[i].eta, surfaces[i].gamma);
        const struct svi s = svi_ssvi(theta, rho, phi), *raw = &surfaces[i].raw;
        const double error[] = {s.a - raw->a, s.b - raw->b, s.rho - raw->rho, s.m - raw->m,
                                s.sigma - raw->sigma};

        cr_expect_float_eq(phi, surfaces[i].phi, 1e-14 * phi, "surface %d: phi %.17g", i,
                           phi);
        for (int part = 0; part < 5; part++)
            cr_expect_float_eq(error[part], 0.0, 1e-15, "surface %d, parameter %d: %g", i,
                               part, error[part]);
        for (int p = 0; p < 5; p++)
            cr_expect_float_eq(svi_variance(&s, at[p]), surfaces[i].w[p], 1e-15,
                               "surface %d k %g", i, at[p]);
        cr_expect_eq(phi <= svi_phi_max(theta, rho), surfaces[i].theorem, "surface %d", i);
    }
}

/* The later slice has less variance outside (-0.2595, 0.2373); far out its slopes are 0.55
 * and 0.63 of the earlier one's. */
Test(reference, svi_calendar_arbitrage_is_found)
{
    static const struct svi early = {0.02, 0.18, -0.15, 0.02, 0.25};
    static const struct svi late = {0.045, 0.10, -0.40, 0.00, 0.30};
    static const double at[] = {-2.0, 0.0, 2.0};
    static const double difference[] = {-0.11367658697339, 0.0093162296656560,
                                        -0.15853219167271};
    struct svi_place worst;

    for (int i = 0; i < 3; i++)
        cr_expect_float_eq(svi_variance(&late, at[i]) - svi_variance(&early, at[i]),
                           difference[i], 1e-13, "k %g", at[i]);
    cr_expect_not(svi_calendar_free(&early, &late, &worst));
    cr_expect_float_eq(worst.size, 1.0 - 0.10 * 0.60 / (0.18 * 0.85), 0.03, "%g at %g",
                       worst.size, worst.log_moneyness);
    cr_expect(worst.log_moneyness > 5.0, "%g", worst.log_moneyness);
}
