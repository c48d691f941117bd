/*
 * Parts and their maps. Source: docs/protocol/file.md.
 */
#include "sync/file_part.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"

#define MAP_MARK "wavumap1"
#define MAP_MARK_SIZE 8
#define NAME_BYTES 16 /* of the id in a part's name: nobody has two alike */

/* "downloads/.wavu-<half of the id>.part": hidden, and no name that file_name_make makes. */
static void write_path(char path[FILE_PART_PATH_MAX], const uint8_t *id, const char *ending)
{
    struct wr w;

    wr_init(&w, span_mut_of(path, FILE_PART_PATH_MAX));
    wr_text(&w, FILE_PART_FOLDER "/.wavu-");
    wr_hex(&w, span_of(id, NAME_BYTES));
    wr_text(&w, ending);
    CHECK(wr_finish_text(&w) == 0);
}

void file_part_init(struct file_part *p, struct port *port, const struct file_get_form *form,
                    const uint8_t *secret)
{
    *p = (struct file_part){.port = port, .form = *form};
    file_shape_seal_init(&p->seal, &form->shape, secret, form->aead);
    write_path(p->path, form->id, ".part");
    write_path(p->map_path, form->id, ".map");
}

static void close_file(struct file_part *p, struct port_file **file)
{
    if (*file != NULL) {
        p->port->files->close(*file);
        *file = NULL;
    }
}

static void close_all(struct file_part *p)
{
    for (size_t i = 0; i < FILE_PART_WRITERS_MAX; i++) {
        close_file(p, &p->writing[i]);
    }
    close_file(p, &p->syncing);
    close_file(p, &p->map);
}

void file_part_clear(struct file_part *p)
{
    close_all(p);
    file_shape_seal_clear(&p->seal);
}

/* --- the map --- */

static size_t bits_size(const struct file_part *p)
{
    return ((size_t)p->form.shape.count + 7) / 8;
}

static void write_map(const struct file_part *p, struct wr *w, const struct file_map *have)
{
    uint8_t hash[HASH_SHA256_SIZE];

    wr_text(w, MAP_MARK);
    wr_u64be(w, p->saves);
    wr_bytes(w, span_of(p->form.id, sizeof p->form.id));
    wr_u64be(w, p->form.shape.size);
    wr_bytes(w, span_of(have->bits, bits_size(p)));
    hash_sha256(hash, wr_span(w));
    wr_bytes(w, span_of(hash, sizeof hash));
    CHECK(wr_finish(w) == 0);
}

/* Take a saved map when it is whole and this file's. Returns its count of saves, or 0. */
static uint64_t read_map(const struct file_part *p, struct span bytes, struct file_map *have)
{
    uint8_t hash[HASH_SHA256_SIZE];
    struct rd r;

    rd_init(&r, bytes);
    struct span mark = rd_bytes(&r, MAP_MARK_SIZE);
    uint64_t saves = rd_u64be(&r);
    struct span id = rd_bytes(&r, FILE_SHAPE_ID_SIZE);
    uint64_t size = rd_u64be(&r);
    struct span bits = rd_bytes(&r, bits_size(p));
    size_t hashed = r.at;
    struct span sum = rd_bytes(&r, sizeof hash);

    if (r.failed) {
        return 0;
    }
    hash_sha256(hash, span_slice(bytes, 0, hashed));
    if (!span_is_equal(sum, span_of(hash, sizeof hash)) ||
        !span_is_equal(mark, span_from_text(MAP_MARK)) ||
        !span_is_equal(id, span_of(p->form.id, sizeof p->form.id)) || size != p->form.shape.size) {
        return 0;
    }
    file_map_init(have, p->form.shape.count);
    for (uint32_t i = 0; i < have->count; i++) {
        if ((bits.ptr[i / 8] >> (i % 8) & 1) != 0) {
            (void)file_map_add(have, i);
        }
    }
    return saves;
}

