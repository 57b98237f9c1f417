/* Fitted surfaces as the `surface:` section of a market file. */
#include <math.h>
#include <time.h>

#include "sim/study/fit_svi.h"

/* "2026-01-30 08:00:00" or "950400s". */
static void write_expiry(double expiry_s, double years, bool utc, FILE *out)
{
    const time_t second = (time_t)floor(expiry_s + 0.5);
    struct tm t;

    if (!utc || gmtime_r(&second, &t) == NULL)
        fprintf(out, "%.0fs", years * 365.0 * 86400.0);
    else
        fprintf(out, "%04d-%02d-%02d %02d:%02d:%02d", t.tm_year + 1900, t.tm_mon + 1,
                t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

static void write_head(uint32_t n_quote, double rms_volatility, int indent, FILE *out)
{
    fprintf(out, "%*ssurface: # %u quotes, root mean square error %.2f volatility points\n",
            indent, "", n_quote, 100.0 * rms_volatility);
}

/* theta rather than the volatility at the money: it stands whatever the clock says. */
void fit_ssvi_write(const struct ssvi_fit *fit, int indent, bool utc, FILE *out)
{
    write_head(fit->n_quote, fit->rms_volatility, indent, out);
    fprintf(out, "%*sssvi:\n%*sslices:\n", indent + 2, "", indent + 4, "");
    for (uint32_t i = 0; i < fit->n_slice; i++) {
        const struct ssvi_slice *s = &fit->slice[i];
        fprintf(out, "%*s- {expiry: ", indent + 6, "");
        write_expiry(s->expiry_s, s->years, utc, out);
        fprintf(out,
                ", theta: %.12g, rho: %.12g, phi: %.12g, basis_annual: %.6g} # %.2f %% at "
                "the money, %u quotes, %.2f points\n",
                s->theta, s->rho, s->phi, s->log_forward_ratio / s->years,
                100.0 * s->atm_volatility_annual, s->n_quote, 100.0 * s->rms_volatility);
    }
}

void fit_svi_write(const struct svi_fit *fit, int indent, bool utc, FILE *out)
{
    write_head(fit->n_quote, fit->rms_volatility, indent, out);
    fprintf(out, "%*ssvi:\n", indent + 2, "");
    for (uint32_t i = 0; i < fit->n_slice; i++) {
        const struct svi_slice *s = &fit->slice[i];
        fprintf(out, "%*s- {expiry: ", indent + 4, "");
        write_expiry(s->expiry_s, s->years, utc, out);
        fprintf(out,
                ", a: %.15g, b: %.15g, rho: %.15g, m: %.15g, sigma: %.15g, basis_annual: "
                "%.6g} # %u quotes, %.2f points\n",
                s->svi.a, s->svi.b, s->svi.rho, s->svi.m, s->svi.sigma,
                s->log_forward_ratio / s->years, s->n_quote, 100.0 * s->rms_volatility);
    }
}
