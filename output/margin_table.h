#ifndef TAILRACE_OUTPUT_MARGIN_TABLE_H
#define TAILRACE_OUTPUT_MARGIN_TABLE_H

#include <stdio.h>

#include "sim/margin_book.h"

/* What `tailrace margin` prints: accounts under margin rules. */

/* One account under one rule. */
struct margin_line {
    const char *rule;
    const char *parameters; /* whose they are: "perp_venue", or "defaults" */
    const char *refused;    /* why the rule says nothing, "has ..."; NULL: it does */
    struct margin_result result;
    double down_frac, up_frac; /* moves at which it dies; NAN: nowhere, 0: now */
    uint32_t down_leg, up_leg; /* whose move it is, UINT32_MAX: the account's */
};

struct margin_lines {
    const char *account, *venue; /* venue NULL: held outside */
    double equity_usd, notional_usd;
    struct margin_account positions;
    uint32_t n_line;
    struct margin_line *line; /* [n_line] */
};

struct margin_report {
    uint32_t n_asset;
    const char *const *asset_name; /* [n_asset] */
    const bool *moves;             /* [n_asset] which prices move together */
    uint32_t n_account;
    const struct margin_lines *account; /* [n_account] */
};

/* A table for people, at most 130 columns wide where names are not longer than 24. */
void margin_table_print(const struct margin_report *report, FILE *out);

/* The same in full, one line per account and rule (an account that
 * needs no margin: one without), fields separated by tabs, the first line
 * naming them with their units; a number that does not exist is empty. */
void margin_table_plain(const struct margin_report *report, FILE *out);

/* For machines, all scenarios included; a number that does not exist is null. */
bool margin_table_json(const struct margin_report *report, FILE *out, struct error *err);

#endif
