/*
 * Rooms of whole people: what one says all others read, whatever came first; newcomers read on,
 * who is put out reads no more, and all of it is there after a restart. Broadcasts are carried by
 * hand, on virtual time.
 */
#include "chat/rooms.h"

#include "chat/history_has.h"

#include "port/files.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "tests/support/members_world.h"

#define NODES 4
#define MAIL_MAX 1024

struct mail {
    size_t from;
    size_t to; /* NODES: all */
    bool has[NODES];
    size_t len;
    uint8_t bytes[];
};

struct node {
    struct sim_host *host;
    struct port *port;
    struct store *store;
    struct network network;
    struct rooms *rooms;
    uint8_t member[32];
    bool is_away;
    bool is_ready;
    size_t placed;
};

static struct sim *sim;
static struct members_world people;
static struct node nodes[NODES];
static struct aead *aead;
static struct mail *mails[MAIL_MAX];
static size_t mail_count;

static size_t place_of(const struct node *n)
{
    return (size_t)(n - nodes);
}

static const uint8_t *device_of(size_t i)
{
    return people.persons[i].devices[0].pair.public_key;
}

static void post(size_t from, size_t to, struct span bytes)
{
    assert_true(mail_count < MAIL_MAX);
    struct mail *m = mem_new(sizeof *m + bytes.len);
    m->from = from;
    m->to = to;
    m->len = bytes.len;
    memcpy(m->bytes, bytes.ptr, bytes.len);
    mails[mail_count++] = m;
}

static void on_say(void *context, struct span bytes)
{
    post(place_of(context), NODES, bytes);
}

static void on_tell(void *context, const uint8_t device[32], bool is_ask, struct span bytes)
{
    (void)is_ask;
    for (size_t i = 0; i < NODES; i++) {
        if (memcmp(device_of(i), device, 32) == 0) {
            post(place_of(context), i, bytes);
        }
    }
}

static void on_event(void *context, const struct history_event *event)
{
    struct node *n = context;
    n->placed += event->kind == HISTORY_PLACED ? 1 : 0;
}

static void on_ready(void *context, bool is_ready)
{
    struct node *n = context;
    n->is_ready = is_ready;
}

static uint64_t lasting(void *context)
{
    (void)context;
    return sim_now(sim) + TIMERS_SECOND;
}

static void see_log(size_t i)
{
    struct node *n = &nodes[i];
    enum members_fed fed = MEMBERS_KNOWN;
    for (uint32_t k = 1; k < people.log.op_count; k++) {
        const struct members_op *op = people.log.ops[k];
        assert_int_equal(members_feed(&n->network.log, span_of(op->bytes, op->len), 1, &fed), 0);
    }
    (void)network_settle(&n->network);
    rooms_members(n->rooms);
}

static void open_store(struct node *n)
{
    static const uint8_t key[STORE_KEY_SIZE] = {1};
    const struct store_config store = {.port = n->port, .kind = STORE_DISK, .key = key};
    assert_int_equal(store_new(&store, &n->store), 0);
    assert_int_equal(store_open(n->store), 0);
}

static void up(size_t i)
{
    struct node *n = &nodes[i];
    memcpy(n->member, people.persons[i].member, sizeof n->member);
    const struct rooms_config config = {.port = n->port,
                                        .store = n->store,
                                        .aead = aead,
                                        .signer = &signer_ed25519,
                                        .device = &people.persons[i].devices[0].pair,
                                        .network = &n->network,
                                        .member = n->member,
                                        .number = 1,
                                        .user = {.say = on_say,
                                                 .tell = on_tell,
                                                 .event = on_event,
                                                 .ready = on_ready,
                                                 .lasting = lasting,
                                                 .context = n}};
    n->is_ready = false;
    assert_int_equal(rooms_new(&config, &n->rooms), 0);
    see_log(i);
}

