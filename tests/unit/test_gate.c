// SPDX-License-Identifier: BSD-2-Clause
/* The packet table through the gate in user space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "capture/gate.h"
#include "capture/segment.h"
#include "cases.h"
#include "gate_run.h"

static void run_table(void **state)
{
	const struct packet_case *table = *state;
	int wrong = 0;

	for (const struct packet_case *c = table; c->name; c++) {
		struct text got = { .len = 0 };
		struct script s;

		script_init(&s);
		c->fill(&s);
		gate_run(c, &s, gate_run_text, &got);
		script_free(&s);
		if (strcmp(got.s, c->expected)) {
			print_error("%s:\n  want%s\n  got %s\n", c->name, c->expected, got.s);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "shapes", run_table, NULL, NULL, (void *)cases_shapes },
		{ "tunnels", run_table, NULL, NULL, (void *)cases_tunnels },
		{ "tcp", run_table, NULL, NULL, (void *)cases_tcp },
		{ "order", run_table, NULL, NULL, (void *)cases_order },
		{ "content", run_table, NULL, NULL, (void *)cases_content },
		{ "udp", run_table, NULL, NULL, (void *)cases_udp },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
