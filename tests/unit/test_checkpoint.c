#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/checkpoint.h"

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

enum { N_PATH = 11, N_COLUMN = 3, UNIT = 4, N_UNIT = 3, FILE_HEAD = 88, RECORD_HEAD = 48 };
static const struct checkpoint_shape shape = {N_PATH, N_COLUMN, UNIT};

struct table {
    double value[N_COLUMN][N_PATH];
    double *column[N_COLUMN];
    uint8_t done[N_UNIT];
};

static void table_start(struct table *t, double scale)
{
    *t = (struct table){0};
    for (int k = 0; k < N_COLUMN; k++) {
        t->column[k] = t->value[k];
        for (int path = 0; path < N_PATH; path++)
            t->value[k][path] = scale * (2.385 + path * 10 + k);
    }
}

struct place {
    char folder[64], path[96];
};

static void place_start(struct place *p)
{
    strcpy(p->folder, "/tmp/tailrace-test-XXXXXX");
    cr_assert(mkdtemp(p->folder) != NULL);
    snprintf(p->path, sizeof p->path, "%s/a.ckpt", p->folder);
}

static void place_end(const struct place *p)
{
    unlink(p->path);
    rmdir(p->folder);
}

static off_t file_size(const char *path)
{
    struct stat status;

    cr_assert(stat(path, &status) == 0);
    return status.st_size;
}

/* Appends units 0, 1, 2 of cell 0, or the first `n` of them; returns the size before the
 * last. */
static off_t write_units(const struct place *p, uint32_t n)
{
    struct checkpoint c;
    struct error err;
    struct table t;
    off_t before = 0;

    table_start(&t, 1.0);
    cr_assert(checkpoint_create(&c, p->path, HASH, &err), "%s", err.text);
    for (uint32_t unit = 0; unit < n; unit++) {
        before = file_size(p->path);
        cr_assert(checkpoint_append(&c, 0, unit, &shape, t.column, &err), "%s", err.text);
    }
    checkpoint_close(&c);
    return before;
}

static void assert_units(struct checkpoint *c, uint32_t n)
{
    struct table read, wanted;
    struct error err;

    table_start(&wanted, 1.0);
    table_start(&read, 0.0);
    cr_assert(checkpoint_load(c, 0, &shape, read.column, read.done, &err), "%s", err.text);
    for (uint32_t unit = 0; unit < N_UNIT; unit++)
        cr_assert_eq(read.done[unit], unit < n, "unit %u of %u", unit, n);
    for (uint32_t path = 0; path < N_PATH; path++)
        for (int k = 0; k < N_COLUMN; k++)
            cr_assert_eq(read.value[k][path],
                         path / UNIT < n ? wanted.value[k][path] : 0.0);
}

static void flip_byte(const char *path, long offset)
{
    FILE *const file = fopen(path, "r+b");
    int byte;

    fseek(file, offset, SEEK_SET);
    byte = fgetc(file);
    fseek(file, offset, SEEK_SET);
    fputc(byte ^ 0x10, file);
    cr_assert(fclose(file) == 0);
}

Test(unit, checkpoint_gives_back_what_was_appended)
{
    struct checkpoint c;
    struct error err;
    struct place p;

    place_start(&p);
    write_units(&p, N_UNIT);
    cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
    cr_assert(!checkpoint_is_empty(&c));
    assert_units(&c, N_UNIT);
    cr_assert(checkpoint_remove(&c, &err), "%s", err.text);
    cr_assert(access(p.path, F_OK) != 0);
    place_end(&p);
}

