/* How the assets of a calibration move together.
 *
 * Assets whose chosen model is the same and can share draws form a group: garch shares the
 * size of its Student t residuals (multivariate t), merton and kou the times of jumps.
 *
 * The market file's correlation is that of the diffusions, while returns also have jumps,
 * which the models draw for each asset by itself. For the returns to have the correlation r
 * that was measured, the diffusions need r / sqrt(a b), a and b the shares of the returns'
 * variances that the diffusions have; at most 0.99. The matrix is made positive definite
 * again where that has spoilt it. */
#include <math.h>
#include <string.h>

#include "sim/study/calibrate.h"

static const double TAIL_FRAC = 0.05, MOST_CORRELATION = 0.99, LEAST_EIGENVALUE = 1e-4;

static const double YEAR_S = 365.0 * 86400.0;
static const char GROUP[] = "shared";

static double number_of(const struct estimate *e, const char *key)
{
    for (const struct field *f = e->model->about.fields; f->key != NULL; f++)
        if (f->type == FIELD_NUMBER && strcmp(f->key, key) == 0)
            return *(const double *)((const char *)e->param + f->offset);
    return NAN;
}

/* The share of the variance that the diffusion of the chosen model has; 1 without jumps. */
static double diffusion_share(const struct calibration *c, const struct calibrate_asset *a)
{
    const struct estimate *e = calibrate_chosen(c, a);
    const struct returns *r = &a->series.returns;
    double sum = 0.0, square = 0.0;

    if (isnan(number_of(e, "jumps_per_year")))
        return 1.0;
    for (uint32_t i = 0; i < r->n; i++)
        sum += r->log_return[i];
    for (uint32_t i = 0; i < r->n; i++)
        square += pow(r->log_return[i] - sum / r->n, 2.0);
    const double sd = number_of(e, "volatility_annual");
    return fmin(1.0, sd * sd * r->step_s / YEAR_S / (square / r->n));
}

/* Where the model's group is written; NULL: assets of this model have none, or their chains
 * would have to be the same. */
static const char **group_of(const struct estimate *e)
{
    if (strcmp(e->model->about.name, "regime") == 0)
        return NULL;
    for (const struct field *f = e->model->about.fields; f->key != NULL; f++)
        if (f->type == FIELD_TEXT && strcmp(f->key, "group") == 0)
            return (const char **)((char *)e->param + f->offset);
    return NULL;
}

static void form_groups(struct calibration *c)
{
    for (uint32_t a = 0; a < c->n_asset; a++) {
        const struct estimate *e = calibrate_chosen(c, &c->asset[a]);
        const char **group = group_of(e);
        for (uint32_t b = 0; b < c->n_asset && group != NULL; b++)
            if (b != a && calibrate_chosen(c, &c->asset[b])->model == e->model) {
                *group = GROUP;
                c->joint.grouped = true;
            }
    }
}

static void diffusion_matrix(struct calibration *c)
{
    struct calibrate_joint *j = &c->joint;
    const uint32_t n = c->n_asset;
    double least;

    j->least_kept = 1.0;
    j->diffusion = arena_get(c->arena, (size_t)n * n, sizeof *j->diffusion);
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++) {
            const double share =
                sqrt(diffusion_share(c, &c->asset[a]) * diffusion_share(c, &c->asset[b]));
            const double wanted = j->correlation.shrunk[a * n + b] / share;
            const double most =
                fmax(MOST_CORRELATION, fabs(j->correlation.shrunk[a * n + b]));
            j->raised = j->raised || (a != b && share < 1.0);
            if (a < b && fabs(wanted) > most) {
                j->n_capped++;
                j->least_kept = fmin(j->least_kept, most / fabs(wanted));
            }
            j->diffusion[a * n + b] = a == b ? 1.0 : fmax(-most, fmin(most, wanted));
        }
    j->repair = correlation_repair(j->diffusion, n, LEAST_EIGENVALUE, c->arena, &least);
}

bool calibrate_joint(struct calibration *c, struct error *err)
{
    struct calibrate_joint *j = &c->joint;
    struct series *series = arena_get(c->arena, c->n_asset, sizeof *series);
    struct error why;

    for (uint32_t i = 0; i < c->n_asset; i++)
        series[i] = c->asset[i].series;
    j->returns.n_asset = c->n_asset;
    j->returns.log_return = series_join(series, c->n_asset, c->arena, &j->returns.n_row);
    if (!correlation_estimate(&j->returns, c->arena, &j->correlation, &why)) {
        const char *names = c->asset[0].name;
        for (uint32_t i = 1; i < c->n_asset; i++)
            names = arena_print(c->arena, "%s, %s", names, c->asset[i].name);
        return fail(err, "%s: %.700s (assets: %.200s)", c->table.file, why.text, names);
    }
    tail_dependence_estimate(&j->returns, TAIL_FRAC, c->arena, &j->tail);
    j->has_copula = copula_estimate(&j->returns, c->arena, &j->copula, &why);
    if (!j->has_copula)
        j->why_no_copula = arena_text(c->arena, why.text);
    form_groups(c);
    diffusion_matrix(c);
    return true;
}

