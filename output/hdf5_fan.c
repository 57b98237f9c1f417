#include "output/hdf5_fan.h"

#include <math.h>
#include <string.h>

#include "sim/stats.h"

static const double level[HDF5_FAN] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

bool hdf5_fan_scales(struct hdf5_place *place, const struct result *r, struct error *err)
{
    static const struct hdf5_label time = {"time", "s", "time since the start"};
    static const struct hdf5_label quantile = {"quantile", "1", "quantile over the paths"};

    return hdf5_store_scale(place, &time, H5T_NATIVE_DOUBLE, r->n_report, r->report_s,
                            err) &&
           hdf5_store_scale(place, &quantile, H5T_NATIVE_DOUBLE, HDF5_FAN, level, err);
}

void hdf5_fan(const double *column, uint64_t n, double *scratch, double *out, size_t stride)
{
    uint64_t n_value = 0, n_same = 1;

    while (n_same < n && column[n_same] == column[0])
        n_same++;
    if (n_same >= n) { /* an empty bucket needs no sorting */
        for (int q = 0; q < HDF5_FAN; q++)
            out[(size_t)q * stride] = column[0];
        return;
    }
    memcpy(scratch, column, n * sizeof *scratch);
    stats_sort(scratch, n);
    while (n_value < n && !isnan(scratch[n_value]))
        n_value++;
    for (int q = 0; q < HDF5_FAN; q++)
        out[(size_t)q * stride] =
            n_value > 0 ? scratch[stats_rank(n_value, level[q]) - 1] : (double)NAN;
}
