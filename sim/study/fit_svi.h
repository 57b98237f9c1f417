#ifndef TAILRACE_SIM_STUDY_FIT_SVI_H
#define TAILRACE_SIM_STUDY_FIT_SVI_H

#include "sim/study/fit_ssvi.h"
#include "sim/svi.h"

/* Raw SVI, five numbers per expiry instead of three, starting from a fit of SSVI: nearer to
 * the quotes, and still free of static arbitrage (see fit_svi.c). Errors as in
 * fit_ssvi.h. */
struct svi_slice {
    double expiry_s, years, log_forward_ratio;
    struct svi svi;
    uint32_t n_quote;
    double rms_volatility, weighted_rms_volatility;
};

struct svi_fit {
    uint32_t n_slice, n_quote;
    struct svi_slice *slice; /* [n_slice] those of the SSVI fit */
    double rms_volatility;   /* over all quotes used */
};

/* The quotes are those that the SSVI surface was fitted to. Slices belong to the arena. */
void fit_svi(const struct surface *quotes, const struct ssvi_fit *start,
             struct arena *arena, struct svi_fit *fit);

/* Writes the `surface:` section of an asset in a market file, as fit_ssvi_write. */
void fit_svi_write(const struct svi_fit *fit, int indent, bool utc, FILE *out);

#endif
