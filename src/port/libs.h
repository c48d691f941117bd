/*
 * Code that a person names: libraries loaded into the process, for modules (wavu/module.h). Whoever
 * is asked looks first at who could have written it.
 */
#ifndef PORT_LIBS_H
#define PORT_LIBS_H

#include "base/span.h"
#include "port/port.h"

struct port_lib; /* opaque, owned by the port */

struct port_libs {
    /* Load the file at `path` and find `symbol` in it. On an error `why` gets a sentence without a
     * full stop, cut to its size. WAVU_ERR_INVALID: the path is not absolute, or it is no regular
     * file, or has no such symbol; _NOT_FOUND; _DENIED: somebody else could have written it;
     * _IO: the system cannot load it. What runs while it is loaded is the library's own. */
    int (*open)(const char *path, const char *symbol, struct port_lib **out, void (**found)(void),
                struct span_mut why);

    /* Nothing of it may be in use. NULL is fine. */
    void (*close)(struct port_lib *);
};

#endif
