#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/summary.h"

Test(unit, summary_number_has_four_digits)
{
    static const struct {
        double value;
        const char *text;
    } row[] = {
        {0.0, "0"},
        {-0.0, "0"},
        {1234567.0, "1.235 M"},
        {-12300.0, "-12.30 k"},
        {999.94, "999.9"},
        {999.96, "1.000 k"},
        {999960.0, "1.000 M"},
        {2.385, "2.385"},
        {0.00123, "0.001230"},
        {5e9, "5.000 B"},
        {1.5e13, "15.00 T"},
        {1e-9, "1e-09"},
        {1e20, "1e+20"},
        {NAN, "-"},
        {-INFINITY, "-inf"},
        {1000.0, "1.000 k"},
        {12345.0, "12.35 k"},
        {123456.0, "123.5 k"},
    };
    char text[48];

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        summary_number(row[i].value, text, sizeof text);
        cr_assert_str_eq(text, row[i].text, "%.17g: %s", row[i].value, text);
    }
}

Test(unit, summary_duration_is_the_scenario_language)
{
    static const struct {
        double seconds;
        const char *text;
    } row[] = {
        {129600.0, "36h"}, {300.0, "5m"}, {90.0, "90s"}, {1209600.0, "14d"}, {0.5, "0.5s"}};
    char text[48];

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        summary_duration(row[i].seconds, text, sizeof text);
        cr_assert_str_eq(text, row[i].text);
    }
}

/* Nothing is said of the P&L of a book that has none, as one of cash. */
Test(unit, summary_explains_no_pnl_of_nothing)
{
    static const char *const parts[] = {"delta", "gamma"};
    static const double nothing[] = {0.0, 0.0}, tail[] = {0.0, -5.0};
    static const struct {
        const double *tail;
        uint64_t paths;
        bool printed;
    } cases[] = {{nothing, 100, false}, {tail, 100, true}, {tail, 1, false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct summary_cell cell = {
            .name = "cell",
            .explanation = {2, parts, 0.99, cases[i].paths, nothing, cases[i].tail}};
        const struct summary s = {.n_cell = 1, .cell = &cell};
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        summary_print(&s, out);
        fclose(out);
        const char *header = strstr(text, "profit and loss by");
        cr_expect_eq(header != NULL, cases[i].printed, "case %zu: %s", i, text);
        free(text);
    }
}

/* The tail's column is printed where enough paths carry it. */
Test(unit, summary_leaves_out_a_tail_of_few_paths)
{
    static const char *const parts[] = {"delta", "gamma"};
    static const double means[] = {-12.5, 0.0}, tails[] = {-7e6, 3e4};
    static const struct {
        uint64_t paths;
        const char *heading, *row;
    } cases[] = {{1, "in the 99 % tail (1 path) [undecided]\n",
                  "delta                        -12.50\n"},
                 {49, "in the 99 % tail (49 paths) [undecided]\n",
                  "delta                        -12.50\nundecided: "},
                 {50, "in the 99 % tail (50 paths)\n",
                  "delta                        -12.50         -7.000 M\n"
                  "gamma                        0              30.00 k\n"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct summary_cell cell = {
            .name = "cell", .explanation = {2, parts, 0.99, cases[i].paths, means, tails}};
        const struct summary s = {.n_cell = 1, .cell = &cell};
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        summary_print(&s, out);
        fclose(out);
        cr_expect(strstr(text, cases[i].heading) && strstr(text, cases[i].row), "%s", text);
        cr_expect_eq(strstr(text, "7.000 M") != NULL, i == 2, "%s", text);
        free(text);
    }
}
