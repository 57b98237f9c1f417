/* Known values of PCG32 and of the normal distribution. pcg32: the demonstration programme
 * of imneme/pcg-c (seed 42, sequence 54), five rounds; jumps from integer arithmetic of
 * unlimited size. Phi and its inverse: own calculation with 40 digits. */
#include <criterion/criterion.h>
#include <math.h>

#include "sim/rng.h"
#include "sim/vmath.h"

/* Seeding of the reference implementation, pcg32_srandom_r(initstate, initseq). */
static void reference_start(struct rng *rng, uint64_t initstate, uint64_t initseq)
{
    uint32_t ignored[LANES];

    for (int k = 0; k < LANES; k++) {
        rng->state[k] = 0;
        rng->increment[k] = (initseq << 1) | 1;
    }
    rng_raw(rng, ignored);
    for (int k = 0; k < LANES; k++)
        rng->state[k] += initstate;
    rng_raw(rng, ignored);
}

/* A round of the demonstration prints six numbers, tosses 65 coins, rolls 33 dice and
 * shuffles 52 cards; the bounded draws reject below 2^32 mod bound. */
struct demo_round {
    uint32_t number[6];
    const char *coins, *rolls, *cards;
};
static const struct demo_round demo[] = {
    /* clang-format off */
    {{0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e},
     "HHTTTHTHHHTHTTTHHHHHTTTHHHTHTHTHTTHTTTHHHHHHTTTTHHTTTTTHTTTTTTTHT",
     "3 4 1 1 2 2 3 2 4 3 2 4 3 3 5 2 3 1 3 1 5 1 4 1 5 6 4 6 6 2 6 3 3",
     "Qd Ks 6d 3s 3d 4c 3h Td Kc 5c Jh Kd Jd As 4s 4h Ad Th Ac Jc 7s Qs 2s 7h Kh 2d "
     "6c Ah 4d Qh 9h 6s 5s 2c 9c Ts 8d 9s 3c 8c Js 5d 2h 6h 7d 8s 9d 5h 8h Qc 7c Tc"},
    {{0x74ab93ad, 0x1c1da000, 0x494ff896, 0x34462f2f, 0xd308a3e5, 0x0fa83bab},
     "HHHHHHHHHHTHHHTHTHTHTHTTTTHHTTTHHTHHTHTTHHTTTHHHHHHTHTTHTHTTTTTTT",
     "5 1 1 3 3 2 4 5 3 2 2 6 4 3 2 4 2 4 3 2 3 6 3 2 3 4 2 4 1 1 5 4 4",
     "7d 2s 7h Td 8s 3c 3d Js 2d Tc 4h Qs 5c 9c Th 2c Jc Qd 9d Qc 7s 3s 5s 6h 4d Jh "
     "4c Ac 4s 5h 5d Kc 8h 8d Jd 9s Ad 6s 6c Kd 2h 3h Kh Ts Qh 9h 6d As 7c Ks Ah 8c"},
    {{0x39af5f9f, 0x04196b18, 0xc3c3eb28, 0xc076c60c, 0xc693e135, 0xf8f63932},
     "HTTHHTTTTTHTTHHHTHTTHHTTHTHHTHTHTTTTHHTTTHHTHHTTHTTHHHTHHHTHTTTHT",
     "5 1 5 3 2 2 4 5 3 3 1 3 4 6 3 2 3 4 2 2 3 1 5 2 4 6 6 4 2 4 3 3 6",
     "Kd Jh Kc Qh 4d Qc 4h 9d 3c Kh Qs 8h 5c Jd 7d 8d 3h 7c 8s 3s 2h Ks 9c 9h 2c 8c "
     "Ad 7s 4s 2s 5h 6s 4c Ah 7h 5s Ac 3d 5d Qd As Tc 6h 9s 2d 6c 6d Td Jc Ts Th Js"},
    {{0x55ce6851, 0x97a7726d, 0x17e10815, 0x58007d43, 0x962fb148, 0xb9bb55bd},
     "HHTHHTTTTHTHHHHHTTHHHTTTHHTHTHTHTHHTTHTHHHHHHTHHTHHTHHTTTTHHTHHTT",
     "6 6 3 2 3 4 2 6 4 2 6 3 2 3 5 5 3 4 4 6 6 2 6 5 4 4 6 1 6 1 3 6 5",
     "Qd 8h 5d 8s 8d Ts 7h Th Qs Js 7s Kc 6h 5s 4d Ac Jd 7d 7c Td 2c 6s 5h 6d 3s Kd "
     "9s Jh Kh As Ah 9h 3c Qh 9c 2d Tc 9d 2s 3d Ks 4h Qc Ad Jc 8c 2h 3h 4s 4c 5c 6c"},
    {{0xfcef7cd6, 0x1b488b5a, 0xd0daf7ea, 0x1d9a70f7, 0x241a37cf, 0x9a3857b7},
     "HHHHTHHTTHTTHHHTTTHHTHTHTTTTHTTHTHTTTHHHTHTHTTHTTHTHHTHTHHHTHTHTT",
     "5 4 1 2 6 1 3 1 5 6 3 6 2 1 4 4 5 2 1 5 6 5 6 4 4 4 5 2 6 4 3 5 6",
     "4d 9s Qc 9h As Qs 7s 4c Kd 6h 6s 2c 8c 5d 7h 5h Jc 3s 7c Jh Js Ks Tc Jd Kc Th "
     "3h Ts Qh Ad Td 3c Ah 2d 3d 5c Ac 8s 5s 9c 2h 6c 6d Kh Qd 8d 7d 2s 8h 4h 9d 4s"},
    /* clang-format on */
};

