#ifndef TAILRACE_SCENARIOS_NODE_H
#define TAILRACE_SCENARIOS_NODE_H

#include "scenarios/place.h"

/* A YAML document as a tree; all memory belongs to an arena. */
enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };
struct node {
    enum node_kind kind;
    struct place place;
    const char *text; /* scalar */
    bool quoted;      /* scalar: written in quotes or as a block, so never null */
    const char *key;  /* child of a mapping; NULL elsewhere */
    struct place key_place;
    uint32_t n_child;
    struct node *first, *last; /* children, linked by next */
    struct node *next;
};

struct node *node_create(struct arena *arena, enum node_kind kind, struct place place);

/* Appends a child; `key` is NULL in a sequence. */
void node_add(struct node *parent, struct node *child, const char *key,
              struct place key_place);

/* The child of that key, NULL if there is none or `map` is NULL or no mapping. */
struct node *node_get(const struct node *map, const char *key);

/* Absent, `~`, `null` or nothing behind the colon. */
bool node_is_null(const struct node *node);

/* Puts `child` in the place of the child of that key, or at the end. */
void node_put(struct node *map, struct node *child, const char *key,
              struct place key_place);

/* Puts `child` in the place of `old`, a child of `parent`, with its key. */
void node_replace(struct node *parent, const struct node *old, struct node *child);

void node_remove(struct node *map, const char *key);

/* Deep merge of the mapping `over` into the mapping `base`: mappings join, unless they name
 * different models; everything else of `over` replaces. The nodes of `over` move into `base`. */
void node_merge(struct node *base, struct node *over);

/* "a mapping", "a list", "a value". */
const char *node_kind_name(const struct node *node);

/* The key of `map` nearest to `key`, NULL if it has none. */
const char *node_nearest(const struct node *map, const char *key);

/* The tree as one line of YAML. */
const char *node_text(const struct node *node, struct arena *arena);

/* A text as a YAML scalar that reads back as the same text, quoted where needed. */
const char *node_quote(const char *text, struct arena *arena);

#endif
