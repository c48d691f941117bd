/*
 * Frames about files to bytes and back. Source: docs/protocol/file.md.
 */
#include "sync/file_msg.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "base/varint.h"

enum ask_field { ASK_ID = 1 };
enum have_field { HAVE_RUNS = 1 };
enum range_field { RANGE_FIRST = 1, RANGE_COUNT = 2 };
enum piece_field { PIECE_NUMBER = 1, PIECE_PATH = 2, PIECE_TAG = 3, PIECE_BYTES = 4 };

#define FIELDS_MAX 4 /* of one body; numbers begin at 1 */

int file_msg_length(struct span in, size_t max, size_t *len, size_t *used)
{
    uint64_t value = 0;
    int rc = varint_decode(in, &value, used);

    if (rc == WAVU_ERR_AGAIN && in.len >= FILE_MSG_LENGTH_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (rc < 0) {
        return rc;
    }
    if (value == 0) {
        return WAVU_ERR_PROTO; /* not even a kind */
    }
    if (value > max) {
        return WAVU_ERR_LIMIT;
    }
    *len = (size_t)value;
    return 0;
}

/* --- reading --- */

static bool take_number(const struct pb_field *f, uint32_t *out)
{
    *out = (uint32_t)f->value;
    return f->wire == PB_VARINT && f->value < FILE_SHAPE_PIECES_MAX + 1;
}

static bool take_bytes(const struct pb_field *f, struct span *out)
{
    *out = f->bytes;
    return f->wire == PB_BYTES;
}

static bool take_field(struct file_msg *m, const struct pb_field *f)
{
    switch (m->kind) {
    case FILE_MSG_ASK:
        return f->number != ASK_ID || take_bytes(f, &m->id);
    case FILE_MSG_HAVE:
        return f->number != HAVE_RUNS || take_bytes(f, &m->runs);
    case FILE_MSG_WANT:
    case FILE_MSG_CANCEL:
        if (f->number == RANGE_FIRST) {
            return take_number(f, &m->first);
        }
        return f->number != RANGE_COUNT || take_number(f, &m->count);
    case FILE_MSG_PIECE:
        switch (f->number) {
        case PIECE_NUMBER:
            return take_number(f, &m->first);
        case PIECE_PATH:
            return take_bytes(f, &m->path);
        case PIECE_TAG:
            return take_bytes(f, &m->tag);
        case PIECE_BYTES:
            return take_bytes(f, &m->sealed);
        default:
            return true;
        }
    }
    return false;
}

/* Is what was read a message of its kind? Fields that are not there are empty or 0. */
static bool is_whole(const struct file_msg *m)
{
    switch (m->kind) {
    case FILE_MSG_ASK:
        return m->id.len == FILE_SHAPE_ID_SIZE;
    case FILE_MSG_HAVE:
        return true;
    case FILE_MSG_WANT:
    case FILE_MSG_CANCEL:
        return m->count > 0 && m->first < FILE_SHAPE_PIECES_MAX &&
               m->count <= FILE_SHAPE_PIECES_MAX - m->first;
    case FILE_MSG_PIECE:
        return m->first < FILE_SHAPE_PIECES_MAX && m->tag.len == AEAD_TAG_SIZE &&
               m->path.len % HASH_SHA256_SIZE == 0 &&
               m->path.len <= (size_t)FILE_TREE_PATH_MAX * HASH_SHA256_SIZE &&
               m->sealed.len <= FILE_MSG_PIECE_BYTES_MAX;
    }
    return false;
}

int file_msg_decode(struct file_msg *m, struct span frame)
{
    uint32_t seen = 0;
    struct pb p;
    struct pb_field f;

    memset(m, 0, sizeof *m);
    if (frame.len == 0) {
        return WAVU_ERR_PROTO;
    }
    if (frame.ptr[0] < FILE_MSG_ASK || frame.ptr[0] > FILE_MSG_CANCEL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    m->kind = (enum file_msg_kind)frame.ptr[0];
    pb_init(&p, span_slice(frame, 1, frame.len));
    while (pb_next(&p, &f)) {
        const uint32_t bit = f.number <= FIELDS_MAX ? UINT32_C(1) << f.number : 0;

        if ((seen & bit) != 0 || !take_field(m, &f)) {
            return WAVU_ERR_PROTO;
        }
        seen |= bit;
    }
    return pb_finish(&p) == 0 && is_whole(m) ? 0 : WAVU_ERR_PROTO;
}

/* --- writing --- */

static void write_body(struct wr *w, const struct file_msg *m)
{
    switch (m->kind) {
    case FILE_MSG_ASK:
        pb_write_bytes(w, ASK_ID, m->id);
        return;
    case FILE_MSG_HAVE:
        pb_write_bytes(w, HAVE_RUNS, m->runs);
        return;
    case FILE_MSG_WANT:
    case FILE_MSG_CANCEL:
        pb_write_varint(w, RANGE_FIRST, m->first);
        pb_write_varint(w, RANGE_COUNT, m->count);
        return;
    case FILE_MSG_PIECE:
        pb_write_varint(w, PIECE_NUMBER, m->first);
        pb_write_bytes(w, PIECE_PATH, m->path);
        pb_write_bytes(w, PIECE_TAG, m->tag);
        pb_write_head(w, PIECE_BYTES, m->sealed.len);
        return;
    }
}

void file_msg_encode(struct wr *w, const struct file_msg *m)
{
    struct wr measure;

    CHECK(is_whole(m));
    wr_init(&measure, span_mut_of(NULL, 0));
    write_body(&measure, m);
    wr_varint(w, 1 + measure.len + m->sealed.len);
    wr_u8(w, (uint8_t)m->kind);
    write_body(w, m);
}
