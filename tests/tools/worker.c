// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - a program to be saved: its result depends on all that it has done and
 * on all of its memory.
 *
 *	worker STEPS MILLISECONDS [MIB]
 *
 * It prints a line a step and ends with status 7; SIGTERM lets it end at once with
 * status 15.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DONE	7
#define STOPPED	15

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	stop = sig;
}

static uint64_t next(uint64_t number)
{
	return number * 6364136223846793005 + 1442695040888963407;
}

static void nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

int main(int argc, char **argv)
{
	int steps = argc > 1 ? atoi(argv[1]) : 10;
	long ms = argc > 2 ? atol(argv[2]) : 100;
	size_t words = (argc > 3 ? atol(argv[3]) : 1) << 17, i;
	uint64_t *memory = malloc(words * sizeof(*memory));
	uint64_t number = 2008;
	int step;

	if (!memory)
		return 1;
	signal(SIGTERM, on_term);
	for (i = 0; i < words; i++) {
		number = next(number);
		memory[i] = number;
	}
	for (step = 1; step <= steps && !stop; step++) {
		memory[number % words] ^= next(number);
		number = next(number);
		printf("step %d/%d %016llx\n", step, steps, (unsigned long long)number);
		fflush(stdout);
		nap(ms);
	}
	for (i = 0; i < words; i++)
		number = next(number ^ memory[i]);
	printf("%s %016llx\n", stop ? "stopped" : "result", (unsigned long long)number);
	return stop ? STOPPED : DONE;
}
