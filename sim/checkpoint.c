#include "sim/checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Layout, byte order of the machine, every part a multiple of 8 bytes:
 *     file header, then records; a record is its head, then doubles [n_column][rows].
 * Head and data have a checksum each, so that a torn record is told from a damaged one: it
 * is torn if nothing that is whole follows it. */

enum { FORMAT_VERSION = 1 };
static const char FILE_MAGIC[8] = {'T', 'R', 'C', 'K', 'P', 'T', '\r', '\n'};
static const uint64_t RECORD_MAGIC = UINT64_C(0x54494e5552544b43);
static const uint64_t MAX_ROWS = UINT64_C(1) << 24, MAX_COLUMNS = UINT64_C(1) << 24;

struct file_head {
    char magic[8];
    uint64_t version;
    char sha256[64];
    uint64_t checksum;
};

struct record_head {
    uint64_t magic;
    uint32_t cell, unit;
    uint64_t n_path;
    uint32_t n_column, unit_paths;
    uint64_t data_checksum;
    uint64_t checksum; /* of what stands before it */
};

/* 64 bits over whole words: multiply and fold, so that each bit reaches all others. */
static uint64_t checksum(const void *data, size_t size, uint64_t hash)
{
    const unsigned char *const bytes = data;

    assert(size % sizeof hash == 0);
    for (size_t i = 0; i < size; i += sizeof hash) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash;
}

static uint64_t unit_rows(const struct checkpoint_shape *shape, uint32_t unit)
{
    const uint64_t first = (uint64_t)unit * shape->unit_paths;

    if (first >= shape->n_path)
        return 0;
    return shape->n_path - first < shape->unit_paths ? shape->n_path - first
                                                     : shape->unit_paths;
}

static uint64_t data_size(const struct checkpoint_shape *shape, uint32_t unit)
{
    return unit_rows(shape, unit) * shape->n_column * sizeof(double);
}

static struct checkpoint_shape head_shape(const struct record_head *head)
{
    return (struct checkpoint_shape){head->n_path, head->n_column, head->unit_paths};
}

static bool head_is_whole(const struct record_head *head)
{
    const struct checkpoint_shape shape = head_shape(head);

    return head->magic == RECORD_MAGIC &&
           head->checksum == checksum(head, offsetof(struct record_head, checksum), 0) &&
           shape.n_column <= MAX_COLUMNS && shape.unit_paths <= MAX_ROWS &&
           unit_rows(&shape, head->unit) > 0;
}

