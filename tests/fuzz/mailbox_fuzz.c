/*
 * The mailbox under operations drawn from the input: it takes, gives, hears tokens, true and false
 * ones, offers and wishes, forgets, sleeps and is loaded again from its rows. Invariants hold,
 * quotas hold, what it says is stored can be loaded, nothing leaks. A first byte of 255: the rest
 * is a stored row.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "courier/mailbox_offer.h"
#include "courier/mailbox_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define DEVICES 6
#define MAILS 48
#define STEPS_MAX 300

struct game {
    struct random_seeded seeded;
    struct random random;
    struct mailbox box;
    struct rd in;
    uint64_t now;
    uint8_t rows[MAILS][MAILBOX_ROW_MAX]; /* what the store has of each */
    size_t row_len[MAILS];
    uint8_t tags[DEVICES][2][MAILBOX_ROW_TAG_SIZE];
    bool has_tag[DEVICES][2];
};

static struct game g;

static uint8_t draw(void)
{
    return rd_u8(&g.in);
}

static void id_of(uint8_t id[ENVELOPE_DEVICE_SIZE], size_t device)
{
    memset(id, (int)device + 1, ENVELOPE_DEVICE_SIZE);
}

static void tag_of(uint8_t tag[ENVELOPE_TAG_SIZE], size_t device, size_t which)
{
    memset(tag, (int)(device * 2 + which) + 1, ENVELOPE_TAG_SIZE);
}

/* Mail `i` is always the same one. */
static struct envelope mail(size_t i, uint8_t head_bytes[ENVELOPE_HEAD_SIZE], uint8_t sealed[1],
                            uint8_t name[ENVELOPE_NAME_SIZE])
{
    struct envelope_head head = {.format = 1,
                                 .class_number = (uint8_t)(1 + i % 4),
                                 .form = 1,
                                 .lifetime_s = (uint32_t)(i % 5 == 0 ? 100 : 604800)};
    const uint8_t token[ENVELOPE_TOKEN_SIZE] = {(uint8_t)(i % 40)}; /* some share a lock */
    tag_of(head.tag, i % DEVICES, i % 2);
    envelope_lock(head.lock, token);
    envelope_head_encode(head_bytes, &head);
    sealed[0] = (uint8_t)i;
    const struct envelope e = {.head = head,
                               .head_bytes = span_of(head_bytes, ENVELOPE_HEAD_SIZE),
                               .sealed = span_of(sealed, 1),
                               .age_s = (uint32_t)(i % 3),
                               .hops = (uint8_t)(i % 9),
                               .copies = (uint8_t)(1 + i % 16)};
    envelope_name(name, e.head_bytes, e.sealed);
    return e;
}

static size_t mail_named(const uint8_t *name)
{
    uint8_t head[ENVELOPE_HEAD_SIZE];
    uint8_t sealed[1];
    uint8_t own[ENVELOPE_NAME_SIZE];
    size_t i = 0;
    do {
        CHECK(i < MAILS);
        (void)mail(i++, head, sealed, own);
    } while (memcmp(own, name, sizeof(own)) != 0);
    return i - 1;
}

static void keep_tag(const struct mailbox_event *e)
{
    const size_t number = (size_t)e->tag[0] - 1;
    bool *has = &g.has_tag[number / 2][number % 2];
    struct wr w;
    *has = e->kind == MAILBOX_PUT_TAG;
    if (*has) {
        wr_init(&w, span_mut_of(g.tags[number / 2][number % 2], MAILBOX_ROW_TAG_SIZE));
        mailbox_row_save_tag(&w, &g.box, e->tag);
        CHECK(wr_finish(&w) == 0);
    }
}

static void keep(const struct mailbox_event *e)
{
    const size_t i = mail_named(e->name);
    struct wr w;
    g.row_len[i] = 0;
    if (e->kind != MAILBOX_DELETE) {
        wr_init(&w, span_mut_of(g.rows[i], MAILBOX_ROW_MAX));
        mailbox_row_save(&w, &g.box, e->name);
        CHECK(wr_finish(&w) == 0);
        g.row_len[i] = w.len;
    }
}

static void drain(void)
{
    struct mailbox_event e;
    while (mailbox_next_event(&g.box, g.now, &e)) {
        if (e.kind == MAILBOX_PUT || e.kind == MAILBOX_DROP || e.kind == MAILBOX_DELETE) {
            keep(&e);
        } else if (e.kind == MAILBOX_PUT_TAG || e.kind == MAILBOX_DELETE_TAG) {
            keep_tag(&e);
        } else if (e.kind == MAILBOX_GIVE) {
            CHECK(e.copies >= 1 && e.copies <= 8);
            CHECK(g.row_len[mail_named(e.name)] > 0);
        } else if (e.kind == MAILBOX_OFFER) {
            CHECK(e.offer_count > 0 && e.offer_count <= MAILBOX_OFFER_MAX);
        }
    }
    mailbox_check(&g.box);
}

