/* Compares the network with what torch computed for the images of check.bin: one alone, and in batches. Prints
   the largest difference, relative to the largest output; exits with 1 above 1e-4, or if a class differs. */
#include "net.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DIFFERENCE 1e-4
#define BATCH 37

static float *numbers(size_t count)
{
    float *const made = malloc(count * sizeof *made);
    if (!made) {
        fputs("check: not enough memory\n", stderr);
        exit(2);
    }
    return made;
}

static float *numbers_of(FILE *file, size_t count)
{
    float *const read = numbers(count);
    if (fread(read, sizeof *read, count, file) != count) {
        fputs("check: check.bin is cut short\n", stderr);
        exit(2);
    }
    return read;
}

static int class_of(const float *outputs)
{
    int best = 0;
    for (int i = 1; i < NET_OUTPUT_SIZE; i++)
        best = outputs[i] > outputs[best] ? i : best;
    return best;
}

/* The largest difference of an example's outputs; infinite where a number is NaN. */
static double difference(const float *given, const float *wanted)
{
    double most = 0.0;
    for (int i = 0; i < NET_OUTPUT_SIZE; i++) {
        const double each = fabs((double)given[i] - (double)wanted[i]);
        most = each <= most ? most : each == each ? each : (double)INFINITY;
    }
    return most;
}

int main(int count, char **arguments)
{
    const char *const path = count > 1 ? arguments[1] : "check.bin";
    FILE *const file = fopen(path, "rb");
    int32_t head[2]; /* how many images, and whether the outputs are classes */
    if (!file || fread(head, sizeof *head, 2, file) != 2 || head[0] < 1 || head[0] > BATCH) {
        fprintf(stderr, "check: can't read %s\n", path);
        return 2;
    }
    const size_t images = (size_t)head[0];
    float *const inputs = numbers_of(file, images * NET_INPUT_SIZE);
    float *const wanted = numbers_of(file, images * NET_OUTPUT_SIZE);
    fclose(file);

    float *const in = numbers((size_t)BATCH * NET_INPUT_SIZE);
    float *const out = numbers((size_t)BATCH * NET_OUTPUT_SIZE);
    double largest = 1e-30, most = 0.0;
    int wrong = 0;
    for (size_t i = 0; i < images * NET_OUTPUT_SIZE; i++)
        largest = fmax(largest, fabs((double)wanted[i]));
    for (size_t i = 0; i < BATCH; i++)
        memcpy(in + i * NET_INPUT_SIZE, inputs + i % images * NET_INPUT_SIZE, NET_INPUT_SIZE * sizeof *in);
    for (int alone = 0; alone < 2; alone++) {
        const size_t tried = alone ? images : BATCH;
        if (alone)
            for (size_t i = 0; i < images; i++)
                net(inputs + i * NET_INPUT_SIZE, out + i * NET_OUTPUT_SIZE, 1);
        else
            net(in, out, BATCH);
        for (size_t i = 0; i < tried; i++) {
            const float *const given = out + i * NET_OUTPUT_SIZE;
            const float *const right = wanted + i % images * NET_OUTPUT_SIZE;
            most = fmax(most, difference(given, right));
            wrong += head[1] && class_of(given) != class_of(right);
        }
    }
    most /= largest;
    printf("largest difference %.1e of the largest output", most);
    if (head[1])
        printf(", %d classes differ", wrong);
    printf("\n");
    free(inputs);
    free(wanted);
    free(in);
    free(out);
    return most <= MOST_DIFFERENCE && !wrong ? 0 : 1;
}
