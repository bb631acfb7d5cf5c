#ifndef CARGUMENTS_H
#define CARGUMENTS_H

/// The arguments of the process as the dynamic loader gave them, without a copy: so many, the program's name among
/// them.
int cag_count(void);

/// The argument of a number below `cag_count()`; null where the loader gave none.
const char *cag_argument(int number);

#endif