static uint32_t bounded(struct rng *rng, uint32_t bound)
{
    const uint32_t threshold = -bound % bound;
    uint32_t output[LANES];

    do
        rng_raw(rng, output);
    while (output[0] < threshold);
    return output[0] % bound;
}

Test(reference, pcg32_demo)
{
    struct rng rng;

    reference_start(&rng, 42, 54);
    for (int round = 0; round < 5; round++) {
        char coins[66] = "", rolls[67] = "", cards[52 * 3 + 1] = "";
        int card[52];

        for (int i = 0; i < 6; i++) {
            uint32_t output[LANES];
            rng_raw(&rng, output);
            for (int k = 0; k < LANES; k++)
                cr_assert_eq(output[k], demo[round].number[i],
                             "round %d, number %d, lane %d", round + 1, i, k);
        }
        for (int i = 0; i < 65; i++)
            coins[i] = bounded(&rng, 2) ? 'H' : 'T';
        for (int i = 0; i < 33; i++) {
            rolls[2 * i] = (char)('1' + bounded(&rng, 6));
            rolls[2 * i + 1] = i < 32 ? ' ' : '\0';
        }
        for (int i = 0; i < 52; i++)
            card[i] = i;
        for (uint32_t i = 52; i > 1; i--) {
            const uint32_t chosen = bounded(&rng, i);
            const int moved = card[chosen];
            card[chosen] = card[i - 1];
            card[i - 1] = moved;
        }
        for (int i = 0; i < 52; i++) {
            cards[3 * i] = "A23456789TJQK"[card[i] / 4];
            cards[3 * i + 1] = "hcds"[card[i] % 4];
            cards[3 * i + 2] = i < 51 ? ' ' : '\0';
        }
        cr_assert_str_eq(coins, demo[round].coins, "round %d, coins %s", round + 1, coins);
        cr_assert_str_eq(rolls, demo[round].rolls, "round %d, rolls %s", round + 1, rolls);
        cr_assert_str_eq(cards, demo[round].cards, "round %d, cards %s", round + 1, cards);
    }
}

