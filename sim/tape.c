#include "sim/tape.h"

#include <string.h>

enum { FIRST_ROOM = 1024 };

void tape_add(struct tape *tape, const struct tape_event *event)
{
    if (tape->n_event == tape->room) {
        const size_t room = tape->room == 0 ? FIRST_ROOM : 2 * tape->room;
        struct tape_event *more = arena_reserve(&tape->arena, room, sizeof *more);
        if (tape->n_event > 0)
            memcpy(more, tape->event, tape->n_event * sizeof *more);
        tape->event = more;
        tape->room = room;
    }
    tape->event[tape->n_event++] = *event;
}

void tape_free(struct tape *tape)
{
    arena_free(&tape->arena);
    *tape = (struct tape){.n_event = 0};
}
