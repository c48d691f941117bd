/*
 * Modules that are not as they should be: each -DODD_<WHAT> makes one (cmake/Tests.cmake).
 */
#include <stdio.h>

#include "wavu/module.h"

#ifdef ODD_NO_ENTRY

WAVU_API int odd_no_entry(void);
int odd_no_entry(void)
{
    return 0;
}

#else

static int64_t cost(void *state, const struct wavu_module_link *link)
{
    (void)state;
    return link->default_cost;
}

#ifdef ODD_INIT
static int init(const struct wavu_module_host *host, void **state, char *why)
{
    (void)host;
    (void)state;
    (void)snprintf(why, WAVU_MODULE_WHY_MAX, "the moon is not full");
    return -1;
}
#endif

static const struct wavu_module_metric metric = {.size = sizeof metric, .cost = cost};

/* Of a later minor: it has more than the node knows. */
static const struct {
    struct wavu_module known;
    uint64_t more[4];
} module = {.known = {.size = sizeof module,
                      .magic = WAVU_MODULE_MAGIC,
#ifdef ODD_MAJOR
                      .abi_major = WAVU_MODULE_ABI_MAJOR + 1,
#else
                      .abi_major = WAVU_MODULE_ABI_MAJOR,
#endif
                      .abi_minor = WAVU_MODULE_ABI_MINOR + 7,
                      .name = "odd",
                      .version = "0.1",
#ifdef ODD_INIT
                      .init = init,
#endif
                      .metric = &metric},
            .more = {1, 2, 3, 4}};

WAVU_MODULE_EXPORT(&module.known)

#endif
