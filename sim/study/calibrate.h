#ifndef TAILRACE_SIM_STUDY_CALIBRATE_H
#define TAILRACE_SIM_STUDY_CALIBRATE_H

#include <stdio.h>

#include "sim/study/copula.h"
#include "sim/study/fit_heston.h"
#include "sim/study/fit_svi.h"
#include "sim/study/series.h"
#include "sim/study/tail.h"

/* From recorded prices (and an option chain) to a market file: every price model fitted to
 * every asset, one chosen, correlations, and a text that says from what. */

enum { CALIBRATE_MAX_NAME = 64 };

/* What is asked for. */
struct calibrate_options {
    const char *prices, *chain; /* files; chain NULL: none */
    int chain_unit;             /* IV_UNIT_* */
    bool raw_svi;               /* surfaces of raw SVI, from SSVI on */
    uint32_t n_asset;           /* 0: all columns of the file */
    const char *asset[CALIBRATE_MAX_NAME];
    uint32_t n_model; /* 0: all that can be estimated */
    const char *model[CALIBRATE_MAX_NAME];
    const char *choose; /* "bic", "aic", the name of a model, or "heston" of the options */
    uint32_t n_peg;     /* assets held at a parity, with the anchor or NULL for USD */
    const char *peg[CALIBRATE_MAX_NAME], *anchor[CALIBRATE_MAX_NAME];
    struct series_window window;
    double utc_offset_s;
    bool zero_drift; /* growth rates are set to 0 behind the fit */
    uint64_t seed;
    const char *market_name;
    const char *command; /* as a line of the header */
    bool show_progress;
};

/* One model's fit to one asset. */
struct calibrate_fit {
    const struct estimator *estimator;
    struct estimate estimate;
    bool failed; /* `why` says what; the estimate is not set */
    struct error why;
};

/* What the option chain says of one asset. */
struct calibrate_chain {
    bool given; /* it has options of the asset */
    struct ssvi_fit ssvi;
    struct svi_fit svi; /* n_slice 0: not asked for */
    bool has_heston;
    struct heston_fit heston;
    struct error why_no_heston;
};

struct calibrate_asset {
    const char *name;
    const struct price_column *column;
    struct series series;
    uint32_t n_fit, chosen; /* chosen: index of a fit */
    struct calibrate_fit *fit;
    struct calibrate_chain chain;
};

/* A token that is held at a parity. */
struct calibrate_peg {
    const char *name, *anchor; /* anchor NULL: USD */
    const struct price_column *column, *anchor_column;
    uint32_t n_price;
    double first_s, last_s, last_usd;
    struct estimate estimate;
};

/* Of several assets. */
struct calibrate_joint {
    struct joint_returns returns;
    struct correlation correlation; /* of the returns */
    double *diffusion; /* [n_asset][n_asset] what the market file gets; calibrate_joint.c */
    bool raised;       /* diffusion is above correlation.shrunk, for the jumps' sake */
    uint32_t n_capped; /* pairs where that would be over 0.99 */
    double least_kept; /* share of the correlation that simulated returns have there */
    bool grouped;      /* some assets share draws besides */
    double repair;     /* largest change that made it positive definite */
    struct tail_dependence tail;
    struct copula_fit copula;
    bool has_copula;
    const char *why_no_copula;
};

struct calibration {
    const struct calibrate_options *options;
    struct price_table table;
    char chain_sha256[65];
    uint32_t n_asset;
    struct calibrate_asset *asset; /* [n_asset] */
    uint32_t n_peg;
    struct calibrate_peg *peg;    /* [n_peg] */
    struct calibrate_joint joint; /* with two assets or more */
    struct arena *arena;
};

/* Reads, cleans, fits, chooses. False, with a sentence: the input cannot be used. */
bool calibrate(const struct calibrate_options *options, struct arena *arena,
               struct calibration *calibration, struct error *err);

/* What was found, for a person: data, what was left out, the table of models, correlations.
 * Every line begins with the prefix. */
void calibrate_print(const struct calibration *c, const char *prefix, FILE *out);

/* Correlations, tails and copula of all assets, and how they are shown and written;
 * calibrate and the others call these. */
bool calibrate_joint(struct calibration *c, struct error *err);
void calibrate_joint_print(const struct calibration *c, const char *prefix, FILE *out);
void calibrate_joint_market(const struct calibration *c, FILE *out);

/* Surfaces and Heston's model from the option chain, of those assets that have options in
 * it; and how they are shown. */
bool calibrate_chain(struct calibration *c, struct error *err);
void calibrate_chain_print(const struct calibration *c, const struct calibrate_asset *a,
                           const char *prefix, FILE *out);

/* The pegs, and how one is shown. */
bool calibrate_pegs(struct calibration *c, struct error *err);
void calibrate_peg_print(const struct calibration *c, const struct calibrate_peg *p,
                         const char *prefix, FILE *out);

/* Sets the growth rate of a model to 0, of a mixture the mean of its parts. */
void calibrate_zero_drift(struct estimate *e);

/* What the market file gets of an asset: the fit chosen, or Heston's model of the
 * options. */
const struct estimate *calibrate_chosen(const struct calibration *c,
                                        const struct calibrate_asset *a);

/* One line of progress: what is being done. */
void calibrate_show(const struct calibration *c, const char *asset, const char *what);

/* Parameters with standard errors and the note of a fit. */
void calibrate_parameters_print(const struct calibration *c, const struct estimate *e,
                                const char *prefix, FILE *out);

/* The same as JSON. */
bool calibrate_json(const struct calibration *c, FILE *out, struct error *err);

/* The market file. */
void calibrate_market(const struct calibration *c, FILE *out);

/* A model with its parameters as {model: gbm, ...}, to seven digits; arena. */
const char *calibrate_model_text(const struct price_model *model, const void *param,
                                 struct arena *arena);

/* {parameters: [...], standard_error: [...], correlation: [[...]]} of those parameters
 * whose error is known, growth rates left out with zero_drift; NULL if there are none;
 * arena. */
const char *calibrate_uncertainty_text(const struct estimate *e, bool zero_drift,
                                       struct arena *arena);

#endif
