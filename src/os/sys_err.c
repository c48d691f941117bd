/*
 * errno to wavu_err.
 */
#include "os/sys_err.h"

#include <errno.h>
#include <stddef.h>

int sys_err_from(int number)
{
    static const struct {
        int number;
        int err;
    } table[] = {
        {EAGAIN, WAVU_ERR_AGAIN},
        {EINPROGRESS, WAVU_ERR_AGAIN},
        {ECONNREFUSED, WAVU_ERR_REFUSED},
        {ECONNRESET, WAVU_ERR_RESET},
        {EPIPE, WAVU_ERR_RESET},
        {ECONNABORTED, WAVU_ERR_RESET},
        {ETIMEDOUT, WAVU_ERR_TIMEOUT},
        {EHOSTUNREACH, WAVU_ERR_UNREACHABLE},
        {ENETUNREACH, WAVU_ERR_UNREACHABLE},
        {ENETDOWN, WAVU_ERR_UNREACHABLE},
        {EAFNOSUPPORT, WAVU_ERR_UNREACHABLE},
        {EADDRNOTAVAIL, WAVU_ERR_INVALID},
        {EINVAL, WAVU_ERR_INVALID},
        {ENAMETOOLONG, WAVU_ERR_INVALID},
        {EADDRINUSE, WAVU_ERR_IN_USE},
        {EACCES, WAVU_ERR_DENIED},
        {EPERM, WAVU_ERR_DENIED},
        {EROFS, WAVU_ERR_DENIED},
        {ELOOP, WAVU_ERR_DENIED},
        {ENOENT, WAVU_ERR_NOT_FOUND},
        {ENOTDIR, WAVU_ERR_NOT_FOUND},
        {EEXIST, WAVU_ERR_EXISTS},
        {ENOSPC, WAVU_ERR_NO_SPACE},
        {EDQUOT, WAVU_ERR_NO_SPACE},
        {EMFILE, WAVU_ERR_LIMIT},
        {ENFILE, WAVU_ERR_LIMIT},
        {ENOBUFS, WAVU_ERR_LIMIT},
        {ENOMEM, WAVU_ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].number == number) {
            return table[i].err;
        }
    }
    return WAVU_ERR_IO;
}

int sys_err_last(void)
{
    return sys_err_from(errno);
}
