/*
 * Codec of multicast DNS messages.
 */
#include "discovery/mdns_msg.h"

#include <string.h>

#define MDNS_LOCAL "local" /* the domain of hosts (RFC 6762 3) */
#define MDNS_CLASS_IN 1
#define MDNS_CLASS_TOP 0x8000 /* a question: by unicast, please; a record: flush what you have */
#define MDNS_FLAG_RESPONSE 0x8000 /* QR */
#define MDNS_FLAG_ANSWER 0x8400   /* QR and AA */
#define MDNS_FLAGS_KIND                                                                            \
    0x780f /* opcode and response code: both must be 0 (RFC 6762 18.3, 18.11)                      \
            */

/* ---- Names ---- */

/* The label at `*at`, following pointers; `*at` moves behind it. Empty at the name's end. Only for
 * names that mdns_read_name has accepted. */
static struct span mdns_next_label(struct span bytes, size_t *at)
{
    while ((bytes.ptr[*at] & 0xc0) == 0xc0) {
        *at = (size_t)(bytes.ptr[*at] & 0x3f) << 8 | bytes.ptr[*at + 1];
    }
    struct span label = span_slice(bytes, *at + 1, bytes.ptr[*at]);
    *at += 1 + label.len;
    return label;
}

/* Read the name at the reader's place, which ends up behind it; returns its offset. */
static size_t mdns_read_name(struct rd *r)
{
    size_t start = r->at;
    size_t barrier = start; /* pointers lead before this */
    size_t total = 1;
    struct rd jump = *r;
    size_t jumps = 0;
    while (!jump.failed) {
        uint8_t head = rd_u8(&jump);
        if ((head & 0xc0) == 0xc0) {
            size_t target = (size_t)(head & 0x3f) << 8 | rd_u8(&jump);
            if (jumps++ == 0) {
                *r = jump;
            }
            jump.failed = jump.failed || target >= barrier || jumps > MDNS_MSG_JUMPS_MAX;
            barrier = target;
            jump.at = target;
        } else {
            total += head == 0 ? 0 : 1U + head;
            jump.failed = jump.failed || head > MDNS_MSG_LABEL_MAX || total > MDNS_MSG_NAME_MAX;
            (void)rd_bytes(&jump, head);
            if (head == 0) {
                break;
            }
        }
    }
    if (jumps == 0) {
        *r = jump;
    }
    r->failed = r->failed || jump.failed;
    return start;
}

static uint8_t mdns_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool mdns_label_is(struct span label, struct span text)
{
    bool is_same = label.len == text.len;
    for (size_t i = 0; i < label.len && is_same; i++) {
        is_same = mdns_lower(label.ptr[i]) == mdns_lower(text.ptr[i]);
    }
    return is_same;
}

/* The label of a dotted text from `*from` on; `*from` moves behind its dot. */
static struct span mdns_text_label(struct span text, size_t *from)
{
    size_t end = span_find(text, *from, '.');
    struct span label = span_slice(text, *from, end - *from);
    *from = end < text.len ? end + 1 : end;
    return label;
}

bool mdns_msg_name_is(const struct mdns_msg *m, size_t name, const char *text)
{
    struct span dotted = span_from_text(text);
    size_t from = 0;
    struct span label = mdns_next_label(m->bytes, &name);
    while (label.len > 0 && from < dotted.len) {
        if (!mdns_label_is(label, mdns_text_label(dotted, &from))) {
            return false;
        }
        label = mdns_next_label(m->bytes, &name);
    }
    return label.len == 0 && from == dotted.len;
}

bool mdns_msg_name_is_under(const struct mdns_msg *m, size_t name, const char *parent,
                            struct span *label)
{
    *label = mdns_next_label(m->bytes, &name);
    return label->len > 0 && mdns_msg_name_is(m, name, parent);
}

bool mdns_msg_next_text(struct span data, size_t *at, struct span *text)
{
    if (*at >= data.len || *at + 1 + data.ptr[*at] > data.len) {
        return false;
    }
    *text = span_slice(data, *at + 1, data.ptr[*at]);
    *at += 1 + text->len;
    return true;
}

/* ---- Reading ---- */

