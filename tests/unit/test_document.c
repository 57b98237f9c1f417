#include "scenarios/document.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "scenarios/extend.h"
#include "scenarios/override.h"
#include "scenarios/utc.h"
#include "tests/scratch.h"

static struct node *parsed(const char *text, struct arena *arena)
{
    const struct place place = {"a.yaml", 1, 1};
    struct error err = {""};
    struct node *root = NULL;

    cr_assert(document_parse(&place, text, strlen(text), arena, &root, &err), "%s",
              err.text);
    return root;
}

Test(document, tree_keeps_kinds_texts_and_quotes)
{
    struct arena arena = {0};
    const struct node *root = parsed(
        "a: 1\nb: [x, 'y z', {c: \"2\"}]\nd:\n  e: |\n    two\n    lines\nf:\n", &arena);

    cr_assert_str_eq(node_text(root, &arena),
                     "{\"a\": 1, \"b\": [x, \"y z\", {\"c\": \"2\"}], "
                     "\"d\": {\"e\": \"two\\x0Alines\\x0A\"}, \"f\": "
                     "null}");
    cr_assert(node_is_null(node_get(root, "f")));
    cr_assert(node_get(node_get(root, "b")->last, "c")->quoted);
    arena_free(&arena);
}

Test(document, text_of_a_tree_reads_back_as_the_tree)
{
    struct arena arena = {0};
    const char *text = node_text(
        parsed("'k: v': [\"a\\tb\\\\\", '', ~, -1.5e-3, '#', \"\\x7e\", x: y]", &arena),
        &arena);

    cr_assert_str_eq(node_text(parsed(text, &arena), &arena), text);
    arena_free(&arena);
}

Test(document, places_count_from_one)
{
    struct arena arena = {0};
    const struct node *root = parsed("a: 1\nb:\n  - x: 5\n    y: {z: \"q\"}\n", &arena);
    const struct node *item = node_get(root, "b")->first;
    const struct node *z = node_get(node_get(item, "y"), "z");

    cr_assert_eq(item->place.line, 3);
    cr_assert_eq(item->place.column, 5);
    cr_assert_eq(z->key_place.line, 4);
    cr_assert_eq(z->key_place.column, 9);
    cr_assert_eq(z->place.column, 12);
    arena_free(&arena);
}

Test(document, byte_order_mark_and_crlf_are_read)
{
    struct arena arena = {0};
    struct input_list inputs = {.arena = &arena};
    struct error err = {""};
    struct node *root;
    const char *path =
        scratch_file("a.yaml", "\xEF\xBB\xBFtailrace: 1\r\nb:\r\n  c: 5\r\n  d: 'x'\r\n");

    cr_assert(extend_read(&inputs, path, NULL, &root, &err), "%s", err.text);
    cr_assert_str_eq(node_text(root, &arena),
                     "{\"tailrace\": 1, \"b\": {\"c\": 5, \"d\": \"x\"}}");
    cr_assert_eq(node_get(node_get(root, "b"), "d")->place.line, 4);
    arena_free(&arena);
    scratch_remove();
}

Test(document, extends_merges_mappings_and_replaces_the_rest)
{
    struct arena arena = {0};
    struct input_list inputs = {.arena = &arena};
    struct error err = {""};
    struct node *root;

    scratch_file("g.yaml", "tailrace: 1\na: {x: 1, y: 1, z: 1}\nlist: [1, 2, 3]\n");
    scratch_file("p.yaml", "tailrace: 1\nextends: ./g.yaml\na: {y: 2}\nlist: [4]\n");
    const char *path =
        scratch_file("c.yaml", "tailrace: 1\nextends: p.yaml\na: {z: 3, w: 3}\n");
    cr_assert(extend_read(&inputs, path, NULL, &root, &err), "%s", err.text);
    cr_assert_str_eq(node_text(root, &arena),
                     "{\"tailrace\": 1, \"a\": {\"x\": 1, \"y\": 2, "
                     "\"z\": 3, \"w\": 3}, \"list\": [4]}");
    cr_assert_eq(inputs.n, 3);
    cr_assert_str_eq(node_get(node_get(root, "a"), "y")->place.file, inputs.file[1].name,
                     "a value keeps the place where it stands");
    arena_free(&arena);
    scratch_remove();
}

/* Another model's parameters replace those of the model that stood there. */
Test(document, another_model_replaces_and_the_same_one_merges)
{
    struct arena arena = {0};
    struct input_list inputs = {.arena = &arena};
    struct node *root;
    struct error err;

    scratch_file("g.yaml", "tailrace: 1\na: {model: gbm, v: 1}\nb: {model: gbm, v: 1}\n");
    const char *path = scratch_file(
        "c.yaml", "tailrace: 1\nextends: g.yaml\na: {model: kou, p: 2}\nb: {v: 3}\n");
    cr_assert(extend_read(&inputs, path, NULL, &root, &err), "%s", err.text);
    cr_assert_null(node_get(node_get(root, "a"), "v"));
    cr_assert_str_eq(node_get(node_get(root, "a"), "p")->text, "2");
    cr_assert_str_eq(node_get(node_get(root, "b"), "model")->text, "gbm");
    cr_assert_str_eq(node_get(node_get(root, "b"), "v")->text, "3");
    arena_free(&arena);
    scratch_remove();
}

