/*
 * wavu id: the peer id of the home's key, which is made when there is none.
 */
#include "apps/wavu/cmd_id.h"

#include "apps/wavu/home.h"
#include "apps/wavu/own_node.h"
#include "apps/wavu/say.h"

int cmd_id_run(struct call *call)
{
    char home[HOME_PATH_MAX];
    char id[WAVU_PEER_TEXT_MAX];
    struct own_node own = {NULL, NULL, NULL};
    struct own_node_wish wish = {.home = home, .log_level = WAVU_LOG_WARN};
    int code = home_find(call->home, home);
    if (code == 0) {
        code = home_make(home, false);
    }
    if (code == 0) {
        code = own_node_open(&own, &wish);
    }
    if (code == 0) {
        wavu_node_id(own.node, id);
        say_out(call->is_json ? "{\"peerId\":\"%s\"}\n" : "%s\n", id);
    }
    own_node_clear(&own);
    return code;
}
