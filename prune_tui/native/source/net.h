/* A pruned network, written by prune-tui. */
#ifndef NET_H
#define NET_H

#define NET_INPUT_SIZE ${input_size}
#define NET_OUTPUT_SIZE ${output_size}

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the network on n examples.
   in: n times ${input}; out: n times ${output}.
   Numbers that it can't compute for want of memory are NaN. Several threads may call it at once;
   each keeps its working memory until the program ends. */
void net(const float *in, float *out, int n);

#ifdef __cplusplus
}
#endif
#endif