static void start(uint64_t seed, size_t members)
{
    sim = sim_new(seed);
    aead = aead_new();
    mail_count = 0;
    members_world_open(&people, &signer_ed25519, MEMBERS_MSG_ANY);
    for (size_t i = 1; i < members; i++) {
        members_world_join(&people, 0, (int)i);
    }
    const struct members_op *genesis = people.log.ops[MEMBERS_GENESIS];
    for (size_t i = 0; i < NODES; i++) {
        struct node *n = &nodes[i];
        *n = (struct node){.host = sim_host_new(sim, NULL)};
        n->port = sim_host_port(n->host);
        assert_int_equal(n->port->files->make_home(n->port), 0);
        open_store(n);
        assert_int_equal(network_init(&n->network, &signer_ed25519, &people.random,
                                      span_of(genesis->bytes, genesis->len)),
                         0);
    }
    for (size_t i = 0; i < members; i++) {
        up(i);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < mail_count; i++) {
        mem_free(mails[i]);
    }
    for (size_t i = 0; i < NODES; i++) {
        rooms_free(nodes[i].rooms);
        network_clear(&nodes[i].network);
        store_free(nodes[i].store);
    }
    members_world_close(&people);
    aead_free(aead);
    sim_free(sim);
}

static void carry(void)
{
    for (size_t i = 0; i < mail_count; i++) {
        struct mail *m = mails[i];
        struct span bytes = span_of(m->bytes, m->len);
        for (size_t to = 0; to < NODES; to++) {
            const struct node *n = &nodes[to];
            bool is_for = (m->to == NODES || m->to == to) && to != m->from;
            if (m->has[to] || !is_for || n->rooms == NULL || n->is_away || nodes[m->from].is_away) {
                continue;
            }
            m->has[to] = true;
            if (m->to == NODES) {
                rooms_take(n->rooms, device_of(m->from), bytes);
            } else {
                m->has[to] = rooms_told(n->rooms, device_of(m->from), bytes) == 0;
            }
        }
    }
}

static void run(uint64_t seconds)
{
    for (uint64_t i = 0; i < seconds * 5; i++) {
        sim_run_for(sim, TIMERS_SECOND / 5);
        carry();
    }
}

static void say(size_t i, const char *text)
{
    uint8_t room[32];
    uint8_t id[ENTRY_ID_SIZE];
    const struct content content = {.kind = CONTENT_TEXT, .text = span_from_text(text)};
    int rc = WAVU_ERR_AGAIN;
    rooms_main(nodes[i].rooms, room);
    for (int k = 0; k < 40 && rc == WAVU_ERR_AGAIN; k++) {
        rc = rooms_say(nodes[i].rooms, room, &content, 0, id);
        run(1);
    }
    assert_int_equal(rc, 0);
}

/* All texts of the main room in its order, with '|' behind each. */
static void read_all(size_t i, char *out, size_t size)
{
    struct history_item items[64];
    struct history_page page = {.is_forward = true, .items = items, .max = 64};
    uint8_t id[32];
    rooms_main(nodes[i].rooms, id);
    const struct history_room *room = history_room(rooms_history(nodes[i].rooms), id);
    assert_int_equal(history_view_page(room, &page), 0);
    assert_true(page.is_end);
    out[0] = '\0';
    for (size_t k = 0; k < page.count; k++) {
        struct history_message m;
        size_t used = strlen(out);
        assert_int_equal(history_view_at(room, items[k].number, &m), 0);
        (void)snprintf(out + used, size - used, "%.*s|", (int)m.fold.content.text.len,
                       (const char *)m.fold.content.text.ptr);
        history_view_clear(&m);
    }
}

static void assert_reads(size_t i, const char *text)
{
    char read[512];
    read_all(i, read, sizeof read);
    assert_string_equal(read, text);
}

static void all_read_what_one_says(void **state)
{
    (void)state;
    start(1, 3);
    run(60);
    say(0, "habari");
    say(1, "nzuri");
    say(2, "karibu");
    run(3);
    for (size_t i = 0; i < 3; i++) {
        assert_reads(i, "habari|nzuri|karibu|");
    }
    stop();
}

