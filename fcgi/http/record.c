/* The records of an answer. See record.h. */
#include "http/record.h"

#include <errno.h>
#include <fastcgi.h>
#include <sys/uio.h>

#define CONTENT_MAX 65528 /* of a record; divisible by 8, so that there is no padding */
#define AT_ONCE     16

/* Those that are to go out together; the last part is what ends the answer. */
struct records {
	int fd, request;
	size_t count, part_count;
	FCGI_Header headers[AT_ONCE];
	struct iovec parts[2 * AT_ONCE + 1];
};

static FCGI_Header header_of(int request, int type, size_t length)
{
	return (FCGI_Header){
		.version = FCGI_VERSION_1,
		.type = (unsigned char)type,
		.requestIdB1 = (unsigned char)(request >> 8),
		.requestIdB0 = (unsigned char)request,
		.contentLengthB1 = (unsigned char)(length >> 8),
		.contentLengthB0 = (unsigned char)length,
	};
}

static void add_part(struct records *records, void *bytes, size_t length)
{
	records->parts[records->part_count++] = (struct iovec){ bytes, length };
}

/* Sends what was added, however often the socket stops taking it. */
static bool flush(struct records *records)
{
	struct iovec *part = records->parts, *end = part + records->part_count;
	records->count = records->part_count = 0;
	while (part < end) {
		ssize_t sent = writev(records->fd, part, (int)(end - part));
		if (sent < 0 && errno != EINTR)
			return false;
		for (; sent > 0 && part < end && (size_t)sent >= part->iov_len; part++)
			sent -= (ssize_t)part->iov_len;
		if (sent > 0) {
			part->iov_base = (char *)part->iov_base + sent;
			part->iov_len -= (size_t)sent;
		}
	}
	return true;
}

static bool add(struct records *records, const struct buffer *bytes)
{
	size_t length;
	for (size_t from = 0; from < bytes->length; from += length) {
		length = bytes->length - from < CONTENT_MAX ? bytes->length - from : CONTENT_MAX;
		if (records->count == AT_ONCE && !flush(records))
			return false;
		FCGI_Header *header = &records->headers[records->count++];
		*header = header_of(records->request, FCGI_STDOUT, length);
		add_part(records, header, sizeof *header);
		add_part(records, bytes->data + from, length);
	}
	return true;
}

bool record_send(int fd, int request, const struct buffer *head, const struct buffer *body)
{
	struct records records = { .fd = fd, .request = request };
	struct {
		FCGI_Header output;
		FCGI_EndRequestRecord request;
	} end = {
		.output = header_of(request, FCGI_STDOUT, 0),
		.request = { .header =
				 header_of(request, FCGI_END_REQUEST, sizeof(FCGI_EndRequestBody)),
		    .body = { .protocolStatus = FCGI_REQUEST_COMPLETE } },
	};

	if (!add(&records, head) || (body && !add(&records, body)))
		return false;
	add_part(&records, &end, sizeof end);
	return flush(&records);
}
