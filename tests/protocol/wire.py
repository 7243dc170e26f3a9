"""Reads what gRPC says on a connection without TLS: which call, which messages, how it ended."""

STATIC = [
    ":authority", ":method GET", ":method POST", ":path /", ":path /index.html", ":scheme http",
    ":scheme https", ":status 200", ":status 204", ":status 206", ":status 304", ":status 400",
    ":status 404", ":status 500", "accept-charset", "accept-encoding gzip, deflate",
    "accept-language", "accept-ranges", "accept", "access-control-allow-origin", "age", "allow",
    "authorization", "cache-control", "content-disposition", "content-encoding",
    "content-language", "content-length", "content-location", "content-range", "content-type",
    "cookie", "date", "etag", "expect", "expires", "from", "host", "if-match",
    "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified",
    "link", "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range",
    "referer", "refresh", "retry-after", "server", "set-cookie", "strict-transport-security",
    "transfer-encoding", "user-agent", "vary", "via", "www-authenticate"]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, CONTINUATION = 0, 1, 9
END_HEADERS, PADDED, PRIORITY = 0x4, 0x8, 0x20


class HeaderTable:
    """HPACK (RFC 7541) as far as gRPC's own programs go: they compress no string that is
    looked at here; a compressed one is kept as it is."""

    def __init__(self):
        self._static = [tuple((line.split(" ", 1) + [""])[:2]) for line in STATIC]
        self._dynamic = []

    def read(self, block):
        headers = []
        at = 0
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _integer(block, at, 7)
                headers.append(self._entry(index))
                continue
            if first & 0xE0 == 0x20:  # Another size of the table: nothing is that long here.
                _, at = _integer(block, at, 5)
                continue
            keep = first & 0xC0 == 0x40
            index, at = _integer(block, at, 6 if keep else 4)
            if index:
                name = self._entry(index)[0]
            else:
                name, at = _string(block, at)
            value, at = _string(block, at)
            headers.append((name, value))
            if keep:
                self._dynamic.insert(0, (name, value))
        return headers

    def _entry(self, index):
        if index <= len(self._static):
            return self._static[index - 1]
        return self._dynamic[index - len(self._static) - 1]


def _integer(block, at, bits):
    most = (1 << bits) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    shift = 0
    while True:
        value += (block[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not block[at - 1] & 0x80:
            return value, at


def _string(block, at):
    length, at = _integer(block, at, 7)
    return block[at:at + length].decode("latin-1"), at + length


class Direction:
    """One side's bytes. Calls `on_headers(stream, headers)` and `on_message(stream, bytes)`."""

    def __init__(self, from_client, on_headers, on_message):
        self._bytes = b""
        self._preface = from_client
        self._table = HeaderTable()
        self._block = b""
        self._data = {}
        self._on_headers = on_headers
        self._on_message = on_message

    def feed(self, data):
        self._bytes += data
        if self._preface:
            if len(self._bytes) < len(PREFACE):
                return
            self._bytes = self._bytes[len(PREFACE):]
            self._preface = False
        while len(self._bytes) >= 9:
            size = int.from_bytes(self._bytes[:3], "big")
            if len(self._bytes) < 9 + size:
                return
            kind, flags = self._bytes[3], self._bytes[4]
            stream = int.from_bytes(self._bytes[5:9], "big") & 0x7FFFFFFF
            self._frame(kind, flags, stream, self._bytes[9:9 + size])
            self._bytes = self._bytes[9 + size:]

    def _frame(self, kind, flags, stream, body):
        if kind in (DATA, HEADERS) and flags & PADDED:
            body = body[1:len(body) - body[0]]
        if kind == HEADERS and flags & PRIORITY:
            body = body[5:]
        if kind in (HEADERS, CONTINUATION):
            self._block += body
            if flags & END_HEADERS:
                headers, self._block = self._table.read(self._block), b""
                self._on_headers(stream, headers)
        elif kind == DATA:
            waiting = self._data.get(stream, b"") + body
            while len(waiting) >= 5:
                size = int.from_bytes(waiting[1:5], "big")
                if len(waiting) < 5 + size:
                    break
                if waiting[0]:
                    raise ValueError("a compressed message")
                self._on_message(stream, waiting[5:5 + size])
                waiting = waiting[5 + size:]
            self._data[stream] = waiting
