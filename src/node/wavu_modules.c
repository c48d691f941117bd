/*
 * Modules of a node: how they come in, how long they take, what is known of them. Source:
 * docs/decisions/0021-modules.md.
 */
#include "node/wavu_modules.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "node/wavu_networks.h"
#include "node/wavu_rooms.h"
#include "node/wavu_send.h"
#include "port/libs.h"

#define TABLE_MAX 4096 /* bytes of a table: what says more is no table */

_Static_assert(WAVU_MODULE_ID_MAX == LOG_ID_SIZE, "a short id");
_Static_assert(sizeof((struct wavu_module *)0)->size == 4 &&
                   offsetof(struct wavu_module, size) == 0,
               "each table begins with its size");

/* ---- What a module may ask ---- */

static void on_log(void *self, enum wavu_log_level level, const char *text)
{
    const struct wavu_modules_one *one = self;
    char line[LOG_LINE_MAX];
    size_t len = 0;

    for (; text[len] != '\0' && len + 1 < sizeof line; len++) {
        const unsigned char c = (unsigned char)text[len];

        line[len] = text[len];
        if (c < ' ' || c == 0x7f) {
            line[len] = '?'; /* one line, and no terminal's language */
        }
    }
    line[len] = '\0';
    level = level > WAVU_LOG_DEBUG ? WAVU_LOG_DEBUG : level;
    static const enum log_level levels[] = {[WAVU_LOG_ERROR] = LOG_ERROR,
                                            [WAVU_LOG_WARN] = LOG_WARN,
                                            [WAVU_LOG_INFO] = LOG_INFO,
                                            [WAVU_LOG_DEBUG] = LOG_DEBUG};
    log_write(&one->owner->node->log, levels[level], "module", "%s: %s", one->about.name, line);
}

static void on_count(void *self, uint32_t counter, uint64_t by)
{
    struct wavu_modules_one *one = self;

    if (counter < WAVU_MODULE_COUNTERS) {
        one->counters[counter] += by;
    }
}

static uint64_t on_now(void *self)
{
    const struct wavu_modules_one *one = self;

    return one->owner->node->port->turn.now_ns;
}

/* ---- How long it takes ---- */

uint64_t wavu_modules_begin(const struct wavu_modules_one *one)
{
    struct port *port = one->owner->node->port;

    return port->precise_ns(port);
}

static void switch_off(struct wavu_modules_one *one, const char *why)
{
    struct wavu_modules *m = one->owner;
    struct turn *turn = &m->node->port->turn;

    one->why_off = why;
    if (m->metric == one) {
        m->metric = NULL;
        timers_set(&turn->timers, &m->recost, turn->now_ns, 0); /* it may be in the graph now */
    }
}

/* One more; those of long ago are forgiven, one after the other. */
static void strike(struct wavu_modules_one *one, const char *why)
{
    const uint64_t now = one->owner->node->port->turn.now_ns;
    const uint64_t forgiven = (now - one->struck_ns) / WAVU_MODULES_FORGIVE_NS;

    one->struck_ns = one->strikes == 0 || forgiven >= one->strikes
                         ? now
                         : one->struck_ns + forgiven * WAVU_MODULES_FORGIVE_NS;
    one->strikes = forgiven >= one->strikes ? 1 : one->strikes - (uint32_t)forgiven + 1;
    if (one->strikes != WAVU_MODULES_STRIKES_MAX + 1) {
        return;
    }
    if (one->owner->cipher == one) {
        log_write(&one->owner->node->log, LOG_WARN, "module",
                  "%s is slow; it stays, since it is a cipher and nothing may take its place",
                  one->about.name);
        return;
    }
    switch_off(one, why);
    log_write(&one->owner->node->log, LOG_WARN, "module",
              "%s is asked no more, because of this too often in a short time: %s", one->about.name,
              why);
}