static void mdns_read_question(struct mdns_msg *m, struct rd *r)
{
    struct mdns_msg_question q = {.name = mdns_read_name(r)};
    q.type = rd_u16be(r);
    uint16_t class = rd_u16be(r);
    q.wants_unicast = (class & MDNS_CLASS_TOP) != 0;
    class &= (uint16_t)~MDNS_CLASS_TOP;
    if (!r->failed && (class == MDNS_CLASS_IN || class == MDNS_MSG_ANY) &&
        m->question_count < MDNS_MSG_QUESTIONS_MAX) {
        m->questions[m->question_count++] = q;
    }
}

static void mdns_read_record(struct mdns_msg *m, struct rd *r)
{
    struct mdns_msg_record record = {.name = mdns_read_name(r)};
    record.type = rd_u16be(r);
    uint16_t class = rd_u16be(r) & (uint16_t)~MDNS_CLASS_TOP;
    record.ttl = rd_u32be(r);
    size_t len = rd_u16be(r);
    size_t start = r->at;
    record.data = rd_bytes(r, len);
    if (record.type == MDNS_MSG_PTR && !r->failed) {
        struct rd inner = *r;
        inner.at = start;
        record.target = mdns_read_name(&inner);
        r->failed = inner.failed || inner.at != start + len;
    }
    if (!r->failed && class == MDNS_CLASS_IN && m->record_count < MDNS_MSG_RECORDS_MAX) {
        m->records[m->record_count++] = record;
    }
}

