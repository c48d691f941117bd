/*
 * Door 1's ways in and out: the only places that call through a link's ops and its user.
 */
#include "transport/link.h"

#include "base/check.h"

void link_up(struct link *link, const struct link_event *event)
{
    CHECK(link->user.up != NULL);
    link->user.up(link->user.context, link, event);
}

int link_send(struct link *link, const struct span *pieces, size_t count, size_t *taken)
{
    return link->ops->send(link, pieces, count, taken);
}

void link_pause(struct link *link, bool pause)
{
    link->ops->pause(link, pause);
}

void link_addresses(const struct link *link, struct multiaddr *local, struct multiaddr *remote)
{
    link->ops->addresses(link, local, remote);
}

void link_close(struct link *link, bool abort)
{
    link->ops->close(link, abort);
}
