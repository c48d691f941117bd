/*
 * Conversations in the simulator.
 */
#include "tests/support/talk_world.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "sim/sim_cable.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "wavu/mesh.h"

#define TEXT_MAX 200
#define LONG_TEXT_MAX 20000
#define LOOK_NS (UINT64_C(500) * TIMERS_MS) /* between looks at whether all are equal */
#define SETTLE_NS (UINT64_C(120) * TIMERS_SECOND)
#define HISTORY_MAX 65536
#define JOIN_NS (UINT64_C(2) * TIMERS_SECOND) /* between two that come in */

static void fault(struct talk_world *w, size_t node, const char *what)
{
    if (w->fault[0] == '\0') {
        (void)snprintf(w->fault, sizeof w->fault, "node %zu: %s", node, what);
    }
}

const char *talk_world_fault(const struct talk_world *w)
{
    return w->fault[0] != '\0' ? w->fault : w->ledger.fault;
}

/* ---- What nodes tell ---- */

static size_t place_of(const struct talk_world *w, const char *member)
{
    for (size_t i = 0; i < w->config.count; i++) {
        if (strcmp(w->nodes[i].member, member) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void on_chat(void *context, const struct wavu_chat_event *event)
{
    struct talk_world_node *n = context;
    struct talk_world *w = n->world;
    size_t at = (size_t)(n - w->nodes);

    if (event->kind == WAVU_CHAT_MESSAGE) {
        size_t author = place_of(w, event->message->author);

        if (author == SIZE_MAX) {
            fault(w, at, "was shown something of nobody");
            return;
        }
        talk_ledger_shown(&w->ledger, at, author, event->message->id);
    } else if (event->kind == WAVU_CHAT_HAS) {
        size_t who = place_of(w, event->author);

        if (who != SIZE_MAX && who != at) {
            talk_ledger_has(&w->ledger, at, who, event->id);
        }
    }
}

static void on_members(void *context, const struct wavu_members_event *event)
{
    struct talk_world_node *n = context;

    n->is_entered = n->is_entered || event->kind == WAVU_MEMBERS_ENTERED;
    if (event->kind == WAVU_MEMBERS_STOPPED) {
        fault(n->world, (size_t)(n - n->world->nodes), "its key is called used elsewhere");
    }
}

/* ---- Life ---- */

static void address_of(size_t i, char *out, size_t size)
{
    (void)snprintf(out, size, "10.0.%zu.%zu:9000", i / 200, i % 200 + 1);
}

static int try_up(struct talk_world *w, size_t i)
{
    struct talk_world_node *n = &w->nodes[i];
    char address[64];
    uint8_t seed[WAVU_SEED_SIZE] = {1, (uint8_t)i, (uint8_t)w->config.seed};
    const struct wavu_mesh_config mesh = {.has_discovery = false};
    const struct wavu_config config = {.port = sim_host_port(n->host),
                                       .mesh = &mesh,
                                       .is_ephemeral = w->config.is_in_memory,
                                       .seed = w->config.is_in_memory ? seed : NULL};
    int rc = wavu_node_new(&config, &n->node);

    if (rc < 0) {
        n->node = NULL;
        return rc;
    }
    address_of(i, address, sizeof address);
    CHECK(wavu_node_listen(n->node, address) == 0);
    CHECK(wavu_members_listen(n->node, on_members, n) == 0);
    CHECK(wavu_chat_listen(n->node, on_chat, n) == 0);
    talk_ledger_rose(&w->ledger, i);
    return 0;
}

static void down(struct talk_world *w, size_t i)
{
    sim_host_crash(w->nodes[i].host, false);
    wavu_node_free(w->nodes[i].node);
    w->nodes[i].node = NULL;
    (void)sim_host_restart(w->nodes[i].host);
}

void talk_world_kill(struct talk_world *w, size_t i)
{
    uint64_t way = sim_draw_below(&w->draw, 4);

    if (way == 2) { /* what it has said is on the disk, and nobody was told */
        (void)talk_world_say(w, i);
        talk_world_run(w, 1);
        sim_host_stall(w->nodes[i].host, TIMERS_SECOND);
    } else if (way == 3) { /* in the middle of a write */
        sim_files_fail(w->nodes[i].host, sim_draw_below(&w->draw, 10), SIM_DISK_FOR_EVER);
    }
    if (way >= 2) {
        talk_world_run(w, 1 + sim_draw_below(&w->draw, 300 * TIMERS_MS));
    }
    down(w, i);
    w->deaths++;
}

void talk_world_rise(struct talk_world *w, size_t i)
{
    while (sim_draw_chance(&w->draw, 1, 5)) {
        sim_files_fail(w->nodes[i].host, sim_draw_below(&w->draw, 12), SIM_DISK_FOR_EVER);
        int rc = try_up(w, i);

        w->failed_starts++;
        if (rc < 0 && rc != WAVU_ERR_IO) {
            fault(w, i, wavu_err_sentence(rc));
        }
        down(w, i);
    }
    int rc = try_up(w, i);
    if (rc < 0) {
        fault(w, i, wavu_err_sentence(rc));
        return;
    }
    talk_world_look(w, i);
}

/* ---- The network ---- */

static void on_self(void *context, const struct wavu_network_member *member)
{
    struct talk_world_node *n = context;

    if (member->is_self) {
        memcpy(n->member, member->id, sizeof n->member);
    }
}

static bool has_entered(void *context)
{
    const struct talk_world_node *n = context;

    return n->is_entered;
}

static void join(struct talk_world *w, size_t by, size_t who)
{
    struct wavu_invitation invitation;
    char address[64];

    address_of(by, address, sizeof address);
    CHECK(wavu_invite(w->nodes[by].node, NULL, "en", &invitation) == 0);
    CHECK(wavu_join(w->nodes[who].node, invitation.code, address) == 0);
}

/* One after the other, each by a drawn one that is in. */
static void join_all(struct talk_world *w)
{
    for (size_t i = 1; i < w->config.count && talk_world_fault(w)[0] == '\0'; i++) {
        join(w, (size_t)sim_draw_below(&w->draw, i), i);
        if (!sim_run_until(w->sim, has_entered, &w->nodes[i], SETTLE_NS)) {
            fault(w, i, "did not get into the network");
            return;
        }
        sim_run_for(w->sim, JOIN_NS);
    }
}

/* Each says something as soon as it may: who wants to speak gets the keys for it. */
static void speak_all(struct talk_world *w)
{
    uint64_t until = sim_now(w->sim) + SETTLE_NS;
    size_t ready = 0;

    while (ready < w->config.count && talk_world_fault(w)[0] == '\0') {
        ready = 0;
        for (size_t i = 0; i < w->config.count; i++) {
            struct talk_world_node *n = &w->nodes[i];

            n->has_spoken = n->has_spoken || talk_world_say(w, i);
            ready += n->has_spoken ? 1 : 0;
            if (!n->has_spoken && sim_now(w->sim) >= until) {
                fault(w, i, "may not speak after two minutes");
            }
        }
        sim_run_for(w->sim, TIMERS_SECOND);
    }
}

static void found(struct talk_world *w)
{
    char id[WAVU_KEY_TEXT_MAX];

    CHECK(wavu_network_make(w->nodes[0].node, "savanna", NULL, id) == 0);
    join_all(w);
    w->entered_ns = sim_now(w->sim);
    for (size_t i = 0; i < w->config.count && talk_world_fault(w)[0] == '\0'; i++) {
        CHECK(wavu_network_members(w->nodes[i].node, NULL, on_self, &w->nodes[i]) == 0);
    }
    speak_all(w);
    talk_world_run(w, TALK_WORLD_REST_NS);
    talk_ledger_open(&w->ledger);
    w->text_bytes = 0;
}

void talk_world_start(struct talk_world *w, const struct talk_world_config *config)
{
    struct sim_cable_settings cable;
    char address[64];

    CHECK(config->count > 0 && config->count <= TALK_WORLD_NODES_MAX);
    *w = (struct talk_world){.config = *config,
                             .sim = sim_new(config->seed),
                             .draw = sim_draw_of(config->seed, SIM_SCENARIO, 1)};
    talk_ledger_init(&w->ledger, config->count, sim_random(w->sim, SIM_SCENARIO));
    sim_cable_get_default(w->sim, &cable);
    cable.loss_part = config->loss_part;
    cable.loss_whole = 1000;
    sim_cable_set_default(w->sim, &cable);
    for (size_t i = 0; i < config->count; i++) {
        address_of(i, address, sizeof address);
        *strchr(address, ':') = '\0';
        w->nodes[i] = (struct talk_world_node){.world = w, .host = sim_host_new(w->sim, address)};
        CHECK(try_up(w, i) == 0);
    }
    found(w);
}

void talk_world_stop(struct talk_world *w)
{
    for (size_t i = 0; i < w->config.count; i++) {
        if (w->nodes[i].node != NULL) {
            wavu_node_shut(w->nodes[i].node);
        }
    }
    sim_run_for(w->sim, TIMERS_SECOND);
    for (size_t i = 0; i < w->config.count; i++) {
        wavu_node_free(w->nodes[i].node);
    }
    talk_ledger_clear(&w->ledger);
    sim_free(w->sim);
}

/* ---- Talk ---- */

bool talk_world_say(struct talk_world *w, size_t i)
{
    size_t max = w->config.text_max > 0             ? w->config.text_max
                 : sim_draw_chance(&w->draw, 1, 40) ? LONG_TEXT_MAX
                                                    : TEXT_MAX;
    size_t len = 1 + (size_t)sim_draw_below(&w->draw, max);
    char *text = mem_new_raw(len);
    char id[WAVU_KEY_TEXT_MAX];

    memset(text, 'a' + (int)(len % 26), len);
    int rc = wavu_say(w->nodes[i].node, NULL, text, len, id);
    mem_free(text);
    if (rc < 0 && rc != WAVU_ERR_AGAIN && rc != WAVU_ERR_LIMIT && rc != WAVU_ERR_IO) {
        fault(w, i, wavu_err_sentence(rc));
    }
    w->text_bytes += rc == 0 ? len : 0;
    return rc == 0;
}

static bool is_over(void *context)
{
    return talk_world_fault(context)[0] != '\0';
}

void talk_world_run(struct talk_world *w, uint64_t ns)
{
    (void)sim_run_until(w->sim, is_over, w, ns);
}

void talk_world_talk(struct talk_world *w, size_t steps)
{
    for (size_t k = 0; k < steps && !is_over(w); k++) {
        size_t i = (size_t)sim_draw_below(&w->draw, w->config.count);

        if (w->nodes[i].node != NULL && sim_draw_chance(&w->draw, 1, 2)) {
            (void)talk_world_say(w, i);
        }
        talk_world_run(w, 1 + sim_draw_below(&w->draw, 200 * TIMERS_MS));
    }
}

/* ---- Judgement ---- */

struct look {
    struct talk_world *world;
    size_t node;
};

static void on_row(void *context, const struct wavu_message *message)
{
    const struct look *look = context;

    if (!message->is_hidden) {
        talk_ledger_row(&look->world->ledger, look->node, place_of(look->world, message->author),
                        message->id);
    }
}

void talk_world_look(struct talk_world *w, size_t i)
{
    struct look look = {.world = w, .node = i};

    talk_ledger_begin(&w->ledger, i);
    int rc = wavu_history(w->nodes[i].node, NULL, HISTORY_MAX, on_row, &look);
    if (rc < 0) {
        fault(w, i, wavu_err_sentence(rc));
        return;
    }
    talk_ledger_end(&w->ledger, i);
}

/* By what they were shown: reading all histories takes long when there are many. */
static bool may_be_equal(const struct talk_world *w)
{
    for (size_t i = 0; w->config.is_in_memory && i < w->config.count; i++) {
        if (w->ledger.nodes[i].shown < talk_ledger_standing(&w->ledger)) {
            return false;
        }
    }
    return true;
}

static void look_at_all(struct talk_world *w)
{
    for (size_t i = 0; i < w->config.count && !is_over(w); i++) {
        talk_world_look(w, i);
    }
}

uint64_t talk_world_settle(struct talk_world *w, uint64_t limit_ns)
{
    uint64_t begun = sim_now(w->sim);

    while (!is_over(w)) {
        bool may_be = may_be_equal(w);

        if (may_be) {
            look_at_all(w);
        }
        if (may_be && talk_ledger_are_equal(&w->ledger) && !is_over(w)) {
            return sim_now(w->sim) - begun;
        }
        if (sim_now(w->sim) - begun >= limit_ns) {
            fault(w, 0, "and others do not come to the same history");
        }
        talk_world_run(w, LOOK_NS);
    }
    return UINT64_MAX;
}

static void settle(struct talk_world *w)
{
    if (w->config.settle_ns > 0) {
        (void)talk_world_settle(w, w->config.settle_ns);
        return;
    }
    talk_world_run(w, 20 * TIMERS_SECOND);
    look_at_all(w);
}

void talk_world_part(struct talk_world *w, uint32_t sides)
{
    for (size_t i = 0; i < w->config.count; i++) {
        sim_cable_set_side(w->nodes[i].host, (uint32_t)sim_draw_below(&w->draw, sides));
    }
}

uint64_t talk_world_sent(const struct talk_world *w)
{
    uint64_t sent = 0;

    for (size_t i = 0; i < w->config.count; i++) {
        struct wavu_status status;

        wavu_node_status(w->nodes[i].node, &status);
        sent += status.bytes_sent;
    }
    return sent;
}

void talk_world_rounds(struct talk_world *w, size_t rounds)
{
    for (size_t round = 1; round <= rounds && !is_over(w); round++) {
        size_t i = (size_t)sim_draw_below(&w->draw, w->config.count);

        talk_world_talk(w, (size_t)sim_draw_below(&w->draw, 20));
        if (w->nodes[i].node != NULL) {
            talk_world_kill(w, i);
            talk_world_talk(w, (size_t)sim_draw_below(&w->draw, 20));
        }
        for (size_t k = 0; k < w->config.count && !is_over(w); k++) {
            bool has_to = round % 10 == 0 || sim_draw_chance(&w->draw, 3, 4);

            if (w->nodes[k].node == NULL && has_to) {
                talk_world_rise(w, k);
            }
        }
        if (round % 10 == 0 && !is_over(w)) {
            settle(w);
        }
    }
}
