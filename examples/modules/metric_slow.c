/*
 * A metric for ways: as few links as can be, and a slow one only where there is no other way.
 *
 * wavu's own metric adds up round trips, so it takes three quick links rather than one slow one.
 * This one counts links, and takes one that is slower than a bound as a hundred. The argument is
 * the bound in milliseconds, 50 without one: --module /path/metric_slow.so=200
 */
#include <stdio.h>
#include <stdlib.h>

#include "wavu/module.h"

#define LINK_COST 1000
#define SLOW_LINKS 100
#define BOUND_MS 50
#define BOUND_MS_MAX 60000

enum { ASKED, SLOW }; /* counters, which wavu module list shows */

struct metric {
    const struct wavu_module_host *host;
    uint32_t bound_us;
};

static int init(const struct wavu_module_host *host, void **state, char *why)
{
    char *end = NULL;
    long ms = host->argument[0] == '\0' ? BOUND_MS : strtol(host->argument, &end, 10);
    struct metric *m = calloc(1, sizeof *m); /* each node has its own */

    if (m == NULL || (end != NULL && *end != '\0') || ms < 1 || ms > BOUND_MS_MAX) {
        (void)snprintf(why, WAVU_MODULE_WHY_MAX,
                       "the argument is a number of milliseconds, 1 to %d", BOUND_MS_MAX);
        free(m);
        return -1;
    }
    *m = (struct metric){.host = host, .bound_us = (uint32_t)ms * 1000};
    *state = m;
    return 0;
}

static void fini(void *state)
{
    free(state);
}

static int64_t cost(void *state, const struct wavu_module_link *link)
{
    const struct metric *m = state;
    const bool is_slow = link->rtt_us > m->bound_us;

    m->host->count(m->host->self, ASKED, 1);
    m->host->count(m->host->self, SLOW, is_slow ? 1 : 0);
    return is_slow ? SLOW_LINKS * LINK_COST : LINK_COST;
}

static const struct wavu_module_metric metric = {.size = sizeof metric, .cost = cost};

static const struct wavu_module module = {.size = sizeof module,
                                          .magic = WAVU_MODULE_MAGIC,
                                          .abi_major = WAVU_MODULE_ABI_MAJOR,
                                          .abi_minor = WAVU_MODULE_ABI_MINOR,
                                          .name = "metric-slow",
                                          .version = "1.0",
                                          .init = init,
                                          .fini = fini,
                                          .metric = &metric};

WAVU_MODULE_EXPORT(&module)
