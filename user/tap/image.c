/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap/image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_HERE ELFDATA2LSB
#else
#define BYTE_ORDER_HERE ELFDATA2MSB
#endif

static bool fill_window(struct image *img, uint64_t offset)
{
	size_t len = 0, want = img->size - offset < IMAGE_WINDOW ? (size_t)(img->size - offset) : IMAGE_WINDOW;

	img->window_at = offset;
	img->window_len = 0;
	if (img->reads++ >= IMAGE_READS_MAX)
		return false;
	while (len < want) {
		ssize_t n = pread(img->fd, img->window + len, want - len, (off_t)(offset + len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	img->window_len = len;
	return len > 0;
}

/* The only bounds check. */
const uint8_t *image_at(struct image *img, uint64_t offset, size_t len)
{
	if (len > IMAGE_WINDOW || offset > img->size || len > img->size - offset)
		return NULL;
	if (offset < img->window_at || offset - img->window_at > img->window_len ||
	    len > img->window_len - (size_t)(offset - img->window_at)) {
		if (!fill_window(img, offset) || len > img->window_len)
			return NULL;
	}
	return img->window + (offset - img->window_at);
}

static bool copy(struct image *img, uint64_t offset, void *to, size_t len)
{
	const uint8_t *p = image_at(img, offset, len);

	if (p)
		memcpy(to, p, len);
	return p;
}

static bool is_ours(const Elf64_Ehdr *h)
{
	return !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == BYTE_ORDER_HERE && h->e_machine == MACHINE && (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
	       h->e_phentsize == sizeof(Elf64_Phdr);
}

/* A table of headers in the file. 0, -E2BIG or -ENOEXEC. */
static int read_table(struct image *img, uint64_t offset, size_t cnt, void *to, size_t entry, size_t max)
{
	if (cnt > max)
		return -E2BIG;
	return copy(img, offset, to, cnt * entry) ? 0 : -ENOEXEC;
}

int image_open(struct image *img, int fd)
{
	struct stat st;
	Elf64_Ehdr head;
	int ret;

	img->fd = fd;
	img->segment_cnt = img->section_cnt = img->reads = 0;
	img->window_at = img->window_len = 0;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	img->size = (uint64_t)st.st_size;
	if (!copy(img, 0, &head, sizeof(head)) || !is_ours(&head))
		return -ENOEXEC;
	ret = read_table(img, head.e_phoff, head.e_phnum, img->segments, sizeof(Elf64_Phdr), IMAGE_SEGMENTS_MAX);
	if (ret)
		return ret;
	img->segment_cnt = head.e_phnum;
	if (!head.e_shnum || head.e_shentsize != sizeof(Elf64_Shdr))
		return 0;
	ret = read_table(img, head.e_shoff, head.e_shnum, img->sections, sizeof(Elf64_Shdr), IMAGE_SECTIONS_MAX);
	if (ret)
		return ret;
	img->section_cnt = head.e_shnum;
	/* Names are looked up in the first place: the section of names goes first. */
	if (head.e_shstrndx && head.e_shstrndx < img->section_cnt)
		img->sections[0] = img->sections[head.e_shstrndx];
	return 0;
}

static bool is_name(struct image *img, uint32_t at, const char *name)
{
	const Elf64_Shdr *names = &img->sections[0];
	const size_t len = strlen(name) + 1;
	const uint8_t *p;

	if (names->sh_type != SHT_STRTAB || at > names->sh_size || len > names->sh_size - at)
		return false;
	p = image_at(img, names->sh_offset + at, len);
	return p && !memcmp(p, name, len);
}

const Elf64_Shdr *image_section(struct image *img, const char *name)
{
	for (size_t i = 1; i < img->section_cnt; i++)
		if (img->sections[i].sh_type != SHT_NOBITS && is_name(img, img->sections[i].sh_name, name))
			return &img->sections[i];
	return NULL;
}

int64_t image_search(struct image *img, const Elf64_Shdr *section, uint64_t from, const void *needle, size_t len)
{
	if (section->sh_size > IMAGE_TABLE_MAX)
		return -1;
	while (from <= section->sh_size && section->sh_size - from >= len) {
		size_t n = section->sh_size - from < IMAGE_WINDOW ? (size_t)(section->sh_size - from) : IMAGE_WINDOW;
		const uint8_t *p = image_at(img, section->sh_offset + from, n), *found;

		if (!p)
			return -1;
		found = memmem(p, n, needle, len);
		if (found)
			return (int64_t)(from + (uint64_t)(found - p));
		from += n - len + 1;
	}
	return -1;
}

bool image_code_offset(const struct image *img, uint64_t address, uint64_t *out)
{
	for (size_t i = 0; i < img->segment_cnt; i++) {
		const Elf64_Phdr *s = &img->segments[i];

		if (s->p_type != PT_LOAD || !(s->p_flags & PF_X) || address < s->p_vaddr || address - s->p_vaddr >= s->p_filesz)
			continue;
		*out = s->p_offset + (address - s->p_vaddr);
		return *out >= s->p_offset && *out < img->size;
	}
	return false;
}
