/*
 * The system's error numbers as the house's: errno stays in os/.
 */
#ifndef OS_SYS_ERR_H
#define OS_SYS_ERR_H

#include "wavu/err.h"

/** The wavu_err for an errno value; WAVU_ERR_IO for what has no better name. */
WARN_UNUSED int sys_err_from(int number);

/** The wavu_err for the errno of the call that just failed. */
WARN_UNUSED int sys_err_last(void);

#endif