static const struct {
    uint64_t initstate, initseq, delta, before, after;
    uint32_t next;
} advance[] = {
    /* clang-format off */
    {42U, 54U, 1U, 0x185706b82c2e03f8, 0x2b47fed88766bb05, 0x7b47f409},
    {42U, 54U, 6U, 0x185706b82c2e03f8, 0xbeb6d0b73fdb974a, 0xbfc6a3ad},
    {42U, 54U, 1000000U, 0x185706b82c2e03f8, 0x5230a7ae1b365db8, 0x11918599},
    {42U, 54U, 4294967296U, 0x185706b82c2e03f8, 0xbe1b96272c2e03f8, 0xee687386},
    {42U, 54U, 9223372036854788153U, 0x185706b82c2e03f8, 0xf8a269af0a65ed2d, 0x2895e1e4},
    {42U, 54U, 18446744073709551615U, 0x185706b82c2e03f8, 0x0000000000000097, 0x00000000},
    {42U, 54U, 18446744073709550616U, 0x185706b82c2e03f8, 0xa2900fc6666e11e0, 0x4ec4c520},
    {0U, 0U, 1000000000000000000U, 0x5851f42d4c957f2e, 0xc388f411cc417f2e, 0x189e7e71},
    {123456789U, 987654321U, 1099511627783U, 0xfdc2979d8586347b, 0x25beb8c50fd40d00,
     0x4b7d6355},
    /* clang-format on */
};

Test(reference, pcg32_advance)
{
    for (size_t i = 0; i < sizeof(advance) / sizeof(advance[0]); i++) {
        struct rng rng;
        uint32_t output[LANES];

        reference_start(&rng, advance[i].initstate, advance[i].initseq);
        for (int k = 0; k < LANES; k++)
            cr_assert_eq(rng.state[k], advance[i].before, "row %zu, lane %d: start", i, k);
        rng_advance(&rng, advance[i].delta);
        for (int k = 0; k < LANES; k++)
            cr_assert_eq(rng.state[k], advance[i].after, "row %zu, lane %d: state", i, k);
        rng_raw(&rng, output);
        cr_assert_eq(output[0], advance[i].next, "row %zu: next output %#x", i, output[0]);
    }
}

/* p is the double given in hexadecimal. */
static const struct {
    double p, x;
} inverse_normal[] = {
    /* clang-format off */
    {0x1.56e1fc2f8f359p-997, -37.047096299361199237},
    {0x1.bff2ee48e0530p-333, -21.273453560965324294},
    {0x1.4484bfeebc2a0p-100, -11.464024688443615720},
    {0x1.cd2b297d889bcp-54, -8.2220822161304356152},
    {0x1.19799812dea11p-40, -7.0344838253011319326},
    {0x1.5798ee2308c3ap-27, -5.6120012441747887279},
    {0x1.0c6f7a0b5ed8dp-20, -4.7534243088228989573},
    {0x1.4f8b588e368f1p-17, -4.2648907939228246102},
    {0x1.a36e2eb1c432dp-14, -3.7190164854556805523},
    {0x1.0624dd2f1a9fcp-10, -3.0902323061678135354},
    {0x1.47ae147ae147bp-8, -2.5758293035489007538},
    {0x1.47ae147ae147bp-7, -2.3263478740408410931},
    {0x1.8d4fdf3b645a2p-6, -1.9729610513118848376},
    {0x1.999999999999ap-6, -1.9599639845400542118},
    {0x1.999999999999ap-5, -1.6448536269514726880},
    {0x1.3333333333333p-4, -1.4395314709384559349},
    {0x1.999999999999ap-4, -1.2815515655446004353},
    {0x1.999999999999ap-3, -0.84162123357291416552},
    {0x1.0000000000000p-2, -0.67448975019608174320},
    {0x1.3333333333333p-2, -0.52440051270804081597},
    {0x1.999999999999ap-2, -0.25334710313579974132},
    {0x1.b333333333333p-2, -0.18911842627279251844},
    {0x1.ccccccccccccdp-2, -0.12566134685507400616},
    {0x1.f5c28f5c28f5cp-2, -0.025068908258711058033},
    {0x1.fef9db22d0e56p-2, -0.0025066308995717662317},
    {0x1.0000000000000p-1, 0.0},
    {0x1.0083126e978d5p-1, 0.0025066308995717662317},
    {0x1.2666666666666p-1, 0.18911842627279237679},
    {0x1.3333333333333p-1, 0.25334710313579974132},
    {0x1.6666666666666p-1, 0.52440051270804065631},
    {0x1.999999999999ap-1, 0.84162123357291436380},
    {0x1.ccccccccccccdp-1, 1.2815515655446005935},
    {0x1.d99999999999ap-1, 1.4395314709384562291},
    {0x1.e666666666666p-1, 1.6448536269514722843},
    {0x1.f395810624dd3p-1, 1.9729610513118849594},
    {0x1.f333333333333p-1, 1.9599639845400538556},
    {0x1.fae147ae147aep-1, 2.3263478740408407676},
    {0x1.fd70a3d70a3d7p-1, 2.5758293035489004539},
    {0x1.ff7ced916872bp-1, 3.0902323061678132778},
    {0x1.fff2e48e8a71ep-1, 3.7190164854557083867},
    {0x1.ffffde7210be9p-1, 4.7534243088170877657},
    {0x1.ffffffaa19c47p-1, 5.6120012433055049826},
    /* clang-format on */
};

