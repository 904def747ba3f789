
/* Runs one node so many times; 0 times sets all values to 0 first. The nodes of a batch come before those for
   one example. */
void net_node(int node, int times)
{
    static void (*const nodes[])(float *) = {
${nodes}
    };
    float *const m = memory();
    if (m && !times)
        memset(m, 0, MEMORY);
    for (int i = 0; m && i < times; i++)
        nodes[node](m);
}

int net_lanes(void) { return LANES; }