Test(document, extends_in_a_circle_or_too_deep_is_refused)
{
    struct arena arena = {0};
    struct input_list inputs = {.arena = &arena};
    struct error err = {""};
    struct node *root;

    scratch_file("a.yaml", "tailrace: 1\nextends: b.yaml\n");
    const char *path = scratch_file("b.yaml", "tailrace: 1\nextends: a.yaml\n");
    cr_assert_not(extend_read(&inputs, path, NULL, &root, &err));
    cr_assert_not_null(strstr(err.text, "a.yaml:2:10: "), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "extends itself"), "%s", err.text);
    for (int i = 0; i < 20; i++)
        path = scratch_file(arena_print(&arena, "%d.yaml", i),
                            arena_print(&arena, "tailrace: 1\nextends: %d.yaml\n", i - 1));
    scratch_file("-1.yaml", "tailrace: 1\n");
    cr_assert_not(extend_read(&inputs, path, NULL, &root, &err));
    cr_assert_not_null(strstr(err.text, "more than 16 files"), "%s", err.text);
    arena_free(&arena);
    scratch_remove();
}

Test(document, overrides_set_values_deep_down)
{
    static const struct override rows[] = {{"a.b", "2"},       {"list[1]", "{x: 9}"},
                                           {"list[0].x", "7"}, {"new.key", "[1, 2]"},
                                           {"empty", ""},      {"list[2][1]", "'q'"}};
    struct arena arena = {0};
    struct error err = {""};
    struct node *root = parsed("a: {b: 1, c: 1}\nlist: [{x: 1}, 5, [1, 2]]\n", &arena);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert(override_apply(root, &rows[i], &arena, &err), "%s: %s", rows[i].key,
                  err.text);
    cr_assert_str_eq(node_text(root, &arena),
                     "{\"a\": {\"b\": 2, \"c\": 1}, \"list\": [{\"x\": 7}, {\"x\": 9}, [1, "
                     "\"q\"]], \"new\": {\"key\": [1, 2]}, \"empty\": null}");
    cr_assert_eq(node_get(node_get(root, "a"), "b")->place.column, 5, "behind 'a.b='");
    arena_free(&arena);
}

Test(document, overrides_that_fit_nowhere_are_refused)
{
    static const struct {
        struct override o;
        const char *expected;
    } rows[] = {
        {{"list[3]", "1"}, "--set:1:1: 'list[3]': there is no number 3, the list has 1"},
        {{"a[0]", "1"}, "there is no number 0"},
        {{"a.b.c", "1"}, "--set:1:5: 'a.b.c' cannot be set: 'c' lies below a value"},
        {{"assets.BTX.spot", "1"}, "--set:1:8: assets has no 'BTX': did you mean 'BTC'?"},
        {{"", "1"}, "is not the name of a setting"},
        {{"a..b", "1"}, "is not the name of a setting"},
        {{"a.", "1"}, "is not the name of a setting"},
        {{"list[x]", "1"}, "is not the name of a setting"},
        {{"list[0", "1"}, "is not the name of a setting"},
        {{"list[0]x", "1"}, "is not the name of a setting"},
        {{"list[99999999999999999999]", "1"}, "is not the name of a setting"},
        {{"a.b", "[1"}, "this is not YAML: flow sequence without a closing bracket"},
        {{"a.b", "*x"}, "--set:1:5: an alias"},
        {{"extends", "x.yaml"}, "cannot be set from outside"},
    };
    struct arena arena = {0};
    struct node *root = parsed("a: {b: 1}\nlist: [1]\nassets: {BTC: {spot: 1}}\n", &arena);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {""};
        cr_assert_not(override_apply(root, &rows[i].o, &arena, &err), "%s", rows[i].o.key);
        cr_assert_not_null(strstr(err.text, rows[i].expected), "%s: %s", rows[i].o.key,
                           err.text);
    }
    arena_free(&arena);
}

Test(document, times_in_utc)
{
    static const struct {
        const char *text;
        double seconds; /* -1: refused; from date -u +%s */
    } rows[] = {{"1970-01-01T00:00:00Z", 0.0},
                {"2026-01-18 09:14:30", 1768727670.0},
                {"2026-01-19 08:00", 1768809600.0},
                {"2024-02-29T23:59:59Z", 1709251199.0},
                {"2100-02-28T00:00:00Z", 4107456000.0},
                {"2026-01-18T09:14:30.125Z", 1768727670.125},
                {"2026-02-29 00:00", -1.0},
                {"2026-13-01 00:00", -1.0},
                {"2026-01-18", -1.0},
                {"2026-01-18T24:00:00Z", -1.0},
                {"2026-01-18T09:14:30+01:00", -1.0},
                {"2026-1-18 09:14", -1.0},
                {"2026-01-18T09:14:30.5e3Z", -1.0},
                {"", -1.0}};
    struct arena arena = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double seconds = -1.0, again = -1.0;
        const bool ok = utc_read(rows[i].text, &seconds);
        cr_assert_eq(ok, rows[i].seconds >= 0.0, "%s", rows[i].text);
        if (!ok)
            continue;
        cr_assert_eq(seconds, rows[i].seconds, "%s: %.17g", rows[i].text, seconds);
        cr_assert(utc_read(utc_text(seconds, &arena), &again) && again == seconds, "%s",
                  utc_text(seconds, &arena));
    }
    arena_free(&arena);
}