Test(reference, inverse_normal)
{
    const double tolerance = 2e-15; /* relative */

    for (size_t i = 0; i < sizeof(inverse_normal) / sizeof(inverse_normal[0]); i++) {
        const double p = inverse_normal[i].p, x = inverse_normal[i].x;
        const double got = vm_normal_quantile(p);

        cr_assert_leq(fabs(got - x), tolerance * fabs(x), "p = %g: %.17g, expected %.17g",
                      p, got, x);
    }
}

static const struct {
    double x, lower, upper, density;
} normal_cdf[] = {
    /* clang-format off */
    {-38, 2.8854283600687843084e-316, 1.0000000000000000000,
     1.0972210520075929580e-314},
    {-20, 2.7536241186062336951e-89, 1.0000000000000000000,
     5.5209483621597631896e-88},
    {-10, 7.6198530241605260660e-24, 1.0000000000000000000,
     7.6945986267064193463e-23},
    {-8.3, 5.2055697448902851580e-17, 0.99999999999999994794,
     4.3816394355093585626e-16},
    {-5, 2.8665157187919391167e-7, 0.99999971334842812081,
     1.4867195147342977079e-6},
    {-3, 0.0013498980316300945267, 0.99865010196836990547,
     0.0044318484119380071756},
    {-2, 0.022750131948179207200, 0.97724986805182079280,
     0.053990966513188051951},
    {-1, 0.15865525393145705141, 0.84134474606854294859,
     0.24197072451914334980},
    {-0.5, 0.30853753872598689636, 0.69146246127401310364,
     0.35206532676429947777},
    {0, 0.50000000000000000000, 0.50000000000000000000,
     0.39894228040143267794},
    {0.5, 0.69146246127401310364, 0.30853753872598689636,
     0.35206532676429947777},
    {1, 0.84134474606854294859, 0.15865525393145705141,
     0.24197072451914334980},
    {1.96, 0.97500210485177956586, 0.024997895148220434137,
     0.058440944333451460320},
    {3, 0.99865010196836990547, 0.0013498980316300945267,
     0.0044318484119380071756},
    {5, 0.99999971334842812081, 2.8665157187919391167e-7,
     1.4867195147342977079e-6},
    {8, 0.99999999999999937790, 6.2209605742717841235e-16,
     5.0522710835368922880e-15},
    /* clang-format on */
};

Test(reference, normal_distribution)
{
    /* At -38 the values are subnormal: one unit of 2^-1074 is 2e-8 of Phi(-38). */
    for (size_t i = 0; i < sizeof(normal_cdf) / sizeof(normal_cdf[0]); i++) {
        const double x = normal_cdf[i].x;
        const double tolerance = x < -37.0 ? 2e-8 : 1e-14; /* relative */
        const double row[3][2] = {{vm_normal_cdf(x), normal_cdf[i].lower},
                                  {vm_normal_cdf(-x), normal_cdf[i].upper},
                                  {vm_normal_pdf(x), normal_cdf[i].density}};

        for (int j = 0; j < 3; j++)
            cr_assert_leq(fabs(row[j][0] - row[j][1]), tolerance * row[j][1],
                          "x = %g, column %d: %.17g, expected %.17g", x, j, row[j][0],
                          row[j][1]);
    }
}
