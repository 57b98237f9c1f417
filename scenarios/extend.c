/* Files that build on other files: `extends`. */
#include "scenarios/extend.h"

#include <string.h>

#include "scenarios/document.h"

enum { MAX_EXTENDS = 16, MAX_YAML_BYTES = 16 << 20 };

/* The chain of files being read, from the newest to the one the user named. */
struct link {
    const char *path;
    const struct link *child;
};

static bool header_check(const struct node *root, const char *path, struct error *err)
{
    const struct place begin = {.file = path, .line = 1, .column = 1};
    const struct node *version = node_get(root, "tailrace");

    if (node_is_null(root))
        return place_fail(&begin, err, "the file is empty: begin with 'tailrace: 1'");
    if (root->kind != NODE_MAPPING)
        return place_fail(&root->place, err,
                          "%s where keys are expected: begin with "
                          "'tailrace: 1'",
                          node_kind_name(root));
    if (version == NULL)
        return place_fail(&begin, err,
                          "'tailrace: 1' is missing: add it as the first line");
    if (version->kind != NODE_SCALAR || strcmp(version->text, "1") != 0)
        return place_fail(&version->place, err,
                          "tailrace = %s is a format that this program does not know: it "
                          "reads 'tailrace: 1'",
                          version->kind == NODE_SCALAR ? version->text
                                                       : node_kind_name(version));
    return true;
}

static bool chain_check(const struct link *chain, const char *path,
                        const struct place *from, struct error *err)
{
    int length = 0;

    for (const struct link *link = chain; link != NULL; link = link->child, length++)
        if (strcmp(link->path, path) == 0)
            return place_fail(from, err, "'%s' extends itself: break the circle", path);
    if (length > MAX_EXTENDS)
        return place_fail(from, err, "extends more than %d files: shorten the chain",
                          MAX_EXTENDS);
    return true;
}

/* A child that changes single values of its parent's market file makes that file's content
 * part of the tree; a child that names a market of its own replaces it. */
static bool market_expand(struct input_list *inputs, struct node *base,
                          const struct node *over, struct error *err)
{
    const struct node *below = node_get(base, "market"), *above = node_get(over, "market");
    struct node *market;

    if (below == NULL || above == NULL || below->kind != NODE_SCALAR ||
        above->kind != NODE_MAPPING)
        return true;
    if (!extend_read(inputs, place_path(&below->place, below->text, inputs->arena),
                     &below->place, &market, err))
        return false;
    node_put(base, market, "market", below->key_place);
    return true;
}

static bool chain_read(struct input_list *inputs, const char *path,
                       const struct place *from, const struct link *child,
                       struct node **root, struct error *err)
{
    struct input_file file;
    size_t size;
    const struct link chain = {.path = path, .child = child};

    if (!chain_check(child, path, from, err) ||
        !input_read(inputs, path, from, MAX_YAML_BYTES, &file, err))
        return false;
    const char *text = input_text(&file, &size);
    const struct place begin = {.file = file.name, .line = 1, .column = 1};
    if (!document_parse(&begin, text, size, inputs->arena, root, err) ||
        !header_check(*root, file.name, err))
        return false;
    const struct node *extends = node_get(*root, "extends");
    if (node_is_null(extends))
        return true;
    if (extends->kind != NODE_SCALAR)
        return place_fail(&extends->place, err, "extends is %s: name one file",
                          node_kind_name(extends));
    struct node *base, *over = *root;
    if (!chain_read(inputs, place_path(&extends->place, extends->text, inputs->arena),
                    &extends->place, &chain, &base, err))
        return false;
    node_remove(over, "extends");
    if (!market_expand(inputs, base, over, err))
        return false;
    node_merge(base, over);
    *root = base;
    return true;
}

bool extend_read(struct input_list *inputs, const char *path, const struct place *from,
                 struct node **root, struct error *err)
{
    return chain_read(inputs, path, from, NULL, root, err);
}
