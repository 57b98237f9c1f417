#include <math.h>
#include <time.h>

#include "sim/study/fit_ssvi.h"

/* "2026-01-30 08:00:00" or "12.5d". */
static void write_expiry(const struct ssvi_slice *s, bool utc, FILE *out)
{
    const time_t second = (time_t)floor(s->expiry_s + 0.5);
    struct tm t;

    if (!utc || gmtime_r(&second, &t) == NULL)
        fprintf(out, "%.0fs", s->years * 365.0 * 86400.0);
    else
        fprintf(out, "%04d-%02d-%02d %02d:%02d:%02d", t.tm_year + 1900, t.tm_mon + 1,
                t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

void fit_ssvi_write(const struct ssvi_fit *fit, int indent, bool utc, FILE *out)
{
    fprintf(out,
            "%*ssurface: # %u quotes, root mean square error %.2f volatility points\n"
            "%*sssvi:\n%*sslices:\n",
            indent, "", fit->n_quote, 100.0 * fit->rms_volatility, indent + 2, "",
            indent + 4, "");
    for (uint32_t i = 0; i < fit->n_slice; i++) {
        const struct ssvi_slice *s = &fit->slice[i];
        fprintf(out, "%*s- {expiry: ", indent + 6, "");
        write_expiry(s, utc, out);
        fprintf(out,
                ", atm_volatility_annual: %.12g, rho: %.12g, phi: %.12g, basis_annual: "
                "%.6g} # %u quotes, %.2f points\n",
                s->atm_volatility_annual, s->rho, s->phi, s->log_forward_ratio / s->years,
                s->n_quote, 100.0 * s->rms_volatility);
    }
}
