#include "sim/field.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/hash.h"

enum { RED, GREEN };
struct garden {
    double height_m, wait_s;
    uint64_t trees;
    bool fenced;
    const char *owner;
    int colour;
    struct draw rain, pause;
};
static const char *const colours[] = {"red", "green", NULL};
static const struct field fields[] = {
    {.key = "height_m",
     .unit = "m",
     .doc = "height of the hedge",
     .min = 0.5,
     .max = 2.5,
     .preset = 1.25,
     .offset = offsetof(struct garden, height_m)},
    {.key = "wait",
     .unit = "s",
     .type = FIELD_DURATION,
     .preset = 90.0,
     .offset = offsetof(struct garden, wait_s)},
    {.key = "trees",
     .type = FIELD_COUNT,
     .preset = 7.0,
     .offset = offsetof(struct garden, trees)},
    {.key = "fenced",
     .type = FIELD_FLAG,
     .preset = 1.0,
     .offset = offsetof(struct garden, fenced)},
    {.key = "owner",
     .type = FIELD_TEXT,
     .preset_text = "Anna",
     .offset = offsetof(struct garden, owner)},
    {.key = "colour",
     .type = FIELD_CHOICE,
     .preset_text = "green",
     .choices = colours,
     .offset = offsetof(struct garden, colour)},
    {.key = "rain",
     .type = FIELD_DRAW,
     .preset = 0.3,
     .offset = offsetof(struct garden, rain)},
    {.key = "pause",
     .type = FIELD_DURATION_DRAW,
     .preset = 60.0,
     .offset = offsetof(struct garden, pause)},
    {.key = NULL},
};

Test(field, presets_fill_every_type)
{
    struct garden g = {0};

    field_presets(fields, &g);
    cr_assert_eq(g.height_m, 1.25);
    cr_assert_eq(g.wait_s, 90.0);
    cr_assert_eq(g.trees, 7);
    cr_assert(g.fenced);
    cr_assert_str_eq(g.owner, "Anna");
    cr_assert_eq(g.colour, GREEN);
    cr_assert_eq(g.rain.kind, DRAW_FIXED);
    cr_assert_eq(g.rain.a, 0.3);
    cr_assert_eq(g.pause.a, 60.0);
}

Test(field, nearest_key_is_the_least_edited)
{
    static const char *const rows[][2] = {{"hight_m", "height_m"},
                                          {"WAIT", "wait"},
                                          {"teres", "trees"},
                                          {"color", "colour"},
                                          {"ownr", "owner"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_str_eq(field_nearest(fields, rows[i][0]), rows[i][1], "%s", rows[i][0]);
    cr_assert_not_null(field_nearest(fields, ""));
}

Test(field, distance_counts_edits)
{
    cr_assert_eq(field_distance("kitten", "sitting"), 3);
    cr_assert_eq(field_distance("ab", "ba"), 1, "a swap is one edit");
    cr_assert_eq(field_distance("", "four"), 4);
    cr_assert_eq(field_distance("Same", "sAME"), 0);
}

Test(field, durations)
{
    static const struct {
        const char *text;
        double seconds; /* NAN: refused */
    } rows[] = {{"90s", 90.0},    {"5m", 300.0},   {"2.5h", 9000.0}, {"14d", 1209600.0},
                {"1e3s", 1000.0}, {"-5m", -300.0}, {"5", NAN},       {"m", NAN},
                {"5 m", NAN},     {"5mm", NAN},    {"5min", NAN},    {"", NAN},
                {"nans", NAN},    {"infd", NAN},   {"0x10s", NAN},   {"1e400d", NAN},
                {"1e308d", NAN},  {"5y", NAN},     {".s", NAN},      {"5e", NAN}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double seconds = 0.0;
        const bool ok = field_duration(rows[i].text, &seconds);
        cr_assert_eq(ok, !isnan(rows[i].seconds), "'%s'", rows[i].text);
        cr_assert(!ok || seconds == rows[i].seconds, "'%s': %g", rows[i].text, seconds);
    }
}

Test(field, numbers)
{
    static const struct {
        const char *text;
        double value; /* NAN: refused */
    } rows[] = {{"2.385", 2.385},   {"-0.3", -0.3},   {"+1.5e-3", 0.0015}, {".5", 0.5},
                {"5.", 5.0},        {"1e308", 1e308}, {"nan", NAN},        {"inf", NAN},
                {"-Infinity", NAN}, {"0x10", NAN},    {"1e400", NAN},      {"1,000", NAN},
                {"1_000", NAN},     {" 1", NAN},      {"1 ", NAN},         {"", NAN},
                {"35 %", NAN},      {"--1", NAN},     {"1e", NAN},         {".", NAN}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = 0.0;
        const bool ok = field_number(rows[i].text, &value);
        cr_assert_eq(ok, !isnan(rows[i].value), "'%s'", rows[i].text);
        cr_assert(!ok || value == rows[i].value, "'%s': %g", rows[i].text, value);
    }
}

Test(field, range_sentence_says_where_what_and_why)
{
    struct error err = {""};

    cr_assert(field_in_range(&fields[0], 0.5, "a.yaml:3:7", "garden", &err));
    cr_assert(field_in_range(&fields[0], 2.5, "a.yaml:3:7", "garden", &err));
    cr_assert_not(field_in_range(&fields[0], 2.75, "a.yaml:3:7", "garden", &err));
    cr_assert_str_eq(err.text,
                     "a.yaml:3:7: garden.height_m = 2.75 is outside 0.5 .. 2.5 (m): "
                     "it is the height of the hedge");
    cr_assert_not(field_in_range(&fields[0], NAN, "a.yaml:3:7", "garden", &err));
}

/* FIPS 180-4 examples. */
Test(hash, sha256_of_the_standards_examples)
{
    char hex[65];

    hash_sha256("abc", 3, hex);
    cr_assert_str_eq(hex,
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256("", 0, hex);
    cr_assert_str_eq(hex,
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
