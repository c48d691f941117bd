/*
 * An SOS to bytes and back.
 */
#include "chat/sos_msg.h"

#include <string.h>

enum field { FORMAT = 1, KIND = 2, ID = 3, NUMBER = 4, CONTENT = 5 };

struct raw {
    uint64_t format;
    uint64_t kind;
    uint64_t number;
    struct span id;
    struct span content;
};

static int read_fields(struct raw *raw, struct span bytes)
{
    struct pb pb;
    struct pb_field field;

    memset(raw, 0, sizeof *raw);
    pb_init(&pb, bytes);
    while (pb_next(&pb, &field)) {
        if (field.number >= FORMAT && field.number <= CONTENT &&
            field.wire != (field.number == ID || field.number == CONTENT ? PB_BYTES : PB_VARINT)) {
            return WAVU_ERR_PROTO;
        }
        switch (field.number) {
        case FORMAT:
            raw->format = field.value;
            break;
        case KIND:
            raw->kind = field.value;
            break;
        case ID:
            raw->id = field.bytes;
            break;
        case NUMBER:
            raw->number = field.value;
            break;
        case CONTENT:
            raw->content = field.bytes;
            break;
        default:
            break;
        }
    }
    return pb_finish(&pb);
}

int sos_msg_read(struct sos_msg *m, struct span bytes)
{
    struct raw raw;
    struct content content;

    memset(m, 0, sizeof *m);
    int rc = bytes.len > SOS_MSG_SIZE_MAX ? WAVU_ERR_LIMIT : read_fields(&raw, bytes);
    if (rc < 0) {
        return rc;
    }
    if (raw.format > SOS_MSG_FORMAT || (raw.format != 0 && raw.kind > SOS_MSG_ACK)) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (raw.format == 0 || raw.kind == 0 || raw.id.len != SOS_MSG_ID_SIZE) {
        return WAVU_ERR_PROTO;
    }
    m->kind = (enum sos_msg_kind)raw.kind;
    memcpy(m->id, raw.id.ptr, sizeof m->id);
    if (m->kind != SOS_MSG_CALL) {
        return raw.number == 0 && raw.content.len == 0 ? 0 : WAVU_ERR_PROTO;
    }
    if (raw.content.len > SOS_MSG_CONTENT_MAX || raw.number > SOS_MSG_NUMBER_MAX) {
        return WAVU_ERR_LIMIT;
    }
    rc = content_read(&content, raw.content);
    if (rc < 0 || raw.number == 0 || content.kind != CONTENT_SOS) {
        return rc < 0 ? rc : WAVU_ERR_PROTO;
    }
    m->number = (uint32_t)raw.number;
    m->content = raw.content;
    return 0;
}

void sos_msg_write(struct wr *w, const struct sos_msg *m)
{
    pb_write_varint(w, FORMAT, SOS_MSG_FORMAT);
    pb_write_varint(w, KIND, m->kind);
    pb_write_bytes(w, ID, span_of(m->id, sizeof m->id));
    if (m->kind == SOS_MSG_CALL) {
        pb_write_varint(w, NUMBER, m->number);
        pb_write_bytes(w, CONTENT, m->content);
    }
}