void wavu_modules_end(struct wavu_modules_one *one, uint64_t begun_ns, bool is_good)
{
    struct port *port = one->owner->node->port;
    const uint64_t took_ns = port->precise_ns(port) - begun_ns;

    one->calls++;
    one->longest_ns = took_ns > one->longest_ns ? took_ns : one->longest_ns;
    if (!is_good) {
        one->bad++;
        strike(one, "bad answers");
    }
    if (took_ns > WAVU_MODULES_CALL_NS) {
        one->slow++;
        strike(one, "slow");
    }
}

/* ---- Ways ---- */

void wavu_modules_recost(struct wavu_modules *m)
{
    const struct route_metric *metric = wavu_modules_metric(m);
    struct wavu_networks *w = m->node->networks;

    wavu_send_set_metric(m->node->sends, metric);
    for (struct list *l = w == NULL ? NULL : list_next(&w->ones, &w->ones); l != NULL;
         l = list_next(&w->ones, l)) {
        wavu_rooms_set_metric(LIST_OF(l, struct wavu_networks_one, link)->rooms, metric);
    }
}

static void on_recost(struct timer *timer, uint64_t now)
{
    (void)now;
    wavu_modules_recost(LIST_OF(timer, struct wavu_modules, recost));
}

/* ---- What it says of itself ---- */

static int refuse(int err, char why[WAVU_MODULE_WHY_MAX], const char *sentence)
{
    (void)snprintf(why, WAVU_MODULE_WHY_MAX, "%s", sentence);
    return err;
}

/* Copy as much of a table as it says to have and we know; false when it lacks some of the first
 * version's `least`. */
static bool take_table(void *to, const void *from, size_t size, size_t least)
{
    uint32_t said = 0;

    memcpy(&said, from, sizeof said);
    if (said < least || said > TABLE_MAX) {
        return false;
    }
    memcpy(to, from, said < size ? said : size);
    return true;
}

/* Bytes of `text`, which may be NULL; 0 also for those with more than there may be. */
static size_t length_of(const char *text)
{
    const char *end = text == NULL ? NULL : memchr(text, '\0', WAVU_MODULE_NAME_MAX + 1);

    return end == NULL ? 0 : (size_t)(end - text);
}

static bool is_name(const char *name)
{
    const size_t len = length_of(name);

    return len > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool is_version(const char *version)
{
    const size_t len = length_of(version);

    return len > 0 && utf8_is_plain(span_of(version, len)) && strcspn(version, " \\\"") == len;
}

static int take_tables(struct wavu_modules_one *one, char why[WAVU_MODULE_WHY_MAX])
{
    const struct wavu_module *about = &one->about;
    bool is_good = about->metric == NULL || (take_table(&one->metric, about->metric,
                                                        sizeof one->metric, sizeof one->metric) &&
                                             one->metric.cost != NULL);

    is_good = is_good &&
              (about->filter == NULL ||
               (take_table(&one->filter, about->filter, sizeof one->filter, sizeof one->filter) &&
                (one->filter.incoming != NULL || one->filter.outgoing != NULL)));
    is_good = is_good &&
              (about->cipher == NULL ||
               (take_table(&one->cipher, about->cipher, sizeof one->cipher, sizeof one->cipher) &&
                one->cipher.seal != NULL && one->cipher.open != NULL));
    if (!is_good) {
        return refuse(WAVU_ERR_INVALID, why, "one of its tables is too short, or empty");
    }
    if (about->metric == NULL && about->filter == NULL && about->cipher == NULL) {
        return refuse(WAVU_ERR_INVALID, why, "it does nothing: it has no table");
    }
    return 0;
}

static int take(struct wavu_modules_one *one, const struct wavu_module *module,
                char why[WAVU_MODULE_WHY_MAX])
{
    if (module == NULL || !take_table(&one->about, module, sizeof one->about, 8) ||
        one->about.magic != WAVU_MODULE_MAGIC) {
        return refuse(WAVU_ERR_INVALID, why, "it is no module of wavu's");
    }
    if (one->about.abi_major != WAVU_MODULE_ABI_MAJOR) {
        (void)snprintf(why, WAVU_MODULE_WHY_MAX,
                       "it was built for version %u of the interface, and this node has %u: build "
                       "it again with this node's wavu/module.h",
                       one->about.abi_major, WAVU_MODULE_ABI_MAJOR);
        return WAVU_ERR_INVALID;
    }
    if (module->size < sizeof one->about || !is_name(one->about.name) ||
        !is_version(one->about.version)) {
        return refuse(WAVU_ERR_INVALID, why,
                      "its name (1 to 32 of a-z, 0-9 and -), version or size is not such");
    }
    return take_tables(one, why);
}

static int check_place(const struct wavu_modules_one *one, char why[WAVU_MODULE_WHY_MAX])
{
    const struct wavu_modules *m = one->owner;

    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->ones[i]->about.name, one->about.name) == 0) {
            return refuse(WAVU_ERR_EXISTS, why, "a module of that name is loaded already");
        }
    }
    if (one->about.metric != NULL && m->metric != NULL) {
        return refuse(WAVU_ERR_EXISTS, why, "another module says what ways cost already");
    }
    if (one->about.cipher != NULL && m->cipher != NULL) {
        return refuse(WAVU_ERR_EXISTS, why, "another module is the links' cipher already");
    }
    return 0;
}

