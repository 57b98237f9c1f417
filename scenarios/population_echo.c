/* Where a population comes from, as YAML with all defaults. */
#include "scenarios/population.h"

static void structures_echo(FILE *out, int indent, const struct generate_section *g,
                            struct arena *arena)
{
    fprintf(out, "%*sstructures:\n", indent, "");
    for (uint32_t i = 0; i < g->n_structure; i++) {
        const struct structure_section *s = &g->structure[i];
        fprintf(out, "%*s-\n", indent + 2, "");
        section_echo(out, indent + 4, sections_structure, s, arena);
        section_echo(out, indent + 4, sections_structure_kind[s->kind], s, arena);
    }
}

static void generate_echo(FILE *out, int indent, const struct generate_section *g,
                          struct arena *arena)
{
    fprintf(out, "%*sgenerate:\n", indent, "");
    section_echo(out, indent + 2, sections_generate, g, arena);
    fprintf(out, "%*ssize:\n", indent + 2, "");
    section_echo(out, indent + 4, sections_size, &g->size, arena);
    structures_echo(out, indent + 2, g, arena);
}

void population_echo(FILE *out, int indent, const struct scenario_population *population,
                     struct arena *arena)
{
    const struct population_source *source = population->source;
    const char *venue = node_quote(population->venue, arena);
    const char *file = node_quote(population->file, arena);

    if (source == NULL) {
        fprintf(out, "%*s%s: %s\n", indent, "", venue, file);
        return;
    }
    fprintf(out, "%*s%s:\n", indent, "", venue);
    section_echo(out, indent + 2, sections_cover, &source->cover, arena);
    if (source->generate == NULL)
        fprintf(out, "%*sfile: %s\n", indent + 2, "", file);
    else
        generate_echo(out, indent + 2, source->generate, arena);
}