/* Fresh, opened again and with a torn first record: no unit is finished. */
Test(unit, checkpoint_without_a_unit_is_empty)
{
    struct checkpoint c;
    struct error err;
    struct place p;
    struct table t;

    place_start(&p);
    write_units(&p, 1);
    cr_assert_eq(truncate(p.path, FILE_HEAD + RECORD_HEAD + 8), 0);
    cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
    cr_assert_gt(c.dropped_bytes, 0);
    cr_assert(checkpoint_is_empty(&c));
    cr_assert(checkpoint_remove(&c, &err), "%s", err.text);
    cr_assert(checkpoint_create(&c, p.path, HASH, &err), "%s", err.text);
    cr_assert(checkpoint_is_empty(&c));
    checkpoint_close(&c);
    char other[] = HASH;
    other[63] ^= 1;
    for (int again = 0; again < 2; again++) { /* other inputs take it over, for good */
        cr_assert(checkpoint_open(&c, p.path, other, &err), "%s", err.text);
        cr_assert(checkpoint_is_empty(&c));
        checkpoint_close(&c);
    }
    table_start(&t, 1.0);
    cr_assert(checkpoint_open(&c, p.path, other, &err), "%s", err.text);
    cr_assert(checkpoint_append(&c, 0, 0, &shape, t.column, &err), "%s", err.text);
    checkpoint_close(&c);
    cr_assert(!checkpoint_open(&c, p.path, HASH, &err));
    cr_assert(checkpoint_open(&c, p.path, other, &err), "%s", err.text);
    cr_assert(checkpoint_remove(&c, &err), "%s", err.text);
    place_end(&p);
}

Test(unit, checkpoint_keeps_cells_apart)
{
    const struct checkpoint_shape small = {2, 1, 4};
    double value[2] = {-0.5, 7.25}, back[2] = {0.0, 0.0}, *column[1] = {value},
           *to[1] = {back};
    uint8_t done = 0;
    struct checkpoint c;
    struct error err;
    struct place p;

    place_start(&p);
    write_units(&p, 1);
    cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
    cr_assert(checkpoint_append(&c, 1, 0, &small, column, &err), "%s", err.text);
    checkpoint_close(&c);
    cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
    assert_units(&c, 1);
    cr_assert(checkpoint_load(&c, 1, &small, to, &done, &err), "%s", err.text);
    cr_assert(done == 1 && back[0] == -0.5 && back[1] == 7.25);
    cr_assert(!checkpoint_load(&c, 0, &small, to, &done, &err), "another shape");
    cr_assert(strstr(err.text, "11 paths") != NULL, "%s", err.text);
    checkpoint_close(&c);
    place_end(&p);
}

/* The file ends at every byte of the last record: the units before it stand, and the next
 * record goes where the torn one was. */
Test(unit, checkpoint_drops_a_torn_last_record)
{
    struct checkpoint c;
    struct error err;
    struct place p;
    struct table t;

    place_start(&p);
    table_start(&t, 1.0);
    const off_t before = write_units(&p, N_UNIT), whole = file_size(p.path);
    for (off_t size = before; size < whole; size++) {
        unlink(p.path);
        write_units(&p, N_UNIT);
        cr_assert(truncate(p.path, size) == 0);
        cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
        cr_assert_eq(c.dropped_bytes, (uint64_t)(size - before));
        assert_units(&c, N_UNIT - 1);
        cr_assert(checkpoint_append(&c, 0, N_UNIT - 1, &shape, t.column, &err));
        checkpoint_close(&c);
        cr_assert_eq(file_size(p.path), whole);
        cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
        assert_units(&c, N_UNIT);
        checkpoint_close(&c);
    }
    place_end(&p);
}

Test(unit, checkpoint_drops_a_damaged_last_record)
{
    struct checkpoint c;
    struct error err;
    struct place p;

    place_start(&p);
    const off_t before = write_units(&p, N_UNIT), whole = file_size(p.path);
    for (off_t at = before; at < whole; at++) {
        unlink(p.path);
        write_units(&p, N_UNIT);
        flip_byte(p.path, at);
        cr_assert(checkpoint_open(&c, p.path, HASH, &err), "byte %ld: %s", at, err.text);
        assert_units(&c, N_UNIT - 1);
        checkpoint_close(&c);
    }
    place_end(&p);
}