int mdns_msg_decode(struct mdns_msg *m, struct span bytes)
{
    struct rd r;
    m->bytes = bytes;
    m->question_count = 0;
    m->record_count = 0;
    if (bytes.len > MDNS_MSG_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    rd_init(&r, bytes);
    m->id = rd_u16be(&r);
    uint16_t flags = rd_u16be(&r);
    uint32_t questions = rd_u16be(&r);
    uint32_t records = rd_u16be(&r);
    records += rd_u16be(&r);
    records += rd_u16be(&r);
    m->is_response = (flags & MDNS_FLAG_RESPONSE) != 0;
    for (uint32_t i = 0; i < questions && !r.failed; i++) {
        mdns_read_question(m, &r);
    }
    for (uint32_t i = 0; i < records && !r.failed; i++) {
        mdns_read_record(m, &r);
    }
    /* Bytes behind the last record are ignored, as others do. */
    return r.failed || (flags & MDNS_FLAGS_KIND) != 0 ? WAVU_ERR_PROTO : 0;
}

/* ---- Writing ---- */

/* The labels of a dotted text, without the end. */
static void mdns_write_labels(struct wr *w, const char *text)
{
    struct span dotted = span_from_text(text);
    size_t from = 0;
    while (from < dotted.len) {
        struct span label = mdns_text_label(dotted, &from);
        wr_u8(w, (uint8_t)label.len);
        wr_bytes(w, label);
    }
}

static void mdns_write_name(struct wr *w, const char *instance, const char *parent)
{
    if (instance != NULL) {
        mdns_write_labels(w, instance);
    }
    mdns_write_labels(w, parent);
    wr_u8(w, 0);
}

static size_t mdns_name_size(const char *instance, const char *parent)
{
    return (instance == NULL ? 0 : strlen(instance) + 1) + strlen(parent) + 2;
}

static void mdns_write_head(struct wr *w, uint16_t id, uint16_t flags, const uint16_t counts[4])
{
    wr_u16be(w, id);
    wr_u16be(w, flags);
    for (size_t i = 0; i < 4; i++) {
        wr_u16be(w, counts[i]);
    }
}

void mdns_msg_write_query(struct wr *w, const char *service)
{
    static const uint16_t counts[4] = {1, 0, 0, 0};
    mdns_write_head(w, 0, 0, counts);
    mdns_write_name(w, NULL, service);
    wr_u16be(w, MDNS_MSG_PTR);
    wr_u16be(w, MDNS_CLASS_IN);
}

static void mdns_write_pointer(struct wr *w, const struct mdns_msg_reply *reply)
{
    bool is_meta = reply->kind == MDNS_MSG_REPLY_SERVICE;
    const char *instance = is_meta ? NULL : reply->instance;
    mdns_write_name(w, NULL, is_meta ? MDNS_MSG_SERVICES : reply->service);
    wr_u16be(w, MDNS_MSG_PTR);
    wr_u16be(w, MDNS_CLASS_IN); /* shared by all nodes: nothing to flush */
    wr_u32be(w, reply->ttl);
    wr_u16be(w, (uint16_t)mdns_name_size(instance, reply->service));
    mdns_write_name(w, instance, reply->service);
}

/* The head of a record that is ours alone, under instance.`parent`, up to its data of `len`. */
static void mdns_write_own(struct wr *w, const struct mdns_msg_reply *reply, const char *parent,
                           enum mdns_msg_type type, size_t len)
{
    mdns_write_name(w, reply->instance, parent);
    wr_u16be(w, (uint16_t)type);
    wr_u16be(w, reply->is_legacy ? MDNS_CLASS_IN : MDNS_CLASS_IN | MDNS_CLASS_TOP);
    wr_u32be(w, reply->ttl);
    wr_u16be(w, (uint16_t)len);
}

/* Where the instance is (RFC 2782), and its host's addresses. Returns how many records. */
static uint16_t mdns_write_host(struct wr *w, const struct mdns_msg_reply *reply)
{
    const struct mdns_msg_host *host = &reply->host;
    if (!host->has_ip4 && !host->has_ip6) {
        return 0;
    }
    mdns_write_own(w, reply, reply->service, MDNS_MSG_SRV,
                   6 + mdns_name_size(reply->instance, MDNS_LOCAL));
    wr_u32be(w, 0); /* priority and weight */
    wr_u16be(w, host->port);
    mdns_write_name(w, reply->instance, MDNS_LOCAL);
    if (host->has_ip4) {
        mdns_write_own(w, reply, MDNS_LOCAL, MDNS_MSG_A, sizeof host->ip4);
        wr_bytes(w, span_of(host->ip4, sizeof host->ip4));
    }
    if (host->has_ip6) {
        mdns_write_own(w, reply, MDNS_LOCAL, MDNS_MSG_AAAA, sizeof host->ip6);
        wr_bytes(w, span_of(host->ip6, sizeof host->ip6));
    }
    return (uint16_t)(1 + (host->has_ip4 ? 1 : 0) + (host->has_ip6 ? 1 : 0));
}

static void mdns_write_texts(struct wr *w, const struct mdns_msg_reply *reply)
{
    size_t len = reply->text_count == 0 ? 1 : 0; /* one empty string (RFC 6763 6.1) */
    for (size_t i = 0; i < reply->text_count; i++) {
        len += 1 + reply->texts[i].len;
    }
    mdns_write_own(w, reply, reply->service, MDNS_MSG_TXT, len);
    for (size_t i = 0; i < reply->text_count; i++) {
        wr_u8(w, (uint8_t)reply->texts[i].len);
        wr_bytes(w, reply->texts[i]);
    }
    if (reply->text_count == 0) {
        wr_u8(w, 0);
    }
}

/* The question that a legacy asker wants to see again. */
static void mdns_write_question(struct wr *w, const struct mdns_msg_reply *reply)
{
    bool is_text = reply->kind == MDNS_MSG_REPLY_TEXT;
    bool is_meta = reply->kind == MDNS_MSG_REPLY_SERVICE;
    mdns_write_name(w, is_text ? reply->instance : NULL,
                    is_meta ? MDNS_MSG_SERVICES : reply->service);
    wr_u16be(w, is_text ? MDNS_MSG_TXT : MDNS_MSG_PTR);
    wr_u16be(w, MDNS_CLASS_IN);
}

void mdns_msg_write_reply(struct wr *w, const struct mdns_msg_reply *reply)
{
    bool has_extra = reply->kind == MDNS_MSG_REPLY_POINTER && reply->ttl > 0;
    struct wr measure; /* counts the records that follow */
    wr_init(&measure, span_mut_of(NULL, 0));
    uint16_t extra = has_extra ? (uint16_t)(1 + mdns_write_host(&measure, reply)) : 0;
    const uint16_t counts[4] = {reply->is_legacy ? 1 : 0, 1, 0, extra};
    mdns_write_head(w, reply->is_legacy ? reply->id : 0, MDNS_FLAG_ANSWER, counts);
    if (reply->is_legacy) {
        mdns_write_question(w, reply);
    }
    if (reply->kind == MDNS_MSG_REPLY_TEXT) {
        mdns_write_texts(w, reply);
        return;
    }
    mdns_write_pointer(w, reply);
    if (has_extra) {
        mdns_write_texts(w, reply);
        (void)mdns_write_host(w, reply);
    }
}
