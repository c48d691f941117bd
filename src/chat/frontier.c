/*
 * Codec of a frontier. Source: docs/protocol/room.md, room.proto.
 */
#include "chat/frontier.h"

#include <string.h>

#include "base/mem.h"

#define FRONTIER_LABEL "wavu room frontier 1"
#define FRONTIER_FORMAT 1

enum signed_field { SIGNED_BODY = 1, SIGNED_SIGNATURE = 2 };

enum field {
    FIELD_FORMAT = 1,
    FIELD_ROOM = 2,
    FIELD_DEVICE = 3,
    FIELD_NUMBER = 4,
    FIELD_SAID = 5,
    FIELD_READ_HEIGHT = 6,
    FIELD_READ_ID = 7,
};

#define FIELDS_NEEDED (1u << FIELD_ROOM | 1u << FIELD_DEVICE | 1u << FIELD_NUMBER)
#define FIELDS_READ (1u << FIELD_READ_HEIGHT | 1u << FIELD_READ_ID)

/* What the signature is over: the network, so that a frontier counts in no other one, and the body
 * as it stands. */
static void digest_of(uint8_t digest[HASH_SHA256_SIZE], const uint8_t network[32], struct span body)
{
    const struct span pieces[] = {span_of(network, 32), body};

    hash_sha256_pieces(digest, pieces, 2);
}

static bool take_id(const struct pb_field *f, uint8_t out[32])
{
    if (f->bytes.len != 32) {
        return false;
    }
    memcpy(out, f->bytes.ptr, 32);
    return true;
}

static bool take_field(struct frontier *out, const struct pb_field *f, uint64_t *format)
{
    const bool is_number =
        f->number == FIELD_FORMAT || f->number == FIELD_NUMBER || f->number == FIELD_READ_HEIGHT;

    if (f->wire != (is_number ? PB_VARINT : PB_BYTES)) {
        return false;
    }
    switch (f->number) {
    case FIELD_FORMAT:
        *format = f->value;
        return true;
    case FIELD_ROOM:
        return take_id(f, out->room);
    case FIELD_DEVICE:
        return take_id(f, out->device);
    case FIELD_NUMBER:
        out->number = f->value;
        return f->value <= FRONTIER_NUMBER_MAX;
    case FIELD_SAID:
        out->rows = f->bytes;
        out->count = f->bytes.len / FRONTIER_ROW_SIZE;
        return f->bytes.len % FRONTIER_ROW_SIZE == 0;
    case FIELD_READ_HEIGHT:
        out->read_height = f->value;
        return true;
    default: /* FIELD_READ_ID */
        return take_id(f, out->read_id);
    }
}

/* Rows ascend by device, so each stands once; sequences are from 1. */
static bool has_good_rows(const struct frontier *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct frontier_said said = frontier_at(f, i);
        const uint8_t *row = f->rows.ptr + i * FRONTIER_ROW_SIZE;

        if (said.sequence == 0 || said.sequence > ENTRY_NUMBER_MAX ||
            (i > 0 && span_compare(span_of(row - FRONTIER_ROW_SIZE, 32), span_of(row, 32)) >= 0)) {
            return false;
        }
    }
    return true;
}

static int read_body(struct frontier *out, struct span body)
{
    struct pb p;
    struct pb_field f;
    uint64_t format = 0;
    unsigned seen = 0;
    bool is_bad = false;

    *out = (struct frontier){0};
    pb_init(&p, body);
    while (pb_next(&p, &f)) {
        if (f.number > FIELD_READ_ID) {
            continue;
        }
        is_bad |= (seen & 1u << f.number) != 0 || !take_field(out, &f, &format);
        seen |= 1u << f.number;
    }
    if (pb_finish(&p) != 0 || format == 0) {
        return WAVU_ERR_PROTO;
    }
    if (format != FRONTIER_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (is_bad || (seen & FIELDS_NEEDED) != FIELDS_NEEDED ||
        ((seen & FIELDS_READ) != 0 && (seen & FIELDS_READ) != FIELDS_READ)) {
        return WAVU_ERR_PROTO;
    }
    out->has_read = (seen & FIELDS_READ) != 0;
    if (out->count > FRONTIER_SAID_MAX) {
        return WAVU_ERR_LIMIT;
    }
    return has_good_rows(out) ? 0 : WAVU_ERR_PROTO;
}

/* Body and signature into `parts`, by their numbers, the body into `out`. */
static int read_signed(struct frontier *out, struct span bytes,
                       struct span parts[SIGNED_SIGNATURE + 1])
{
    struct pb p;
    struct pb_field f;

    if (bytes.len > FRONTIER_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number > SIGNED_SIGNATURE) {
            continue;
        }
        if (f.wire != PB_BYTES || parts[f.number].ptr != NULL) {
            return WAVU_ERR_PROTO;
        }
        parts[f.number] = f.bytes;
    }
    if (pb_finish(&p) != 0 || parts[SIGNED_BODY].ptr == NULL ||
        parts[SIGNED_SIGNATURE].len != SIGNER_SIZE) {
        return WAVU_ERR_PROTO;
    }
    return read_body(out, parts[SIGNED_BODY]);
}