Test(unit, checkpoint_refuses_damage_in_the_middle)
{
    struct checkpoint c;
    struct error err;
    struct place p;

    place_start(&p);
    const off_t last = write_units(&p, N_UNIT);
    for (off_t at = FILE_HEAD; at < last; at++) {
        flip_byte(p.path, at);
        cr_assert(!checkpoint_open(&c, p.path, HASH, &err), "byte %ld", at);
        cr_assert(strstr(err.text, "damaged at byte") != NULL, "%s", err.text);
        flip_byte(p.path, at);
    }
    cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
    checkpoint_close(&c);
    place_end(&p);
}

Test(unit, checkpoint_refuses_other_inputs_versions_and_files)
{
    char other[] = HASH;
    struct checkpoint c;
    struct error err;
    struct place p;

    place_start(&p);
    write_units(&p, 1);
    other[63] = '9';
    cr_assert(!checkpoint_open(&c, p.path, other, &err));
    cr_assert(strstr(err.text, "other inputs") != NULL, "%s", err.text);
    flip_byte(p.path, 8);
    cr_assert(!checkpoint_open(&c, p.path, HASH, &err));
    cr_assert(strstr(err.text, "checkpoint format 17") != NULL, "%s", err.text);
    flip_byte(p.path, 8);
    flip_byte(p.path, 20);
    cr_assert(!checkpoint_open(&c, p.path, HASH, &err));
    cr_assert(strstr(err.text, "header is damaged") != NULL, "%s", err.text);
    flip_byte(p.path, 0);
    cr_assert(!checkpoint_open(&c, p.path, HASH, &err));
    cr_assert(strstr(err.text, "not a checkpoint") != NULL, "%s", err.text);
    cr_assert(!checkpoint_create(&c, p.path, HASH, &err), "never writes over a file");
    cr_assert(strstr(err.text, "--resume") != NULL, "%s", err.text);
    unlink(p.path);
    cr_assert(!checkpoint_open(&c, p.path, HASH, &err));
    cr_assert(strstr(err.text, "No such file") != NULL, "%s", err.text);
    place_end(&p);
}

Test(unit, checkpoint_is_for_one_run_at_a_time)
{
    struct checkpoint a, b;
    struct error err;
    struct place p;

    place_start(&p);
    cr_assert(checkpoint_create(&a, p.path, HASH, &err));
    cr_assert(!checkpoint_open(&b, p.path, HASH, &err));
    cr_assert(strstr(err.text, "in use") != NULL, "%s", err.text);
    checkpoint_close(&a);
    cr_assert(checkpoint_open(&b, p.path, HASH, &err), "%s", err.text);
    checkpoint_close(&b);
    place_end(&p);
}

/* A file system that is full in the middle of a record. */
Test(unit, checkpoint_ends_with_the_record_before_when_writing_fails)
{
    struct checkpoint c;
    struct error err;
    struct place p;
    struct table t;
    struct rlimit limit;

    place_start(&p);
    table_start(&t, 1.0);
    write_units(&p, 1);
    const off_t before = file_size(p.path);
    cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    const struct rlimit tight = {(rlim_t)before + RECORD_HEAD + 40, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    const bool ok = checkpoint_append(&c, 0, 1, &shape, t.column, &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    cr_assert(!ok);
    cr_assert(strstr(err.text, "cannot write the checkpoint") != NULL, "%s", err.text);
    cr_assert_eq(file_size(p.path), before);
    cr_assert(checkpoint_append(&c, 0, 1, &shape, t.column, &err), "%s", err.text);
    checkpoint_close(&c);
    cr_assert(checkpoint_open(&c, p.path, HASH, &err), "%s", err.text);
    assert_units(&c, 2);
    checkpoint_close(&c);
    place_end(&p);
}
