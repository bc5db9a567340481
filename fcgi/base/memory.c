/* The note that memory ran out. See memory.h. */
#include "base/memory.h"

static _Thread_local bool noted;

void memory_note(void)
{
	noted = true;
}

bool memory_noted(void)
{
	return noted;
}

bool memory_take(void)
{
	bool was = noted;
	noted = false;
	return was;
}