static const char *count_of(const struct calibrate_joint *j, uint32_t at,
                            struct arena *arena)
{
    return arena_print(arena, "%u", j->correlation.n_common[at]);
}

static const char *tail_text(double value, double error, struct arena *arena)
{
    return isnan(value) ? "-" : arena_print(arena, "%.2f +- %.2f", value, error);
}

static void print_copula(const struct calibrate_joint *j, const char *prefix, FILE *out)
{
    const struct copula_fit *k = &j->copula;

    if (!j->has_copula) {
        fprintf(out, "%sno copula: %s\n", prefix, j->why_no_copula);
        return;
    }
    if (isinf(k->degrees_of_freedom))
        fprintf(out, "%scopula: normal, from %u common returns; Student t fits no better\n",
                prefix, k->n_row);
    else
        fprintf(out,
                "%scopula: Student t, %.2f degrees of freedom [%.2f, %.2f], from %u common "
                "returns;\n%s  log-likelihood %.1f, normal %.1f\n",
                prefix, k->degrees_of_freedom, k->lower, k->upper, k->n_row, prefix,
                k->log_likelihood, k->log_likelihood_normal);
}

void calibrate_joint_print(const struct calibration *c, const char *prefix, FILE *out)
{
    const struct calibrate_joint *j = &c->joint;
    const uint32_t n = c->n_asset;

    fprintf(out,
            "%scorrelation of returns, 95 %% interval, shrunk by %.3f to their mean %.3f; "
            "tail\n%sdependence at %g %%: P(second in its tail | first in its tail)\n",
            prefix, j->correlation.shrinkage, j->correlation.mean, prefix,
            100.0 * TAIL_FRAC);
    fprintf(out, "%s  %-13s %7s  %6s  %-16s  %6s  %-13s  %s\n", prefix, "pair", "returns",
            "sample", "interval", "shrunk", "falls", "rises");
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++) {
            const uint32_t at = a * n + b;
            fprintf(out, "%s  %-13s %7s  %6.3f  [%6.3f, %6.3f]  %6.3f  %-13s  %s\n", prefix,
                    arena_print(c->arena, "%s/%s", c->asset[a].name, c->asset[b].name),
                    count_of(j, at, c->arena), j->correlation.sample[at],
                    j->correlation.lower[at], j->correlation.upper[at],
                    j->correlation.shrunk[at],
                    tail_text(j->tail.lower[at], j->tail.lower_error[at], c->arena),
                    tail_text(j->tail.upper[at], j->tail.upper_error[at], c->arena));
        }
    if (j->correlation.repair > 0.0)
        fprintf(out, "%sno positive definite matrix: entries changed by up to %.2g\n",
                prefix, j->correlation.repair);
    print_copula(j, prefix, out);
    if (j->n_capped > 0)
        fprintf(
            out,
            "%swarning: the chosen models draw jumps for each asset by itself; in %u "
            "pair%s "
            "simulated\n%s  returns have as little as %.2f of the correlation recorded: "
            "--choose garch keeps it\n",
            prefix, j->n_capped, j->n_capped == 1 ? "" : "s", prefix, j->least_kept);
}

static void write_correlation(const struct calibration *c, FILE *out)
{
    const struct calibrate_joint *j = &c->joint;
    const uint32_t n = c->n_asset;

    fprintf(out, "correlation:\n");
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++)
            fprintf(out, "  %s/%s: %.4f\n", c->asset[a].name, c->asset[b].name,
                    j->diffusion[a * n + b]);
    for (uint32_t p = 0; p < c->n_peg; p++) {
        for (uint32_t a = 0; a < n; a++)
            fprintf(out, "  %s/%s: 0%s\n", c->asset[a].name, c->peg[p].name,
                    p == 0 && a == 0 ? " # of a basis: not estimated" : "");
        for (uint32_t q = 0; q < p; q++)
            fprintf(out, "  %s/%s: 0\n", c->peg[q].name, c->peg[p].name);
    }
}

/* Better by BIC, and not there already in what the models share. */
static bool copula_is_better(const struct calibration *c)
{
    const struct copula_fit *k = &c->joint.copula;

    return c->joint.has_copula && !c->joint.grouped && isfinite(k->degrees_of_freedom) &&
           k->log_likelihood - k->log_likelihood_normal > 0.5 * log(k->n_row);
}

void calibrate_joint_market(const struct calibration *c, FILE *out)
{
    const struct calibrate_joint *j = &c->joint;

    if (j->raised)
        fprintf(out,
                "# Of the diffusions: above the correlations of returns, since jumps are "
                "drawn for each\n# asset by itself.\n");
    write_correlation(c, out);
    if (!copula_is_better(c))
        return;
    fprintf(
        out,
        "\n# Fitted to whole returns; it acts on the steps of a simulation, which wash it "
        "out where\n# they are much shorter.\ncopula: {degrees_of_freedom: %u}\n",
        j->copula.nearest);
}