/* ---- In and out ---- */

static struct wavu_modules *modules_of(struct wavu_node *node)
{
    struct wavu_modules *m = node->modules;

    if (m == NULL) {
        m = mem_new(sizeof *m);
        m->node = node;
        timers_prepare(&m->recost, on_recost);
        node->modules = m;
    }
    return m;
}

static void one_free(struct wavu_modules_one *one)
{
    if (one->is_begun && one->about.fini != NULL) {
        one->about.fini(one->state);
    }
    if (one->lib != NULL) {
        one->owner->node->port->libs->close(one->lib);
    }
    mem_free(one->file);
    mem_free(one->argument);
    mem_free(one);
}

/* Let it begin. What it says is a sentence of its author, for the person who loads it. */
static int begin(struct wavu_modules_one *one, char why[WAVU_MODULE_WHY_MAX])
{
    char said[WAVU_MODULE_WHY_MAX] = "";

    one->host = (struct wavu_module_host){.size = sizeof one->host,
                                          .abi_major = WAVU_MODULE_ABI_MAJOR,
                                          .abi_minor = WAVU_MODULE_ABI_MINOR,
                                          .self = one,
                                          .argument = one->argument,
                                          .log = on_log,
                                          .count = on_count,
                                          .now_ns = on_now};
    if (one->about.init != NULL && one->about.init(&one->host, &one->state, said) != 0) {
        said[sizeof said - 1] = '\0';
        (void)snprintf(why, WAVU_MODULE_WHY_MAX, "it says: %.150s",
                       said[0] != '\0' && utf8_is_plain(span_from_text(said)) ? said
                                                                              : "it cannot begin");
        return WAVU_ERR_DENIED;
    }
    one->is_begun = true;
    return 0;
}

/* `one`, with its library, is taken here, whatever becomes of it. */
static int add_take(struct wavu_modules_one *one, const struct wavu_module *module,
                    const char *argument, char why[WAVU_MODULE_WHY_MAX])
{
    struct wavu_modules *m = one->owner;
    int rc = take(one, module, why);

    one->argument = mem_copy_text(argument == NULL ? "" : argument);
    rc = rc < 0 ? rc : check_place(one, why);
    rc = rc < 0 ? rc : begin(one, why);
    rc = rc < 0 || one->about.cipher == NULL ? rc : wavu_modules_cipher_check(one, why);
    if (rc < 0) {
        one_free(one);
        return rc;
    }
    m->ones[m->count++] = one;
    if (one->about.cipher != NULL) {
        wavu_modules_cipher_take(one);
    }
    if (one->about.metric != NULL) {
        wavu_modules_metric_take(one);
    }
    log_write(&m->node->log, LOG_INFO, "module", "%s %s is loaded", one->about.name,
              one->about.version);
    return 0;
}

