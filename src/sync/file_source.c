/*
 * Plain files, read and sealed by jobs. Source: docs/protocol/file.md.
 */
#include "sync/file_source.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"

void file_source_init(struct file_source *s, struct port *port, const char *path, bool is_outside,
                      const struct port_files_stamp *stamp)
{
    *s = (struct file_source){.port = port, .is_outside = is_outside, .has_stamp = stamp != NULL};
    s->path = mem_copy_text(path);
    if (stamp != NULL) {
        s->stamp = *stamp;
    }
    file_tree_init(&s->tree);
    buf_init(&s->tags, (size_t)FILE_SHAPE_PIECES_MAX * AEAD_TAG_SIZE);
}

void file_source_set_key(struct file_source *s, const uint8_t secret[FILE_SHAPE_KEY_SIZE],
                         enum aead_kind aead)
{
    memcpy(s->secret, secret, sizeof s->secret);
    s->aead = aead;
}

void file_source_clear(struct file_source *s)
{
    file_source_close(s);
    file_tree_clear(&s->tree);
    buf_clear(&s->tags);
    file_shape_seal_clear(&s->seal);
    secret_wipe(s->secret, sizeof s->secret);
    mem_free(s->path);
    s->path = NULL;
}

void file_source_close(struct file_source *s)
{
    if (s->file != NULL) {
        s->port->files->close(s->file);
        s->file = NULL;
    }
}

/* 0: the open file is what the stamp says. */
static int look(const struct file_source *s)
{
    struct port_files_stamp now;
    int rc = s->port->files->stamp(s->file, &now);

    if (rc < 0) {
        return rc;
    }
    return now.size == s->stamp.size && now.changed_ns == s->stamp.changed_ns &&
                   now.node == s->stamp.node
               ? 0
               : WAVU_ERR_CORRUPT;
}

int file_source_open(struct file_source *s)
{
    const struct port_files *files = s->port->files;
    struct file_shape shape;

    if (s->file != NULL) {
        return 0;
    }
    int rc = s->is_outside ? files->open_outside(s->port, s->path, &s->file)
                           : files->open(s->port, s->path, PORT_FILES_THERE, &s->file);

    if (rc < 0) {
        s->file = NULL;
        return rc;
    }
    rc = s->has_stamp ? look(s) : files->stamp(s->file, &s->stamp);
    rc = rc < 0 ? rc : file_shape_of(&shape, s->stamp.size);
    if (rc < 0) {
        file_source_close(s);
        return rc;
    }
    s->has_stamp = true;
    file_shape_seal_init(&s->seal, &shape, s->secret, s->aead);
    return 0;
}

/* Read a piece and seal it, without asking whether it is the one that was sealed before. */
static int seal_anew(struct file_source *s, struct aead *aead, uint32_t number, struct span_mut out)
{
    size_t len = file_shape_piece(&s->seal.shape, number);
    size_t got = 0;

    CHECK(out.len == len + AEAD_TAG_SIZE);
    int rc = s->port->files->read_at(s->file, (uint64_t)number * s->seal.shape.piece,
                                     span_mut_slice(out, 0, len), &got);

    if (rc == 0 && got < len) {
        rc = WAVU_ERR_CORRUPT; /* it was cut */
    }
    if (rc == 0) {
        file_shape_seal(&s->seal, aead, number, span_mut_slice(out, 0, len), out.ptr + len);
    }
    return rc;
}

static struct span tag_of(struct span_mut sealed)
{
    return span_of(sealed.ptr + sealed.len - AEAD_TAG_SIZE, AEAD_TAG_SIZE);
}

static int hash_one(struct file_source *s, struct aead *aead, struct span_mut room)
{
    uint8_t leaf[HASH_SHA256_SIZE];
    struct span_mut out =
        span_mut_slice(room, 0, file_shape_piece(&s->seal.shape, s->hashed) + AEAD_TAG_SIZE);
    int rc = seal_anew(s, aead, s->hashed, out);

    if (rc == 0) {
        file_tree_leaf(leaf, span_of(out.ptr, out.len - AEAD_TAG_SIZE), tag_of(out));
        rc = file_tree_add(&s->tree, leaf);
        rc = rc < 0 ? rc : buf_append(&s->tags, tag_of(out));
        s->hashed++;
    }
    return rc;
}

int file_source_hash(struct file_source *s, struct aead *aead)
{
    const struct file_shape *shape = &s->seal.shape;
    struct span_mut room = {.len = shape->piece + AEAD_TAG_SIZE};
    int rc = 0;

    CHECK(s->file != NULL);
    room.ptr = mem_new_raw(room.len);
    for (uint64_t bytes = 0; rc == 0 && s->hashed < shape->count && bytes < FILE_SOURCE_SLICE;
         bytes += shape->piece) {
        rc = hash_one(s, aead, room);
    }
    mem_free(room.ptr);
    if (rc == 0 && s->hashed < shape->count) {
        return WAVU_ERR_AGAIN;
    }
    rc = rc < 0 ? rc : look(s);
    rc = rc < 0 ? rc : file_tree_finish(&s->tree);
    if (rc == 0) {
        file_shape_id(s->id, shape, file_tree_root(&s->tree), s->aead);
    }
    return rc;
}

int file_source_seal(struct file_source *s, struct aead *aead, uint32_t number, struct span_mut out)
{
    CHECK(s->file != NULL && s->hashed == s->seal.shape.count && number < s->hashed);
    int rc = look(s);

    rc = rc < 0 ? rc : seal_anew(s, aead, number, out);
    if (rc == 0 &&
        !span_is_equal(tag_of(out), span_slice(buf_span(&s->tags), (size_t)number * AEAD_TAG_SIZE,
                                               AEAD_TAG_SIZE))) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc < 0) {
        memset(out.ptr, 0, out.len);
    }
    return rc;
}
