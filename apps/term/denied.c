/*
 * A network's name is cleaned: who made it chose it.
 */
#include "apps/term/denied.h"

#include <stdio.h>

#include "apps/term/say.h"
#include "apps/term/tongue.h"

const char *denied_write(const char *name, char out[DENIED_LINE_MAX])
{
    char clean[SAY_CLEAN_MAX];
    (void)snprintf(out, DENIED_LINE_MAX,
                   tongue("the others say that you are not in %.64s any more, and do not hear you: "
                          "ask one of them"),
                   say_clean(name, clean));
    return out;
}

const char *denied_write_over(const char *name, char out[DENIED_LINE_MAX])
{
    char clean[SAY_CLEAN_MAX];
    (void)snprintf(out, DENIED_LINE_MAX, tongue("nobody says any more that you are not in %.64s"),
                   say_clean(name, clean));
    return out;
}
