/* YAML text to a tree of nodes, event by event: what the tree cannot hold (anchors,
 * aliases, tags, a second document, deep nesting) is refused as soon as it comes up, before
 * it can cost memory. */
#include "scenarios/document.h"

#include <libfyaml.h>
#include <string.h>

enum {
    MAX_DEPTH = 32,
    MAX_KEYS = 4096,     /* of one mapping: the search for duplicates is quadratic */
    MAX_NODES = 1 << 20, /* of one file */
    MAX_LINE = 1 << 16,  /* bytes */
    MAX_OPEN = 1000,     /* brackets that are not closed, those in quotes included */
};

struct level {
    struct node *node;
    const char *key; /* of a mapping: read, waiting for its value */
    struct place key_place;
};

struct builder {
    struct arena *arena;
    struct place begin, last; /* of the text; of the newest token */
    struct node *root;
    struct level level[MAX_DEPTH];
    int depth, n_document;
    uint32_t n_node;
    struct error *err;
};

/* A token's place; one without a mark (an empty value) gets the place of the token before.
 * libfyaml marks a quoted scalar behind its quote. */
static struct place token_place(struct builder *b, struct fy_token *token)
{
    const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;

    if (mark != NULL) {
        const enum fy_scalar_style style = fy_token_scalar_style(token);
        const bool quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
        b->last.line = b->begin.line + mark->line;
        b->last.column = mark->column + (mark->line == 0 ? b->begin.column : 1) - quoted;
    }
    return b->last;
}

static bool key_add(struct builder *b, struct level *level, const char *key,
                    struct place place)
{
    const struct node *twin = node_get(level->node, key);

    if (twin != NULL)
        return place_fail(
            &place, b->err,
            "'%s' stands here a second time, first at line %d: keep one of them", key,
            twin->key_place.line);
    if (level->node->n_child >= MAX_KEYS)
        return place_fail(&place, b->err,
                          "more than %d keys in one mapping: put tables into CSV files",
                          MAX_KEYS);
    level->key = key;
    level->key_place = place;
    return true;
}

/* Hangs a node below the newest open container. */
static bool node_attach(struct builder *b, struct node *node)
{
    struct level *top = b->depth > 0 ? &b->level[b->depth - 1] : NULL;

    if (++b->n_node > MAX_NODES)
        return place_fail(&node->place, b->err,
                          "more than %d values in one file: put tables into CSV files",
                          MAX_NODES);
    if (top == NULL)
        b->root = node;
    else
        node_add(top->node, node, top->key, top->key_place);
    if (top != NULL)
        top->key = NULL;
    return true;
}

static bool container_open(struct builder *b, enum node_kind kind, struct fy_token *token)
{
    const struct place place = token_place(b, token);
    const struct level *top = b->depth > 0 ? &b->level[b->depth - 1] : NULL;

    if (top != NULL && top->node->kind == NODE_MAPPING && top->key == NULL)
        return place_fail(
            &place, b->err,
            "a key must be a word, not a list or a mapping: write 'key: value'");
    if (b->depth == MAX_DEPTH)
        return place_fail(&place, b->err,
                          "nested more than %d levels deep: flatten the file", MAX_DEPTH);
    struct node *node = node_create(b->arena, kind, place);
    if (!node_attach(b, node))
        return false;
    b->level[b->depth++] = (struct level){.node = node};
    return true;
}

static bool scalar_add(struct builder *b, struct fy_token *token)
{
    const struct place place = token_place(b, token);
    struct level *top = b->depth > 0 ? &b->level[b->depth - 1] : NULL;
    size_t size = 0;
    const char *source = fy_token_get_text(token, &size);
    char *text = arena_get(b->arena, size + 1, 1);

    if (size > 0)
        memcpy(text, source, size);
    if (strlen(text) != size) /* "\0" in double quotes */
        return place_fail(&place, b->err, "a zero byte inside a text: take it out");
    if (top != NULL && top->node->kind == NODE_MAPPING && top->key == NULL)
        return key_add(b, top, text, place);
    struct node *node = node_create(b->arena, NODE_SCALAR, place);
    node->text = text;
    node->quoted = fy_token_scalar_style(token) != FYSS_PLAIN;
    return node_attach(b, node);
}

/* libfyaml marks anchors and aliases behind their sign. */
static struct place sign_place(struct builder *b, struct fy_token *token)
{
    struct place place = token_place(b, token);

    place.column--;
    return place;
}