static int check_wish(const struct wavu_modules *m, const char *argument,
                      char why[WAVU_MODULE_WHY_MAX])
{
    if (m->count == WAVU_MODULES_MAX) {
        return refuse(WAVU_ERR_LIMIT, why, "there are 16 modules already, as many as there can be");
    }
    if (argument != NULL && strlen(argument) > WAVU_MODULES_ARGUMENT_MAX) {
        return refuse(WAVU_ERR_LIMIT, why, "its argument is longer than 1024 bytes");
    }
    return 0;
}

int wavu_module_add(struct wavu_node *node, const struct wavu_module *module, const char *argument,
                    char why[WAVU_MODULE_WHY_MAX])
{
    struct wavu_modules *m = modules_of(node);
    int rc = check_wish(m, argument, why);

    if (rc < 0) {
        return rc;
    }
    struct wavu_modules_one *one = mem_new(sizeof *one);

    one->owner = m;
    return add_take(one, module, argument, why);
}

int wavu_module_load(struct wavu_node *node, const char *file, const char *argument,
                     char why[WAVU_MODULE_WHY_MAX])
{
    struct wavu_modules *m = modules_of(node);
    const struct port_libs *libs = node->port->libs;
    const struct span_mut room = span_mut_of((uint8_t *)why, WAVU_MODULE_WHY_MAX);
    const struct wavu_module *(*entry)(void) = NULL;
    void (*found)(void) = NULL;
    struct port_lib *lib = NULL;
    int rc = check_wish(m, argument, why);

    if (rc == 0 && libs == NULL) {
        rc = refuse(WAVU_ERR_UNSUPPORTED, why, "this node cannot load files");
    }
    rc = rc < 0 ? rc : libs->open(file, WAVU_MODULE_ENTRY, &lib, &found, room);
    if (rc < 0) {
        return rc;
    }
    struct wavu_modules_one *one = mem_new(sizeof *one);

    entry = (const struct wavu_module *(*)(void))found;
    one->owner = m;
    one->lib = lib;
    one->file = mem_copy_text(file);
    return add_take(one, entry(), argument, why);
}

void wavu_modules_free(struct wavu_modules *m)
{
    if (m == NULL) {
        return;
    }
    timers_cancel(&m->node->port->turn.timers, &m->recost);
    while (m->count > 0) {
        one_free(m->ones[--m->count]);
    }
    m->node->modules = NULL;
    mem_free(m);
}

int wavu_module_off(struct wavu_node *node, const char *name)
{
    struct wavu_modules *m = node->modules;

    for (size_t i = 0; m != NULL && i < m->count; i++) {
        struct wavu_modules_one *one = m->ones[i];

        if (strcmp(one->about.name, name) != 0) {
            continue;
        }
        if (m->cipher == one) {
            return WAVU_ERR_DENIED;
        }
        if (one->why_off == NULL) {
            switch_off(one, "wished");
        }
        return 0;
    }
    return WAVU_ERR_NOT_FOUND;
}

void wavu_module_list(const struct wavu_node *node,
                      void (*each)(void *context, const struct wavu_module_about *about),
                      void *context)
{
    const struct wavu_modules *m = node->modules;

    for (size_t i = 0; m != NULL && i < m->count; i++) {
        const struct wavu_modules_one *one = m->ones[i];
        struct wavu_module_about about = {.name = one->about.name,
                                          .version = one->about.version,
                                          .file = one->file == NULL ? "" : one->file,
                                          .is_metric = one->about.metric != NULL,
                                          .is_filter = one->about.filter != NULL,
                                          .is_cipher = one->about.cipher != NULL,
                                          .is_off = one->why_off != NULL,
                                          .why_off = one->why_off == NULL ? "" : one->why_off,
                                          .calls = one->calls,
                                          .slow = one->slow,
                                          .bad = one->bad,
                                          .longest_us = one->longest_ns / TIMERS_US};

        memcpy(about.counters, one->counters, sizeof about.counters);
        each(context, &about);
    }
}
