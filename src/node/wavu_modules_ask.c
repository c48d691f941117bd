/*
 * What modules are asked: what a link costs, what is shown, what may be said.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "node/wavu_modules.h"

/* ---- What a link costs ---- */

static uint32_t cost(void *context, const struct route_metric_link *link)
{
    struct wavu_modules *m = context;
    const struct route_metric standard = route_metric_default();
    const uint32_t otherwise = standard.cost(standard.context, link);
    struct wavu_modules_one *one = m->metric;
    char a[WAVU_MODULE_ID_MAX];
    char b[WAVU_MODULE_ID_MAX];

    if (one == NULL) {
        return otherwise; /* until the graph has the default again */
    }
    const struct span self = span_of(m->node->swarm.key.public_key, OVERLAY_ID_SIZE);
    const struct wavu_module_link told = {.size = sizeof told,
                                          .a = a,
                                          .b = b,
                                          .rtt_us = link->facts.rtt_us,
                                          .loss = link->facts.loss,
                                          .is_own = span_is_equal(overlay_id_span(link->a), self) ||
                                                    span_is_equal(overlay_id_span(link->b), self),
                                          .default_cost = otherwise};

    log_id(&m->node->log, overlay_id_span(link->a), a);
    log_id(&m->node->log, overlay_id_span(link->b), b);
    const uint64_t begun = wavu_modules_begin(one);
    const int64_t answer = one->metric.cost(one->state, &told);
    const bool is_good = answer >= 0 && answer <= UINT32_MAX;

    wavu_modules_end(one, begun, is_good);
    return is_good && answer > 0 ? (uint32_t)answer : otherwise;
}

const struct route_metric *wavu_modules_metric(const struct wavu_modules *m)
{
    return m == NULL || m->metric == NULL ? NULL : &m->route;
}

void wavu_modules_metric_take(struct wavu_modules_one *one)
{
    struct wavu_modules *m = one->owner;

    m->route = (struct route_metric){.cost = cost, .context = m};
    m->metric = one;
    wavu_modules_recost(m);
}

/* ---- What is shown, and what may be said ---- */

struct wavu_modules_seen wavu_modules_look(struct wavu_modules *m,
                                           struct wavu_module_message *message)
{
    struct wavu_modules_seen seen = {.filter = ""};

    message->size = sizeof *message;
    for (size_t i = 0; m != NULL && i < m->count && !seen.is_hidden; i++) {
        struct wavu_modules_one *one = m->ones[i];

        if (one->filter.incoming == NULL || one->why_off != NULL) {
            continue;
        }
        const uint64_t begun = wavu_modules_begin(one);
        const int verdict = one->filter.incoming(one->state, message);
        const bool is_good = verdict >= WAVU_MODULE_PASS && verdict <= WAVU_MODULE_HIDE;

        wavu_modules_end(one, begun, is_good);
        if (is_good && verdict != WAVU_MODULE_PASS &&
            (seen.filter[0] == '\0' || verdict == WAVU_MODULE_HIDE)) {
            seen.filter = one->about.name;
            seen.is_hidden = verdict == WAVU_MODULE_HIDE;
        }
    }
    return seen;
}

static int refused(struct wavu_modules *m, const struct wavu_modules_one *one, const char *why)
{
    const bool is_said = why[0] != '\0' && utf8_is_plain(span_from_text(why));

    (void)snprintf(m->refusal, sizeof m->refusal, "the filter %s does not let that be said: %s",
                   one->about.name, is_said ? why : "it does not say why");
    return WAVU_ERR_DENIED;
}

void wavu_modules_fresh(struct wavu_modules *m)
{
    if (m != NULL) {
        m->refusal[0] = '\0';
    }
}

int wavu_modules_say(struct wavu_modules *m, struct wavu_module_message *message)
{
    if (m == NULL) {
        return 0;
    }
    wavu_modules_fresh(m);
    message->size = sizeof *message;
    message->author = "";
    for (size_t i = 0; i < m->count; i++) {
        struct wavu_modules_one *one = m->ones[i];
        char why[WAVU_MODULE_WHY_MAX] = "";

        if (one->filter.outgoing == NULL || one->why_off != NULL) {
            continue;
        }
        const uint64_t begun = wavu_modules_begin(one);
        const int verdict = one->filter.outgoing(one->state, message, why);

        why[sizeof why - 1] = '\0';
        wavu_modules_end(one, begun, verdict == 0 || verdict == 1);
        if (verdict == 1) {
            return refused(m, one, why);
        }
    }
    return 0;
}

const char *wavu_module_refusal(const struct wavu_node *node)
{
    return node->modules == NULL ? "" : node->modules->refusal;
}