int frontier_read(struct frontier *f, struct span bytes)
{
    struct span parts[SIGNED_SIGNATURE + 1] = {{0}};

    return read_signed(f, bytes, parts);
}

int frontier_open(struct frontier *out, struct span bytes, const uint8_t network[32],
                  const struct signer *signer)
{
    struct span parts[SIGNED_SIGNATURE + 1] = {{0}};
    uint8_t digest[HASH_SHA256_SIZE];
    int rc = read_signed(out, bytes, parts);

    if (rc < 0) {
        return rc;
    }
    digest_of(digest, network, parts[SIGNED_BODY]);
    return signer->verify(signer->context, parts[SIGNED_SIGNATURE].ptr, out->device, FRONTIER_LABEL,
                          span_of(digest, sizeof digest));
}

struct frontier_said frontier_at(const struct frontier *f, size_t i)
{
    struct frontier_said said;
    struct rd r;

    rd_init(&r, span_slice(f->rows, i * FRONTIER_ROW_SIZE, FRONTIER_ROW_SIZE));
    rd_copy(&r, said.device, sizeof said.device);
    said.sequence = rd_u64be(&r);
    rd_copy(&r, said.id, sizeof said.id);
    return said;
}

void frontier_write_row(struct wr *w, const struct frontier_said *said)
{
    wr_bytes(w, span_of(said->device, sizeof said->device));
    wr_u64be(w, said->sequence);
    wr_bytes(w, span_of(said->id, sizeof said->id));
}

static void write_body(struct wr *w, const struct frontier *f)
{
    pb_write_varint(w, FIELD_FORMAT, FRONTIER_FORMAT);
    pb_write_bytes(w, FIELD_ROOM, span_of(f->room, sizeof f->room));
    pb_write_bytes(w, FIELD_DEVICE, span_of(f->device, sizeof f->device));
    pb_write_varint(w, FIELD_NUMBER, f->number);
    if (f->count > 0) {
        pb_write_bytes(w, FIELD_SAID, span_slice(f->rows, 0, f->count * FRONTIER_ROW_SIZE));
    }
    if (f->has_read) {
        pb_write_varint(w, FIELD_READ_HEIGHT, f->read_height);
        pb_write_bytes(w, FIELD_READ_ID, span_of(f->read_id, sizeof f->read_id));
    }
}

int frontier_seal(struct wr *w, const struct frontier *f, const uint8_t network[32],
                  const struct signer *signer, const struct ed25519_pair *pair)
{
    uint8_t digest[HASH_SHA256_SIZE];
    uint8_t signature[SIGNER_SIZE];
    struct wr body;

    if (f->count > FRONTIER_SAID_MAX) {
        return WAVU_ERR_LIMIT;
    }
    uint8_t *bytes = mem_new(FRONTIER_SIZE_MAX);

    wr_init(&body, span_mut_of(bytes, FRONTIER_SIZE_MAX));
    write_body(&body, f);
    int rc = wr_finish(&body);

    if (rc == 0) {
        digest_of(digest, network, wr_span(&body));
        signer->sign(signer->context, signature, pair, FRONTIER_LABEL,
                     span_of(digest, sizeof digest));
        pb_write_bytes(w, SIGNED_BODY, wr_span(&body));
        pb_write_bytes(w, SIGNED_SIGNATURE, span_of(signature, sizeof signature));
        rc = wr_finish(w);
    }
    mem_free(bytes);
    return rc;
}
