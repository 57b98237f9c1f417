/* What a calibration found, as text: for the terminal, and as comments in the market
 * file. */
#include <math.h>
#include <string.h>

#include "scenarios/utc.h"
#include "scenarios/value.h"
#include "sim/study/calibrate.h"

enum { WIDTH = 92 };

/* 1234567 as 1,234,567 */
static const char *count_text(uint64_t count, struct arena *arena)
{
    const char *digits = arena_print(arena, "%llu", (unsigned long long)count);
    const size_t n = strlen(digits);
    char *text = arena_get(arena, 2 * n + 1, 1), *to = text;

    for (size_t i = 0; i < n; i++) {
        *to++ = digits[i];
        if (i + 1 < n && (n - i - 1) % 3 == 0)
            *to++ = ',';
    }
    return text;
}

static const char *hole_text(const struct series_hole *hole, struct arena *arena)
{
    return arena_print(arena, "%s to %s", series_time_text(hole->from_s, arena),
                       series_time_text(hole->to_s, arena));
}

static void print_data(const struct calibration *c, const struct series *s,
                       const char *prefix, FILE *out)
{
    struct arena *arena = c->arena;

    fprintf(out, "%s%s: %s returns over %s, %s to %s\n", prefix, s->name,
            count_text(s->returns.n, arena), series_step_text(s->returns.step_s, arena),
            series_time_text(s->first_s, arena), series_time_text(s->last_s, arena));
    fprintf(out, "%s  largest move: %+.1f %% in the step to %s\n", prefix,
            100.0 * expm1(s->largest), series_time_text(s->largest_s, arena));
    if (s->n_gap > 0)
        fprintf(out, "%s  gaps: %s, none of them spanned by a return; longest %s\n", prefix,
                count_text(s->n_gap, arena), hole_text(&s->longest_gap, arena));
    if (s->n_stuck > 0)
        fprintf(
            out,
            "%s  stuck feed: %s repeated prices in %s place%s left out; longest %u equal "
            "prices,\n%s    %s\n",
            prefix, count_text(s->n_stuck, arena), count_text(s->n_stuck_run, arena),
            s->n_stuck_run == 1 ? "" : "s", s->longest_stuck_n, prefix,
            hole_text(&s->longest_stuck, arena));
    if (s->n_outside > 0)
        fprintf(out, "%s  outside --from and --to: %s prices left out\n", prefix,
                count_text(s->n_outside, arena));
    if (s->n_between > 0)
        fprintf(out, "%s  between the ends of steps: %s prices left out\n", prefix,
                count_text(s->n_between, arena));
    if (s->n_uneven > 0)
        fprintf(out, "%s  uneven: %s steps up to 5 %% too short or too long, kept\n",
                prefix, count_text(s->n_uneven, arena));
}

/* Puts a piece behind the line or on a new one. */
static void flow(FILE *out, const char *prefix, int indent, const char *piece, int *column)
{
    const int length = (int)strlen(piece);

    if (*column > 0 && *column + 1 + length > WIDTH) {
        fputc('\n', out);
        *column = 0;
    }
    if (*column == 0)
        *column = fprintf(out, "%s%*s%s", prefix, indent, "", piece);
    else
        *column += fprintf(out, " %s", piece);
}

static const char *parameter_text(const struct estimate *e, uint32_t i, struct arena *arena)
{
    const char *comma = i + 1 < e->n_param ? "," : "";

    if (isnan(e->p[i].standard_error))
        return arena_print(arena, "%s %.5g (no error)%s", e->p[i].key, e->p[i].value,
                           comma);
    return arena_print(arena, "%s %.5g +- %.2g%s", e->p[i].key, e->p[i].value,
                       e->p[i].standard_error, comma);
}

void calibrate_parameters_print(const struct calibration *c, const struct estimate *e,
                                const char *prefix, FILE *out)
{
    int column = 0;

    for (uint32_t p = 0; p < e->n_param; p++)
        flow(out, prefix, 6, parameter_text(e, p, c->arena), &column);
    fputc('\n', out);
    if (e->note != NULL)
        fprintf(out, "%s      note: %s\n", prefix, e->note);
}

static void print_fit(const struct calibration *c, const struct calibrate_asset *a,
                      uint32_t i, const char *prefix, FILE *out)
{
    const struct calibrate_fit *fit = &a->fit[i];
    const struct estimate *e = &fit->estimate;

    if (fit->failed) {
        fprintf(out, "%s  %-10s not fitted: %s\n", prefix, fit->estimator->model,
                fit->why.text);
        return;
    }
    fprintf(out, "%s%s %-10s %2u  %14.2f  %12.1f  %12.1f  %s\n", prefix,
            i == a->chosen ? "*" : " ", fit->estimator->model, e->n_param,
            e->log_likelihood, e->aic, e->bic, e->converged ? "yes" : "NO");
    calibrate_parameters_print(c, e, prefix, out);
}

static void print_asset(const struct calibration *c, const struct calibrate_asset *a,
                        const char *prefix, FILE *out)
{
    print_data(c, &a->series, prefix, out);
    fprintf(out, "%s  %-10s %2s  %14s  %12s  %12s  %s\n", prefix, "model", "n",
            "log-likelihood", "AIC", "BIC", "converged");
    for (uint32_t i = 0; i < a->n_fit; i++)
        print_fit(c, a, i, prefix, out);
    if (a->chain.given)
        calibrate_chain_print(c, a, prefix, out);
}

static void print_blank(const char *prefix, FILE *out)
{
    fprintf(out, "%s\n", prefix[0] != '\0' ? "#" : "");
}

void calibrate_print(const struct calibration *c, const char *prefix, FILE *out)
{
    if (c->table.n_duplicate > 0) {
        fprintf(out, "%s%s: %s duplicate row%s left out\n", prefix, c->table.file,
                count_text(c->table.n_duplicate, c->arena),
                c->table.n_duplicate == 1 ? "" : "s");
        print_blank(prefix, out);
    }
    for (uint32_t i = 0; i < c->n_asset; i++) {
        if (i > 0)
            print_blank(prefix, out);
        print_asset(c, &c->asset[i], prefix, out);
    }
    for (uint32_t i = 0; i < c->n_peg; i++) {
        print_blank(prefix, out);
        calibrate_peg_print(c, &c->peg[i], prefix, out);
    }
    if (c->n_asset > 1) {
        print_blank(prefix, out);
        calibrate_joint_print(c, prefix, out);
    }
}
