/*
 * DNS messages. First byte 0 to 127: a message is read, and everything that it has is looked at.
 * Above: a machine is fed messages at moments and from senders that the input names, and its own
 * messages must be readable.
 */
#include <string.h>

#include "base/check.h"
#include "discovery/mdns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_look(const struct mdns_msg *m)
{
    struct span label;
    struct span text;
    CHECK(m->question_count <= MDNS_MSG_QUESTIONS_MAX && m->record_count <= MDNS_MSG_RECORDS_MAX);
    for (size_t i = 0; i < m->question_count; i++) {
        (void)mdns_msg_name_is(m, m->questions[i].name, MDNS_SERVICE);
        (void)mdns_msg_name_is_under(m, m->questions[i].name, MDNS_SERVICE, &label);
    }
    for (size_t i = 0; i < m->record_count; i++) {
        const struct mdns_msg_record *r = &m->records[i];
        size_t at = 0;
        if (mdns_msg_name_is_under(m, r->name, MDNS_SERVICE, &label)) {
            CHECK(label.len > 0 && label.len <= MDNS_MSG_LABEL_MAX);
        }
        if (r->type == MDNS_MSG_PTR) {
            (void)mdns_msg_name_is(m, r->target, MDNS_SERVICE);
        }
        while (mdns_msg_next_text(r->data, &at, &text)) {
            CHECK(at <= r->data.len);
        }
    }
}

static void fuzz_drain(struct mdns *m)
{
    static struct mdns_event event;
    static struct mdns_msg own;
    while (mdns_next_event(m, &event)) {
        if (event.kind == MDNS_FOUND) {
            CHECK(event.found.candidates.count > 0);
            continue;
        }
        CHECK(mdns_msg_decode(&own, span_of(event.bytes, event.len)) == 0);
        fuzz_look(&own);
    }
    mdns_check(m);
}

/* Operations: 1 byte what, 1 byte sender, 1 byte length or time, then the message. */
static void fuzz_machine(struct mdns *m, struct span in)
{
    uint64_t now = 0;
    struct rd r;
    rd_init(&r, in);
    while (rd_left(&r) > 0 && !r.failed) {
        uint8_t what = rd_u8(&r);
        uint8_t host = rd_u8(&r);
        struct multiaddr_ip from = {
            .ip = {192, 168, 1, host}, .ip_len = 4, .port = host < 200 ? MDNS_PORT : host};
        size_t len = (size_t)rd_u8(&r) * 2;
        if (what % 8 == 0) {
            now += (uint64_t)len * 20000000;
            mdns_tick(m, now);
        } else {
            size_t left = rd_left(&r);
            int rc = mdns_feed(m, &from, rd_bytes(&r, len < left ? len : left), now);
            CHECK(rc == 0 || rc == WAVU_ERR_PROTO || rc == WAVU_ERR_LIMIT);
        }
        fuzz_drain(m);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mdns_msg msg;
    static struct mdns m;
    struct random_seeded seeded;
    if (size == 0 || size > MDNS_MSG_SIZE_MAX) {
        return 0;
    }
    if (data[0] < 128) {
        if (mdns_msg_decode(&msg, span_of(data + 1, size - 1)) == 0) {
            fuzz_look(&msg);
        }
        return 0;
    }
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    struct multiaddr own;
    struct mdns_config config = {
        .random = &random, .self = {.len = 2, .bytes = {0, 0}}, .service = MDNS_SERVICE};
    mdns_init(&m, &config, 0);
    CHECK(multiaddr_parse(&own, span_from_text("/ip4/192.168.1.1/tcp/9000")) == 0);
    mdns_set_addresses(&m, &own, 1);
    fuzz_machine(&m, span_of(data + 1, size - 1));
    mdns_clear(&m);
    return 0;
}