static void newcomers_read_on_and_not_back(void **state)
{
    (void)state;
    start(2, 2);
    run(60);
    say(0, "zamani");
    members_world_join(&people, 0, 2);
    see_log(0);
    see_log(1);
    up(2);
    run(200);
    assert_true(nodes[2].is_ready);
    say(0, "sasa");
    run(5);
    assert_reads(1, "zamani|sasa|");
    char read[512];
    read_all(2, read, sizeof read);
    assert_null(strstr(read, "zamani"));
    stop();
}

static void who_is_put_out_reads_no_more(void **state)
{
    (void)state;
    start(3, 4);
    run(200);
    say(1, "wote");
    run(3);
    assert_reads(3, "wote|");
    (void)members_world_sign(&people, &people.persons[0].devices[0],
                             members_world_revoke(&people, 3));
    for (size_t i = 0; i < 3; i++) {
        see_log(i);
    }
    say(1, "sisi");
    run(10);
    assert_reads(0, "wote|sisi|");
    assert_reads(2, "wote|sisi|");
    assert_reads(3, "wote|");
    stop();
}

static void all_is_there_after_a_restart(void **state)
{
    (void)state;
    start(4, 3);
    run(200);
    say(0, "moja");
    run(5);
    say(1, "mbili");
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_flush(nodes[i].store), 0);
        rooms_free(nodes[i].rooms);
        store_free(nodes[i].store);
        open_store(&nodes[i]);
        up(i);
    }
    run(5);
    say(2, "tatu");
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_reads(i, "moja|mbili|tatu|");
    }
    stop();
}

/* Who has an entry is told to its author by frontiers. */
static void authors_hear_who_has_it(void **state)
{
    (void)state;
    struct history_receipt receipts[NODES];
    struct history_item items[4];
    struct history_page page = {.is_forward = true, .items = items, .max = 4};
    uint8_t id[32];
    size_t count = 0;
    start(5, 3);
    run(60);
    nodes[2].is_away = true;
    say(0, "nani anasoma");
    run(10);
    rooms_main(nodes[0].rooms, id);
    const struct history_room *room = history_room(rooms_history(nodes[0].rooms), id);
    assert_int_equal(history_view_page(room, &page), 0);
    assert_int_equal(history_has_of(room, items[0].at.id, receipts, NODES, &count), 0);
    assert_int_equal(count, 1);
    assert_memory_equal(receipts[0].member, nodes[1].member, 32);
    nodes[2].is_away = false;
    run(10);
    assert_int_equal(history_has_of(room, items[0].at.id, receipts, NODES, &count), 0);
    assert_int_equal(count, 2);
    stop();
}

static void what_is_wrong_is_dropped(void **state)
{
    (void)state;
    uint8_t room[32];
    uint8_t id[ENTRY_ID_SIZE];
    struct content content = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("\xff")};
    start(6, 2);
    run(60);
    for (size_t i = 0; i < 500; i++) {
        uint8_t bytes[300];
        random_fill(&nodes[0].port->random, bytes, sizeof bytes);
        bytes[0] = (uint8_t)(i % 5);
        rooms_take(nodes[0].rooms, device_of(1), span_of(bytes, i % sizeof bytes));
        (void)!rooms_told(nodes[0].rooms, device_of(1), span_of(bytes, i % sizeof bytes));
    }
    rooms_main(nodes[0].rooms, room);
    assert_int_equal(rooms_say(nodes[0].rooms, room, &content, 0, id), WAVU_ERR_PROTO);
    content.text = UNIT_TEXT("sawa");
    memset(room, 7, sizeof room);
    assert_int_equal(rooms_say(nodes[0].rooms, room, &content, 0, id), WAVU_ERR_NOT_FOUND);
    say(0, "bado");
    run(3);
    assert_reads(1, "bado|");
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_read_what_one_says),       UNIT(newcomers_read_on_and_not_back),
        UNIT(who_is_put_out_reads_no_more), UNIT(all_is_there_after_a_restart),
        UNIT(authors_hear_who_has_it),      UNIT(what_is_wrong_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