/* The newer of the two maps that is whole. */
static int load_map(struct file_part *p, struct file_map *have)
{
    struct file_map *found = mem_new(sizeof *found);
    uint8_t *room = mem_new(FILE_PART_MAP_MAX);
    int rc = 0;

    file_map_init(have, p->form.shape.count);
    p->saves = 0;
    for (uint64_t slot = 0; rc == 0 && slot < 2; slot++) {
        size_t got = 0;

        rc = p->port->files->read_at(p->map, slot * FILE_PART_SLOT,
                                     span_mut_of(room, FILE_PART_MAP_MAX), &got);
        uint64_t saves = rc < 0 ? 0 : read_map(p, span_of(room, got), found);

        if (saves > p->saves) {
            p->saves = saves;
            *have = *found;
        }
    }
    mem_free(found);
    mem_free(room);
    return rc;
}

/* --- jobs --- */

int file_part_open(struct file_part *p, struct file_map *have)
{
    const struct port_files *files = p->port->files;
    uint64_t size = 0;

    close_all(p);
    int rc = files->make_folder(p->port, FILE_PART_FOLDER);

    rc = rc < 0 ? rc : files->open(p->port, p->map_path, PORT_FILES_MAKE, &p->map);
    rc = rc < 0 ? rc : files->lock(p->map); /* another network's may be at the same file */
    rc = rc < 0 ? rc : files->open(p->port, p->path, PORT_FILES_MAKE, &p->writing[0]);
    for (size_t i = 1; rc == 0 && i < FILE_PART_WRITERS_MAX; i++) {
        rc = files->open(p->port, p->path, PORT_FILES_THERE, &p->writing[i]);
    }
    rc = rc < 0 ? rc : files->open(p->port, p->path, PORT_FILES_THERE, &p->syncing);
    rc = rc < 0 ? rc : files->sync(p->writing[0]); /* its name, which no other handle made */
    rc = rc < 0 ? rc : load_map(p, have);
    rc = rc < 0 ? rc : files->size(p->writing[0], &size);
    /* A part that somebody took away or cut: what the map says is not there. */
    if (rc == 0 && have->have > 0 && size == 0 && p->form.shape.size > 0) {
        file_map_init(have, p->form.shape.count);
    }
    return rc;
}

int file_part_write(struct file_part *p, size_t writer, struct aead *aead,
                    const struct file_get_came *came, struct span_mut bytes)
{
    uint8_t tag[AEAD_TAG_SIZE];

    CHECK(came->bytes.ptr == bytes.ptr && came->bytes.len == bytes.len);
    memcpy(tag, came->tag, sizeof tag);
    if (!file_get_is_of(&p->form, came) ||
        file_shape_open(&p->seal, aead, came->number, bytes, tag) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    return p->port->files->write_at(
        p->writing[writer], (uint64_t)came->number * p->form.shape.piece, span_from_mut(bytes));
}

int file_part_save(struct file_part *p, const struct file_map *have)
{
    const struct port_files *files = p->port->files;
    uint8_t *room = mem_new(FILE_PART_MAP_MAX);
    struct wr w;
    int rc = files->sync(p->syncing);

    p->saves++;
    wr_init(&w, span_mut_of(room, FILE_PART_MAP_MAX));
    write_map(p, &w, have);
    rc = rc < 0 ? rc : files->write_at(p->map, p->saves % 2 * FILE_PART_SLOT, wr_span(&w));
    rc = rc < 0 ? rc : files->sync(p->map);
    mem_free(room);
    return rc;
}

int file_part_free_name(struct file_part *p, struct span name, char path[FILE_PART_PATH_MAX])
{
    for (uint32_t number = 1; number <= FILE_NAME_NUMBER_MAX; number++) {
        char stored[FILE_NAME_SIZE_MAX + 1];
        struct wr w;

        file_name_make(stored, name, number);
        wr_init(&w, span_mut_of(path, FILE_PART_PATH_MAX));
        wr_text(&w, FILE_PART_FOLDER "/");
        wr_text(&w, stored);
        CHECK(wr_finish_text(&w) == 0);
        int rc = p->port->files->exists(p->port, path);

        if (rc < 0) {
            return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
        }
    }
    return WAVU_ERR_LIMIT;
}

int file_part_finish(struct file_part *p, const char *path)
{
    int rc = p->port->files->sync(p->writing[0]);

    return rc < 0 ? rc : p->port->files->move(p->port, p->path, path);
}

int file_part_remove(struct file_part *p)
{
    close_all(p);
    int rc = p->port->files->remove(p->port, p->path, true);

    rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    if (rc == 0) {
        rc = p->port->files->remove(p->port, p->map_path, true);
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}
