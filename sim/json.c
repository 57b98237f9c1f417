#include "sim/json.h"

#include <math.h>
#include <stdlib.h>

void json_number(cJSON *object, const char *key, double value)
{
    char text[32];

    if (!isfinite(value)) {
        cJSON_AddNullToObject(object, key);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    cJSON_AddRawToObject(object, key, text);
}

bool json_print(cJSON *root, FILE *out, struct error *err)
{
    char *text = cJSON_Print(root);

    cJSON_Delete(root);
    if (text == NULL)
        return fail(err, "the JSON text does not fit into memory");
    const bool ok = fprintf(out, "%s\n", text) >= 0;
    cJSON_free(text);
    return ok || fail(err, "the JSON text cannot be written");
}