static void start(void)
{
    struct mailbox_config config = {.random = &g.random, .bytes = 96 * 1024};
    id_of(config.self, 0);
    mailbox_init(&g.box, &config);
}

static void reload(void)
{
    uint8_t head[ENVELOPE_HEAD_SIZE];
    uint8_t sealed[1];
    uint8_t name[ENVELOPE_NAME_SIZE];
    mailbox_clear(&g.box);
    start();
    for (size_t i = 0; i < DEVICES; i++) {
        for (size_t k = 0; k < 2; k++) {
            uint8_t tag[ENVELOPE_TAG_SIZE];
            tag_of(tag, i, k);
            CHECK(!g.has_tag[i][k] ||
                  mailbox_row_load_tag(&g.box, g.now, tag,
                                       span_of(g.tags[i][k], MAILBOX_ROW_TAG_SIZE)) == 0);
        }
    }
    for (size_t i = 0; i < MAILS; i++) {
        if (g.row_len[i] > 0) {
            (void)mail(i, head, sealed, name);
            const int rc = mailbox_row_load(&g.box, g.now, name, span_of(g.rows[i], g.row_len[i]));
            CHECK(rc == 0 || rc == WAVU_ERR_TIMEOUT);
            g.row_len[i] = rc == 0 ? g.row_len[i] : 0;
        }
    }
    mailbox_row_settle(&g.box, g.now);
}

static void exchange(uint8_t what, const uint8_t *device)
{
    uint8_t head[ENVELOPE_HEAD_SIZE];
    uint8_t sealed[1];
    uint8_t name[ENVELOPE_NAME_SIZE];
    const struct envelope e = mail(draw() % MAILS, head, sealed, name);
    struct mailbox_offer_item item = {.size = 900, .age_s = draw()};
    switch (what) {
    case 0:
    case 1:
    case 2:
        (void)mailbox_take(&g.box, g.now, device, &e, (size_t)draw() * 40, name);
        break;
    case 3:
        memcpy(item.name, name, sizeof(name));
        memcpy(item.head, head, sizeof(head));
        item.head[draw() % sizeof(item.head)] ^= draw();
        (void)mailbox_offered(&g.box, g.now, device, &item);
        break;
    case 4:
        (void)!mailbox_offer_wanted(&g.box, g.now, device, name, 1);
        break;
    case 5:
        mailbox_offer_taken(&g.box, device, name);
        break;
    default:
        mailbox_offer_refused(&g.box, device, name);
        break;
    }
}

static void step(void)
{
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    uint8_t tag[ENVELOPE_TAG_SIZE];
    const uint8_t what = draw() % 15;
    const size_t number = draw() % DEVICES;
    const uint8_t token[ENVELOPE_TOKEN_SIZE] = {draw() % 48};
    id_of(device, number);
    switch (what) {
    case 7:
        tag_of(tag, number, draw() % 2);
        CHECK(mailbox_learn(&g.box, g.now, device, tag) == 0);
        break;
    case 8:
        mailbox_forget(&g.box, g.now, device);
        break;
    case 9:
        (void)!mailbox_offer_up(&g.box, device);
        break;
    case 10:
        mailbox_offer_down(&g.box, device);
        break;
    case 11:
        mailbox_done(&g.box, g.now, draw() % 2 == 0 ? NULL : device, token);
        break;
    case 12:
        mailbox_was_read(&g.box, g.now, device, token);
        break;
    case 13:
        g.now += (uint64_t)draw() * draw() * draw() * 1000000000;
        mailbox_tick(&g.box, g.now);
        CHECK(mailbox_deadline(&g.box) > g.now);
        break;
    case 14:
        reload();
        break;
    default:
        exchange(what, device);
        break;
    }
    drain();
}

static void load_row(struct span row)
{
    const uint8_t name[ENVELOPE_NAME_SIZE] = {1};
    for (size_t i = 0; i < DEVICES; i++) {
        uint8_t device[ENVELOPE_DEVICE_SIZE];
        uint8_t tag[ENVELOPE_TAG_SIZE];
        id_of(device, i);
        tag_of(tag, i, 0);
        CHECK(mailbox_learn(&g.box, g.now, device, tag) == 0);
    }
    if (mailbox_row_load(&g.box, g.now, name, row) == 0) {
        mailbox_row_settle(&g.box, g.now);
        mailbox_check(&g.box);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t live = mem_live_count();
    memset(&g, 0, sizeof(g));
    rd_init(&g.in, span_of(data, len));
    random_seeded_init(&g.seeded, 3);
    g.random = random_from_seeded(&g.seeded);
    g.now = 1000000000;
    start();
    if (len > 0 && data[0] == 255) {
        load_row(span_of(data + 1, len - 1));
    } else {
        for (size_t i = 0; i < STEPS_MAX && rd_left(&g.in) > 0; i++) {
            step();
        }
    }
    mailbox_clear(&g.box);
    CHECK(mem_live_count() == live);
    return 0;
}
