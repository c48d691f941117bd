/*
 * Rooms of whole people, for the tests of chat/rooms*: broadcasts, messages to one and talks are
 * carried by hand, on virtual time.
 */
#ifndef TESTS_CHAT_ROOMS_WORLD_H
#define TESTS_CHAT_ROOMS_WORLD_H

#include "tests/chat/rooms_people.h"

static inline uint64_t lasting(void *context)
{
    (void)context;
    return sim_now(sim) + TIMERS_SECOND;
}

static inline void see_log(size_t i)
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

static inline void open_store(struct node *n)
{
    static const uint8_t key[STORE_KEY_SIZE] = {1};
    const struct store_config store = {.port = n->port, .kind = STORE_DISK, .key = key};
    assert_int_equal(store_new(&store, &n->store), 0);
    assert_int_equal(store_open(n->store), 0);
}

static inline void up(size_t i)
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
                                        .metrics = &counted,
                                        .user = {.say = on_say,
                                                 .tell = on_tell,
                                                 .publish = on_publish,
                                                 .event = on_event,
                                                 .ready = on_ready,
                                                 .talk = on_talk,
                                                 .lasting = lasting,
                                                 .context = n}};
    n->is_ready = false;
    assert_int_equal(rooms_new(&config, &n->rooms), 0);
    see_log(i);
    for (size_t k = 0; k < NODES; k++) {
        if (k != i && nodes[k].rooms != NULL) {
            rooms_repair_near(n->rooms, device_of(k), true);
            rooms_repair_near(nodes[k].rooms, device_of(i), true);
        }
    }
}

static inline void down(size_t i)
{
    for (size_t k = line_count; k-- > 0;) {
        if (lines[k].from == i || lines[k].to == i) {
            end_line(k, false);
        }
    }
    for (size_t k = 0; k < NODES; k++) {
        if (k != i && nodes[k].rooms != NULL) {
            rooms_repair_near(nodes[k].rooms, device_of(i), false);
        }
    }
    rooms_free(nodes[i].rooms);
    nodes[i].rooms = NULL;
}

/* The process ends, or the power goes; then it starts again. */
static inline void restart(size_t i, bool is_crash)
{
    struct node *n = &nodes[i];
    if (is_crash) {
        sim_host_crash(n->host, false);
    }
    down(i);
    store_free(n->store);
    if (is_crash) {
        n->port = sim_host_restart(n->host);
    }
    open_store(n);
    up(i);
}

static inline void start(uint64_t seed, size_t members)
{
    sim = sim_new(seed);
    aead = aead_new();
    mail_count = 0;
    line_count = 0;
    carried = 0;
    members_world_open(&people, &signer_ed25519, MEMBERS_MSG_ANY);
    for (size_t i = 1; i < members; i++) {
        members_world_join(&people, 0, (int)i);
    }
    const struct members_op *genesis = people.log.ops[MEMBERS_GENESIS];
    for (size_t i = 0; i < NODES; i++) {
        struct node *n = &nodes[i];
        *n = (struct node){.host = sim_host_new(sim, NULL)};
        for (int k = 0; k < EPOCHS_PUBLISHED; k++) {
            buf_init(&n->published[k], EPOCH_MSG_SIZE_MAX);
        }
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

static inline void stop(void)
{
    for (size_t i = 0; i < mail_count; i++) {
        mem_free(mails[i]);
    }
    for (size_t i = 0; i < NODES; i++) {
        if (nodes[i].rooms != NULL) {
            down(i);
        }
        for (int k = 0; k < EPOCHS_PUBLISHED; k++) {
            buf_clear(&nodes[i].published[k]);
        }
        network_clear(&nodes[i].network);
        store_free(nodes[i].store);
    }
    members_world_close(&people);
    aead_free(aead);
    sim_free(sim);
}

/* As the mesh brings it: a broadcast of `from`, which it has signed, with names before it. */
static inline void take_named(size_t to, size_t from, struct span names, struct span bytes)
{
    struct entry_proof_said said;

    broadcasts_make(&said, &people.persons[from].devices[0].pair, members_network(&people.log),
                    names, bytes);
    rooms_take(nodes[to].rooms, device_of(from), bytes, names.len > 0 ? &said : NULL);
}

static inline void carry(void)
{
    for (size_t i = 0; i < NODES * NODES; i++) {
        const struct node *n = &nodes[i / NODES];

        for (int k = 0; k < EPOCHS_PUBLISHED && n->rooms != NULL && !n->is_away; k++) {
            rooms_published(n->rooms, device_of(i % NODES), (enum epochs_published)k,
                            buf_span(&nodes[i % NODES].published[k]));
        }
    }
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
                take_named(to, m->from, names_of(m), bytes);
            } else {
                m->has[to] = rooms_told(n->rooms, device_of(m->from), bytes) == 0;
            }
        }
    }
}

static inline void run(uint64_t seconds)
{
    for (uint64_t i = 0; i < seconds * 5; i++) {
        sim_run_for(sim, TIMERS_SECOND / 5);
        carry();
        carry_lines();
    }
}

static inline void say(size_t i, const char *text)
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
static inline void read_all(size_t i, char *out, size_t size)
{
    struct history_item items[64];
    struct history_page page = {.is_forward = true, .items = items, .max = 64};
    const struct history_room *room = main_of(i);
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

static inline void assert_reads(size_t i, const char *text)
{
    char read[512];
    read_all(i, read, sizeof read);
    assert_string_equal(read, text);
}

/* Two nodes have the same entries in their main rooms. */
static inline void assert_equal(size_t a, size_t b)
{
    uint8_t x[8];
    uint8_t y[8];
    assert_int_equal(main_of(a)->last, main_of(b)->last);
    history_hash(main_of(a), x);
    history_hash(main_of(b), y);
    assert_memory_equal(x, y, sizeof x);
}

#endif
