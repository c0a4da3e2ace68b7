/* SPDX-License-Identifier: BSD-2-Clause */
/* Containers, services and pods by the path of their cgroup, as each runtime makes it with either version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "owner/place.h"

#define ID "3f29ad0e4f8a6b9e5c1d7a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f"
#define ID2 "a8a2f4c1f0a6fa3b8d2f7a5b4c3d2e1f00112233445566778899aabbccddeeff"
#define POD "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"
#define POD_ "1f2e3d4c_5b6a_4798_8a9b_0c1d2e3f4a5b"
#define POD_OF_FILE "9d1f7cbd2a5c4e6f8a0b1c2d3e4f5a6b"

struct sample {
	const char *path, *runtime, *id, *name, *unit, *pod;
};

static const struct sample samples[] = {
	/* nothing */
	{ "/", NULL, NULL, NULL, NULL, "" },
	{ "", NULL, NULL, NULL, NULL, "" },
	{ "/user.slice", NULL, NULL, NULL, NULL, "" },
	{ "/init.scope", NULL, NULL, NULL, "init.scope", "" },
	/* systemd */
	{ "/system.slice/nginx.service", NULL, NULL, NULL, "nginx.service", "" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", NULL, NULL, NULL, "getty@tty1.service", "" },
	{ "/system.slice/app.service/workers", NULL, NULL, NULL, "app.service", "" },
	{ "/user.slice/user-1000.slice/session-3.scope", NULL, NULL, NULL, "session-3.scope", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-web.service", NULL, NULL, NULL, "app-web.service", "" },
	{ "/machine.slice/machine-web1.scope", "systemd-nspawn", NULL, "web1", NULL, "" },
	{ "/machine.slice/machine-web1.scope/payload/system.slice/nginx.service", "systemd-nspawn", NULL, "web1", "nginx.service", "" },
	{ "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/vcpu0", NULL, NULL, NULL, "machine-qemu\\x2d1\\x2dvm.scope", "" },
	/* Docker: systemd's driver, cgroupfs's; in a service of its own; in a container */
	{ "/system.slice/docker-" ID ".scope", "docker", ID, NULL, NULL, "" },
	{ "/docker/" ID, "docker", ID, NULL, NULL, "" },
	{ "/docker/" ID "/init", "docker", ID, NULL, NULL, "" },
	{ "/system.slice/docker.service/docker/" ID, "docker", ID, NULL, "docker.service", "" },
	{ "/docker/" ID "/docker/" ID2, "docker", ID2, NULL, NULL, "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope", "docker", ID, NULL, "user@1000.service", "" },
	{ "/moby/" ID, "docker", ID, NULL, NULL, "" },
	/* containerd: through CRI, nerdctl, ctr */
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_ ".slice/cri-containerd-" ID ".scope",
	  "containerd", ID, NULL, NULL, POD },
	{ "/kubepods.slice/kubepods-pod" POD_ ".slice/cri-containerd-" ID ".scope", "containerd", ID, NULL, NULL, POD },
	{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" POD_
	  ".slice/cri-containerd-" ID ".scope", "containerd", ID, NULL, NULL, POD },
	{ "/system.slice/containerd.service/kubepods-burstable-pod" POD_ ".slice:cri-containerd:" ID, "containerd", ID, NULL,
	  "containerd.service", POD },
	{ "/system.slice/nerdctl-" ID ".scope", "containerd", ID, NULL, NULL, "" },
	{ "/k8s.io/" ID, "containerd", ID, NULL, NULL, "" },
	{ "/default/" ID, "containerd", ID, NULL, NULL, "" },
	/* Kubernetes with cgroupfs: which runtime cannot be seen */
	{ "/kubepods/burstable/pod" POD "/" ID, NULL, ID, NULL, NULL, POD },
	{ "/kubepods/pod" POD "/" ID, NULL, ID, NULL, NULL, POD },
	{ "/kubepods/burstable/pod" POD_OF_FILE "/" ID, NULL, ID, NULL, NULL, POD_OF_FILE },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_OF_FILE ".slice/crio-" ID ".scope", "cri-o", ID,
	  NULL, NULL, POD_OF_FILE },
	/* CRI-O; what watches a container is not in it */
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_ ".slice/crio-" ID ".scope/container",
	  "cri-o", ID, NULL, NULL, POD },
	{ "/kubepods.slice/kubepods-pod" POD_ ".slice/crio-conmon-" ID ".scope", NULL, NULL, NULL, "crio-conmon-" ID ".scope", POD },
	/* Podman: as root, as a user, with cgroupfs */
	{ "/machine.slice/libpod-" ID ".scope", "podman", ID, NULL, NULL, "" },
	{ "/machine.slice/libpod-" ID ".scope/container", "podman", ID, NULL, NULL, "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container", "podman", ID, NULL,
	  "user@1000.service", "" },
	{ "/libpod_parent/libpod-" ID, "podman", ID, NULL, NULL, "" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", NULL, NULL, NULL, "libpod-conmon-" ID ".scope", "" },
	/* LXC */
	{ "/lxc/web", "lxc", NULL, "web", NULL, "" },
	{ "/lxc.payload.web/system.slice/nginx.service", "lxc", NULL, "web", "nginx.service", "" },
	{ "/lxc.monitor.web", NULL, NULL, NULL, NULL, "" },
	/* others that use such ids */
	{ "/ecs/0123456789abcdef/" ID, NULL, ID, NULL, NULL, "" },
	/* near misses */
	{ "/docker/3f29ad0e4f8a", NULL, NULL, NULL, NULL, "" },
	{ "/docker/" ID "0", NULL, NULL, NULL, NULL, "" },
	{ "/system.slice/docker-" ID "x.scope", NULL, NULL, NULL, "docker-" ID "x.scope", "" },
	{ "/docker/3F29AD0E4F8A6B9E5C1D7A2B3C4D5E6F708192A3B4C5D6E7F8091A2B3C4D5E6F", NULL, NULL, NULL, NULL, "" },
	{ "/kubepods/pod1234", NULL, NULL, NULL, NULL, "" },
	{ "/mypod" POD, NULL, NULL, NULL, NULL, "" },
	{ "pod", NULL, NULL, NULL, NULL, "" },
	{ "/x/:cri-containerd:", NULL, NULL, NULL, NULL, "" },
	{ "//", NULL, NULL, NULL, NULL, "" },
	{ "/lxc/", NULL, NULL, NULL, NULL, "" },
};

static void assert_part(const char *path, const char *what, struct place_text found, const char *wanted)
{
	char text[128] = "";

	if (found.s)
		snprintf(text, sizeof(text), "%.*s", (int)found.len, found.s);
	if (!found.s != !wanted || (wanted && strcmp(text, wanted)))
		fail_msg("%s: %s is '%s', not '%s'", path, what, found.s ? text : "(none)", wanted ? wanted : "(none)");
}

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		const struct sample *s = &samples[i];
		struct place p;

		place_parse(s->path, &p);
		assert_part(s->path, "id", p.id, s->id);
		assert_part(s->path, "name", p.name, s->name);
		assert_part(s->path, "unit", p.unit, s->unit);
		if (!p.runtime != !s->runtime || (s->runtime && strcmp(p.runtime, s->runtime)))
			fail_msg("%s: runtime is %s", s->path, p.runtime ? p.runtime : "(none)");
		if (strcmp(p.pod, s->pod))
			fail_msg("%s: pod is '%s'", s->path, p.pod);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
