#include "scenarios/override.h"

#include <stdlib.h>
#include <string.h>

#include "scenarios/document.h"

enum { MAX_INDEX_DIGITS = 6, MAX_SEGMENTS = 32 };

/* The way down the tree, one segment at a time. */
struct walk {
    const char *key; /* the whole, for messages */
    const char *next;
    struct node *node;  /* reached so far */
    struct place place; /* of the segment being read */
    struct arena *arena;
    struct error *err;
};

static bool key_fail(const struct walk *w)
{
    return place_fail(&w->place, w->err,
                      "'%s' is not the name of a setting: write a.b.key=value or "
                      "shocks[0].move=-0.3",
                      w->key);
}

/* The children of these have names of the user's own. */
static bool has_own_names(const struct node *node)
{
    return node->key != NULL &&
           (strcmp(node->key, "assets") == 0 || strcmp(node->key, "venues") == 0 ||
            strcmp(node->key, "chains") == 0 || strcmp(node->key, "correlation") == 0);
}

/* Goes to `name` below the mapping reached so far, or puts `value` there. */
static bool step_into(struct walk *w, const char *name, struct node *value)
{
    struct node *map = w->node, *child = node_get(map, name);

    if (map->kind != NODE_MAPPING)
        return place_fail(&w->place, w->err,
                          "'%s' cannot be set: '%s' lies below %s; set that as a whole",
                          w->key, name, node_kind_name(map));
    if (child == NULL && has_own_names(map) && map->n_child > 0)
        return place_fail(&w->place, w->err, "%s has no '%s': did you mean '%s'?", map->key,
                          name, node_nearest(map, name));
    if (value != NULL) {
        node_put(map, value, name, w->place);
        return true;
    }
    if (child == NULL || node_is_null(child)) {
        child = node_create(w->arena, NODE_MAPPING, w->place);
        node_put(map, child, name, w->place);
    }
    w->node = child;
    return true;
}

/* "[3]", with w->next behind it afterwards. */
static bool step_index(struct walk *w, struct node *value)
{
    const size_t digits = strspn(w->next + 1, "0123456789");
    struct node *child = w->node->first;

    if (digits == 0 || digits > MAX_INDEX_DIGITS || w->next[digits + 1] != ']')
        return key_fail(w);
    unsigned long index = strtoul(w->next + 1, NULL, 10);
    if (w->node->kind != NODE_SEQUENCE || index >= w->node->n_child)
        return place_fail(&w->place, w->err,
                          "'%s': there is no number %lu, the list has %u", w->key, index,
                          w->node->kind == NODE_SEQUENCE ? (unsigned)w->node->n_child : 0u);
    while (index-- > 0)
        child = child->next;
    if (value != NULL)
        node_replace(w->node, child, value);
    else
        w->node = child;
    w->next += digits + 2;
    return true;
}

/* One name with its indices; the last of all receives the value. */
static bool segment_take(struct walk *w, struct node *value)
{
    const size_t length = strcspn(w->next, ".[");
    const char *name = arena_print(w->arena, "%.*s", (int)length, w->next);

    w->place.column = (int)(w->next - w->key) + 1;
    w->next += length;
    if (length == 0 || !step_into(w, name, *w->next == '\0' ? value : NULL))
        return length == 0 ? key_fail(w) : false;
    while (*w->next == '[') {
        const size_t index_size = strcspn(w->next, "]") + 1;
        const bool last = strlen(w->next) <= index_size;
        if (!step_index(w, last ? value : NULL))
            return false;
    }
    return true;
}

bool override_apply(struct node *root, const struct override *override, struct arena *arena,
                    struct error *err)
{
    const int key_size = (int)strlen(override->key);
    const struct place place = {"--set", 1, key_size + 2}; /* behind "key=" */
    struct walk w = {.key = override->key,
                     .next = override->key,
                     .node = root,
                     .place = {"--set", 1, 1},
                     .arena = arena,
                     .err = err};
    struct node *value = NULL;

    if (strcmp(override->key, "extends") == 0 || strcmp(override->key, "tailrace") == 0)
        return place_fail(&w.place, err,
                          "'%s' belongs into the file: it cannot be set from "
                          "outside",
                          override->key);
    if (!document_parse(&place, override->value, strlen(override->value), arena, &value,
                        err))
        return false;
    if (value == NULL) {
        value = node_create(arena, NODE_SCALAR, place);
        value->text = "";
    }
    for (int i = 0; i < MAX_SEGMENTS; i++) {
        if (!segment_take(&w, value))
            return false;
        if (*w.next == '\0')
            return true;
        if (*w.next++ != '.')
            break;
    }
    return key_fail(&w);
}
