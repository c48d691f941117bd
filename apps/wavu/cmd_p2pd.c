/*
 * `wavu p2pd`: the words of the command line for apps/p2pd, the lines that its clients wait for,
 * and a sentence when it does not start.
 */
#include "apps/wavu/cmd_p2pd.h"

#include <stdio.h>

#include "apps/p2pd/p2pd.h"
#include "apps/p2pd/p2pd_lines.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"

static int cmd_p2pd_explain(const struct p2pd_failure *why, const struct p2pd_flags *flags)
{
    const char *sentence = wavu_err_sentence(why->err);
    switch (why->step) {
    case P2PD_FLAGS:
        return say_problem(SAY_USAGE, "%s ('wavu p2pd --help' tells more)", flags->problem);
    case P2PD_KEY_FILE:
        return why->err == WAVU_ERR_NOT_FOUND
                   ? say_problem(SAY_NOT_FOUND, "the key file %s cannot be read", why->detail)
                   : say_problem(SAY_USAGE, "%s is no private key of libp2p", why->detail);
    case P2PD_KEY_KIND:
        return say_problem(SAY_USAGE, "the key is of kind %s: only Ed25519 is built", why->detail);
    case P2PD_KEY_PAIR:
        return say_problem(SAY_USAGE, "the halves of the key in %s do not belong together",
                           why->detail);
    case P2PD_LOOP:
    case P2PD_NODE:
        return say_problem(SAY_FAILURE, "no node was made: %s", sentence);
    case P2PD_HOST:
        return say_problem(why->err == WAVU_ERR_IN_USE ? SAY_CONFLICT : SAY_USAGE,
                           "cannot listen at %s: %s", why->detail, sentence);
    case P2PD_ANNOUNCE:
    case P2PD_PEER:
        return say_problem(SAY_USAGE, "%s is no address: %s", why->detail, sentence);
    case P2PD_SOCKET:
        if (why->err == WAVU_ERR_DENIED) {
            return say_problem(SAY_DENIED,
                               "the control socket %s is refused: beyond this machine only with "
                               "-listenAnywhere",
                               why->detail);
        }
        return say_problem(why->err == WAVU_ERR_IN_USE ? SAY_CONFLICT : SAY_USAGE,
                           "no control socket at %s: %s", why->detail, sentence);
    }
    return SAY_FAILURE;
}

static void cmd_p2pd_note_unbuilt(const struct p2pd_flags *flags)
{
    const char *name = NULL;
    for (size_t i = 0; (name = p2pd_flags_unbuilt(flags, i)) != NULL; i++) {
        (void)fprintf(stderr, tongue("p2pd: nothing comes of -%s: it is not built yet\n"), name);
    }
}

int cmd_p2pd_run(struct call *call)
{
    static struct p2pd_flags flags;
    static struct p2pd daemon; /* static: signals speak of it for as long as the loop lives */
    struct p2pd_failure why = {.step = P2PD_FLAGS};
    p2pd_flags_init(&flags);
    if (!p2pd_flags_parse(&flags, call->foreign_count, call->foreign) ||
        !p2pd_start(&daemon, &flags, &why)) {
        return cmd_p2pd_explain(&why, &flags);
    }
    cmd_p2pd_note_unbuilt(&flags);
    if (!flags.is_quiet) {
        p2pd_lines_print(&daemon);
    }
    int code = say_flush() ? SAY_OK : SAY_FAILURE;
    p2pd_bootstrap(&daemon);
    p2pd_run(&daemon);
    p2pd_end(&daemon);
    return code;
}