static bool read_at(const struct checkpoint *c, uint64_t offset, void *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t n =
            pread(c->descriptor, (char *)data + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool write_end(struct checkpoint *c, const void *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t n = pwrite(c->descriptor, (const char *)data + done, size - done,
                                 (off_t)(c->end + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = ENOSPC;
            return false;
        }
        done += (size_t)n;
    }
    c->end += size;
    return true;
}

static bool open_file(struct checkpoint *c, const char *path, int flags, struct error *err)
{
    *c = (struct checkpoint){.descriptor = -1};
    c->path = arena_text(&c->arena, path);
    c->descriptor = open(path, flags | O_RDWR | O_CLOEXEC, 0666);
    if (c->descriptor < 0 && errno == EEXIST)
        fail(
            err,
            "%s exists: an earlier run was interrupted; resume it with --resume, or remove "
            "the file to begin again",
            path);
    else if (c->descriptor < 0)
        fail(err, "%s: cannot open the checkpoint: %s", path, strerror(errno));
    else if (flock(c->descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        fail(err, "%s is in use by another run; wait for it, or choose another output",
             path);
    else
        return true;
    checkpoint_close(c);
    return false;
}

static struct file_head file_head(const char *sha256)
{
    struct file_head head = {.version = FORMAT_VERSION};

    assert(strlen(sha256) == sizeof head.sha256);
    memcpy(head.magic, FILE_MAGIC, sizeof head.magic);
    memcpy(head.sha256, sha256, sizeof head.sha256);
    head.checksum = checksum(&head, offsetof(struct file_head, checksum), 0);
    return head;
}

bool checkpoint_create(struct checkpoint *c, const char *path, const char *sha256,
                       struct error *err)
{
    const struct file_head head = file_head(sha256);

    if (!open_file(c, path, O_CREAT | O_EXCL, err))
        return false;
    if (!write_end(c, &head, sizeof head)) {
        struct error other;
        fail(err, "%s: cannot write the checkpoint: %s", path, strerror(errno));
        checkpoint_remove(c, &other);
        return false;
    }
    return true;
}

/* Inputs may have changed where nothing is finished: the file begins anew. */
static bool begin_anew(struct checkpoint *c, const struct file_head *head,
                       struct error *err)
{
    return write_end(c, head, sizeof *head) ||
           fail(err, "%s: cannot write the checkpoint: %s", c->path, strerror(errno));
}

static bool check_file_head(struct checkpoint *c, const char *sha256, struct error *err)
{
    const struct file_head wanted = file_head(sha256);
    struct file_head head;
    struct stat status;

    if (!read_at(c, 0, &head, sizeof head) ||
        memcmp(head.magic, FILE_MAGIC, sizeof head.magic) != 0)
        return fail(err, "%s is not a checkpoint of this program; remove it to begin again",
                    c->path);
    if (head.version != wanted.version)
        return fail(
            err,
            "%s has checkpoint format %llu and this program reads %d; finish it with the "
            "version that began it, or remove it to begin again",
            c->path, (unsigned long long)head.version, FORMAT_VERSION);
    if (head.checksum != checksum(&head, offsetof(struct file_head, checksum), 0))
        return fail(err, "%s: the header is damaged; remove the file to begin again",
                    c->path);
    if (memcmp(head.sha256, wanted.sha256, sizeof head.sha256) != 0 &&
        fstat(c->descriptor, &status) == 0 && status.st_size == sizeof head)
        return begin_anew(c, &wanted, err);
    if (memcmp(head.sha256, wanted.sha256, sizeof head.sha256) != 0)
        return fail(
            err,
            "%s was written with other inputs (SHA-256 %.16s..., now %.16s...); restore "
            "them to resume, or remove the file to begin again",
            c->path, head.sha256, wanted.sha256);
    c->end = sizeof head;
    return true;
}

static void note_unit(struct checkpoint *c, const struct record_head *head)
{
    if (c->n_unit == c->capacity) {
        const size_t capacity = c->capacity ? 2 * c->capacity : 256;
        struct checkpoint_unit *const more = arena_get(&c->arena, capacity, sizeof *more);
        if (c->n_unit > 0)
            memcpy(more, c->unit, c->n_unit * sizeof *more);
        c->unit = more;
        c->capacity = capacity;
    }
    c->unit[c->n_unit++] = (struct checkpoint_unit){c->end, head->cell, head->unit};
}

/* Size of the whole record at `offset`, 0 if there is none. */
static uint64_t whole_record(const struct checkpoint *c, uint64_t offset, uint64_t size,
                             struct record_head *head)
{
    enum { PIECE = 1 << 16 };
    struct checkpoint_shape shape;
    uint64_t hash = 0, left, at = offset + sizeof *head;
    double piece[PIECE / sizeof(double)];

    if (size - offset < sizeof *head || !read_at(c, offset, head, sizeof *head) ||
        !head_is_whole(head))
        return 0;
    shape = head_shape(head);
    left = data_size(&shape, head->unit);
    if (left > size - at)
        return 0;
    for (uint64_t n; left > 0; left -= n, at += n) {
        n = left < PIECE ? left : PIECE;
        if (!read_at(c, at, piece, n))
            return 0;
        hash = checksum(piece, n, hash);
    }
    return hash == head->data_checksum ? at - offset : 0;
}

/* Whether a whole record begins anywhere behind `offset`; records begin at multiples of 8.
 */
static bool record_follows(const struct checkpoint *c, uint64_t offset, uint64_t size)
{
    enum { PIECE = 1 << 16 };
    uint64_t word[PIECE / sizeof(uint64_t)];
    struct record_head head;

    for (uint64_t at = offset + sizeof word[0]; at + sizeof head <= size;) {
        const uint64_t n =
            size - at < PIECE ? (size - at) / sizeof word[0] * sizeof word[0] : PIECE;
        if (!read_at(c, at, word, n))
            return false;
        for (uint64_t i = 0; i < n / sizeof word[0]; i++)
            if (word[i] == RECORD_MAGIC &&
                whole_record(c, at + i * sizeof word[0], size, &head))
                return true;
        at += n;
    }
    return false;
}

static bool scan(struct checkpoint *c, struct error *err)
{
    struct stat status;
    struct record_head head;

    if (fstat(c->descriptor, &status) != 0)
        return fail(err, "%s: cannot read the checkpoint: %s", c->path, strerror(errno));

    const uint64_t size = (uint64_t)status.st_size;
    while (c->end < size) {
        const uint64_t record = whole_record(c, c->end, size, &head);
        if (record == 0)
            break;
        note_unit(c, &head);
        c->end += record;
    }
    if (c->end == size)
        return true;
    if (record_follows(c, c->end, size))
        return fail(
            err,
            "%s is damaged at byte %llu, with whole records behind it; remove the file to "
            "begin again",
            c->path, (unsigned long long)c->end);
    c->dropped_bytes = size - c->end;
    if (ftruncate(c->descriptor, (off_t)c->end) != 0)
        return fail(err, "%s: cannot cut off the torn last record: %s", c->path,
                    strerror(errno));
    return true;
}

bool checkpoint_open(struct checkpoint *c, const char *path, const char *sha256,
                     struct error *err)
{
    if (!open_file(c, path, 0, err))
        return false;
    if (check_file_head(c, sha256, err) && scan(c, err))
        return true;
    checkpoint_close(c);
    return false;
}

bool checkpoint_load(struct checkpoint *c, uint32_t cell,
                     const struct checkpoint_shape *shape, double *const *column,
                     uint8_t *done, struct error *err)
{
    for (size_t i = 0; i < c->n_unit; i++) {
        struct record_head head;
        uint64_t at = c->unit[i].offset + sizeof head;
        const uint32_t unit = c->unit[i].unit;
        const size_t bytes = unit_rows(shape, unit) * sizeof(double);

        if (c->unit[i].cell != cell)
            continue;
        if (!read_at(c, c->unit[i].offset, &head, sizeof head))
            return fail(err, "%s: cannot read the checkpoint: %s", c->path,
                        strerror(errno));
        if (head.n_path != shape->n_path || head.n_column != shape->n_column ||
            head.unit_paths != shape->unit_paths)
            return fail(
                err,
                "%s: cell %u has %llu paths, %u columns, units of %u, and this program "
                "makes %llu, %u and %u; remove the file to begin again",
                c->path, cell, (unsigned long long)head.n_path, head.n_column,
                head.unit_paths, (unsigned long long)shape->n_path, shape->n_column,
                shape->unit_paths);
        for (uint32_t k = 0; k < shape->n_column; k++, at += bytes)
            if (!read_at(c, at, column[k] + (uint64_t)unit * shape->unit_paths, bytes))
                return fail(err, "%s: cannot read the checkpoint: %s", c->path,
                            strerror(errno));
        done[unit] = 1;
    }
    return true;
}

bool checkpoint_append(struct checkpoint *c, uint32_t cell, uint32_t unit,
                       const struct checkpoint_shape *shape, double *const *column,
                       struct error *err)
{
    struct record_head head = {.magic = RECORD_MAGIC,
                               .cell = cell,
                               .unit = unit,
                               .n_path = shape->n_path,
                               .n_column = shape->n_column,
                               .unit_paths = shape->unit_paths};
    const uint64_t start = c->end, first = (uint64_t)unit * shape->unit_paths;
    const size_t bytes = unit_rows(shape, unit) * sizeof(double);
    bool ok;

    assert(bytes > 0);
    for (uint32_t k = 0; k < shape->n_column; k++)
        head.data_checksum = checksum(column[k] + first, bytes, head.data_checksum);
    head.checksum = checksum(&head, offsetof(struct record_head, checksum), 0);
    ok = write_end(c, &head, sizeof head);
    for (uint32_t k = 0; ok && k < shape->n_column; k++)
        ok = write_end(c, column[k] + first, bytes);
    if (ok)
        return true;
    fail(err, "%s: cannot write the checkpoint: %s; make room and go on with --resume",
         c->path, strerror(errno));
    c->end = start;
    if (ftruncate(c->descriptor, (off_t)start) != 0)
        return false; /* the torn record is dropped when the run is resumed */
    return false;
}

bool checkpoint_is_empty(const struct checkpoint *c)
{
    return c->end <= sizeof(struct file_head);
}

void checkpoint_close(struct checkpoint *c)
{
    if (c->path && c->descriptor >= 0)
        close(c->descriptor);
    arena_free(&c->arena);
    *c = (struct checkpoint){.descriptor = -1};
}

bool checkpoint_remove(struct checkpoint *c, struct error *err)
{
    const bool removed = unlink(c->path) == 0;

    if (!removed)
        fail(err, "%s: cannot remove the checkpoint: %s", c->path, strerror(errno));
    checkpoint_close(c);
    return removed;
}
