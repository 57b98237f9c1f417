#include "scenarios/node.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct node *node_create(struct arena *arena, enum node_kind kind, struct place place)
{
    struct node *node = arena_get(arena, 1, sizeof *node);

    node->kind = kind;
    node->place = place;
    return node;
}

void node_add(struct node *parent, struct node *child, const char *key,
              struct place key_place)
{
    child->key = key;
    child->key_place = key_place;
    child->next = NULL;
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->n_child++;
}

struct node *node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAPPING)
        return NULL;
    for (struct node *child = map->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

bool node_is_null(const struct node *node)
{
    return node == NULL || (node->kind == NODE_SCALAR && !node->quoted &&
                            (*node->text == '\0' || strcmp(node->text, "~") == 0 ||
                             strcasecmp(node->text, "null") == 0));
}

void node_replace(struct node *parent, const struct node *old, struct node *child)
{
    struct node **link = &parent->first;

    while (*link != old)
        link = &(*link)->next;
    child->key = old->key;
    child->key_place = old->key_place;
    child->next = old->next;
    *link = child;
    if (parent->last == old)
        parent->last = child;
}

void node_put(struct node *map, struct node *child, const char *key, struct place key_place)
{
    const struct node *old = node_get(map, key);

    if (old == NULL) {
        node_add(map, child, key, key_place);
        return;
    }
    node_replace(map, old, child);
    child->key_place = key_place;
}

void node_remove(struct node *map, const char *key)
{
    const struct node *old = node_get(map, key);
    struct node *child = map->first;

    map->first = map->last = NULL;
    map->n_child = 0;
    while (child != NULL) {
        struct node *next = child->next;
        if (child != old)
            node_add(map, child, child->key, child->key_place);
        child = next;
    }
}

/* Parameters of another model, {model: merton, ...} over {model: gbm, ...}. */
static bool other_model(const struct node *base, const struct node *over)
{
    const struct node *a = node_get(base, "model"), *b = node_get(over, "model");

    return a != NULL && b != NULL && a->kind == NODE_SCALAR && b->kind == NODE_SCALAR &&
           strcmp(a->text, b->text) != 0;
}

void node_merge(struct node *base, struct node *over)
{
    struct node *child = over->first;

    while (child != NULL) {
        struct node *next = child->next, *old = node_get(base, child->key);
        if (old != NULL && old->kind == NODE_MAPPING && child->kind == NODE_MAPPING &&
            !other_model(old, child))
            node_merge(old, child);
        else
            node_put(base, child, child->key, child->key_place);
        child = next;
    }
}

const char *node_kind_name(const struct node *node)
{
    static const char *const names[] = {"a value", "a list", "a mapping"};

    return names[node->kind];
}

const char *node_nearest(const struct node *map, const char *key)
{
    const char *nearest = NULL;
    unsigned least = ~0u;

    for (const struct node *child = map->first; child != NULL; child = child->next) {
        const unsigned distance = field_distance(child->key, key);
        if (distance < least) {
            least = distance;
            nearest = child->key;
        }
    }
    return nearest;
}

/* Plain scalars stay as they are if nothing in them could mean something else inside a flow
 * collection; "+" and "-" are signs of numbers, ":" does not come up. */
static bool is_plain(const char *text)
{
    if (!isalnum((unsigned char)*text) && strchr("+-./_", *text) == NULL)
        return false;
    if (*text == '\0' ||
        (*text == '-' && !isalnum((unsigned char)text[1]) && text[1] != '.'))
        return false;
    for (const char *p = text; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr("+-./_", *p) == NULL)
            return false;
    return true;
}

static void quote_write(FILE *out, const char *text)
{
    fputc('"', out);
    for (const char *p = text; *p != '\0'; p++)
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if ((unsigned char)*p < ' ')
            fprintf(out, "\\x%02X", (unsigned)*p);
        else
            fputc(*p, out);
    fputc('"', out);
}

static void node_write(FILE *out, const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        if (node_is_null(node))
            fputs("null", out);
        else if (!node->quoted && is_plain(node->text))
            fputs(node->text, out);
        else
            quote_write(out, node->text);
        return;
    }
    fputc(node->kind == NODE_MAPPING ? '{' : '[', out);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (child->key != NULL) {
            quote_write(out, child->key);
            fputs(": ", out);
        }
        node_write(out, child);
        fputs(child->next != NULL ? ", " : "", out);
    }
    fputc(node->kind == NODE_MAPPING ? '}' : ']', out);
}

const char *node_text(const struct node *node, struct arena *arena)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort(); /* no memory for a few bytes */
    node_write(out, node);
    fclose(out);
    const char *copy = arena_text(arena, text);
    free(text);
    return copy;
}

const char *node_quote(const char *text, struct arena *arena)
{
    const struct node bare = {.kind = NODE_SCALAR, .text = text};
    const struct node node = {.kind = NODE_SCALAR,
                              .text = text,
                              .quoted = !is_plain(text) || node_is_null(&bare)};

    return node_text(&node, arena);
}