static bool properties_refuse(struct builder *b, struct fy_token *anchor,
                              struct fy_token *tag)
{
    if (anchor != NULL) {
        const struct place place = sign_place(b, anchor);
        return place_fail(&place, b->err,
                          "an anchor (&): write the value out where it is "
                          "needed, or use 'extends'");
    }
    if (tag != NULL) {
        const struct place place = token_place(b, tag);
        return place_fail(&place, b->err, "a tag (!): leave it out, the key says the type");
    }
    return true;
}

static bool event_take(struct builder *b, struct fy_event *event)
{
    struct place place;

    switch (event->type) {
    case FYET_DOCUMENT_START:
        place = token_place(b, event->document_start.document_start);
        if (++b->n_document > 1)
            return place_fail(&place, b->err,
                              "a second document (---): put it into a file of its own");
        return true;
    case FYET_ALIAS:
        place = sign_place(b, event->alias.anchor);
        return place_fail(&place, b->err,
                          "an alias (*): write the value out, or use "
                          "'extends'");
    case FYET_MAPPING_START:
        return properties_refuse(b, event->mapping_start.anchor,
                                 event->mapping_start.tag) &&
               container_open(b, NODE_MAPPING, event->mapping_start.mapping_start);
    case FYET_SEQUENCE_START:
        return properties_refuse(b, event->sequence_start.anchor,
                                 event->sequence_start.tag) &&
               container_open(b, NODE_SEQUENCE, event->sequence_start.sequence_start);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        b->depth--;
        return true;
    case FYET_SCALAR:
        return properties_refuse(b, event->scalar.anchor, event->scalar.tag) &&
               scalar_add(b, event->scalar.value);
    default:
        return true;
    }
}

/* The parser's first complaint as our sentence; it counts lines and columns from 1. */
static bool syntax_fail(struct builder *b, struct fy_diag *diag)
{
    void *previous = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &previous);
    struct place place = b->last;

    if (e != NULL && e->line > 0) {
        place.line = b->begin.line + e->line - 1;
        place.column = e->line == 1 ? b->begin.column + e->column - 1 : e->column;
    }
    return place_fail(
        &place, b->err,
        "this is not YAML: %s: look at brackets, quotes and indentation here and "
        "in the lines above",
        e != NULL && e->msg != NULL ? e->msg : "the text cannot be parsed");
}

static bool events_take(struct builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
    for (;;) {
        struct fy_event *event = fy_parser_parse(parser);
        if (event == NULL)
            return fy_parser_get_stream_error(parser) ? syntax_fail(b, diag) : true;
        const bool ok = event_take(b, event);
        fy_parser_event_free(parser, event);
        if (!ok)
            return false;
    }
}

/* What libfyaml would take seconds to minutes over, since it looks far ahead: endless
 * lines, directives, and brackets that open and open. */
static bool lines_check(const struct place *begin, const char *text, size_t size,
                        struct error *err)
{
    const char *const end = text + size;
    struct place place = *begin;
    long n_open = 0;

    for (const char *p = text, *stop; p < end;
         p = stop + 1, place.line++, place.column = 1) {
        stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop != NULL ? stop : end;
        if (stop - p > MAX_LINE)
            return place_fail(&place, err, "a line of more than %d bytes: break it",
                              MAX_LINE);
        if (*p == '%')
            return place_fail(
                &place, err,
                "a line that begins with %%: directives are not used, take it "
                "out");
        for (const char *q = p; q < stop; q++)
            n_open += (*q == '[') + (*q == '{') - (*q == ']') - (*q == '}');
        if (n_open > MAX_OPEN)
            return place_fail(&place, err,
                              "more than %d brackets are open here: close them", MAX_OPEN);
    }
    return true;
}

bool document_parse(const struct place *place, const char *text, size_t size,
                    struct arena *arena, struct node **root, struct error *err)
{
    *root = NULL;
    if (!lines_check(place, text, size, err))
        return false;
    const struct fy_diag_cfg quiet = {.level = FYET_ERROR, .module_mask = ~0u};
    struct fy_diag *diag = fy_diag_create(&quiet);
    struct builder b = {.arena = arena, .begin = *place, .last = *place, .err = err};

    if (diag == NULL)
        return place_fail(place, err, "no memory for the YAML parser");
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg config = {.search_path = "",
                                        .flags = FYPCF_QUIET | FYPCF_JSON_NONE |
                                                 FYPCF_DEFAULT_VERSION_1_2,
                                        .diag = diag};
    struct fy_parser *parser = fy_parser_create(&config);
    bool ok = false;
    if (parser == NULL || fy_parser_set_string(parser, text, size) != 0)
        place_fail(place, err, "no memory for the YAML parser");
    else
        ok = events_take(&b, parser, diag);
    if (parser != NULL)
        fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    *root = b.root;
    return ok;
}
