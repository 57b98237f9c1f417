#include "sim/model.h"

/* The venue closes the whole position at once by market orders, whatever the price: the rule
 * of most perpetual exchanges for accounts that are not large. Parts that a fill leaves are
 * none, since a book of orders has no end here. */
static const struct field market_order_fields[] = {{.key = NULL}};

const struct liquidation_model liquidation_market_order = {
    .about = {.name = "market_order",
              .doc = "Closes the whole account at once by market orders; accounts of equal "
                     "liquidation price share a fill.",
              .fields = market_order_fields},
    .whole = true,
};
