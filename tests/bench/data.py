"""Makes the files that tests/bench/run measures, with a real redis-server.

  pop           tiny string keys by DEBUG POPULATE: 36,000,000 for 1024 MB, which takes 1.02 GB
  mix           every type, values of about 1 KB, a fifth with an expiry, LZF on
  big_list      one list, 25,000 elements of 83,800 bytes for 1024 MB: twice that on disk
  big_hash      one hash of 8,000,000 fields for 1024 MB, in the plain encoding
  big_text      one string of half of the MB that compresses
  big_bytes     one that does not
"""
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import live_server  # noqa: E402

NAMES = ('pop', 'mix', 'big_list', 'big_hash', 'big_text', 'big_bytes')
BATCH_BYTES = 1 << 20
STRING_PIECE = 4 << 20


def resp(*parts):
    out = [b'*%d\r\n' % len(parts)]
    for part in parts:
        part = part if isinstance(part, bytes) else str(part).encode()
        out.append(b'$%d\r\n%b\r\n' % (len(part), part))
    return b''.join(out)


def feed(client, commands):
    """Sends encoded commands in batches; an error reply ends it."""
    batch, size, count = [], 0, 0

    def flush():
        client.socket.sendall(b''.join(batch))
        for _ in range(count):
            reply = client.read()
            if isinstance(reply, live_server.ReplyError):
                raise reply
        batch.clear()

    for command in commands:
        batch.append(command)
        size += len(command)
        count += 1
        if size >= BATCH_BYTES:
            flush()
            size = count = 0
    flush()


class Pool:
    """Cheap slices of texts and of bytes, the same in every run."""

    def __init__(self):
        self.random = random.Random(7)
        words = [''.join(self.random.choices('etaoinshrdlucmfwyp', k=self.random.randint(2, 9)))
                 for _ in range(2000)]
        self.text = ' '.join(self.random.choices(words, k=400000)).encode()
        self.bytes = self.random.randbytes(8 << 20)

    def slice(self, of, size):
        at = int(self.random.random() * (len(of) - size))
        return of[at:at + size]

    def words(self, size):
        return self.slice(self.text, size)

    def noise(self, size):
        return self.slice(self.bytes, size)


def mixed_commands(mb):
    """Keys whose RDB form takes about three quarters of mb MB."""
    pool = Pool()
    words, noise, number = pool.words, pool.noise, pool.random.randrange
    members = [b'member:%08d:%04x' % (n * 7919 % 100000000, n) for n in range(4000)]

    def some(count):
        at = number(len(members) - count)
        return members[at:at + count]

    def flat(pairs):
        return [part for pair in pairs for part in pair]

    makers = (
        lambda key: ('SET', key, words(1000)),
        lambda key: ('SET', key, noise(1000)),
        lambda key: ('SET', key, b'{"id":%d,"name":"%b","tags":["%b","%b"],"note":"%b"}'
                     % (number(1 << 31), words(20), words(8), words(8), words(700))),
        lambda key: ('SET', key, number(1 << 40) - (1 << 39)),
        lambda key: ('HSET', key, *flat((b'field-%02d' % i, words(50)) for i in range(18))),
        lambda key: ('HSET', key, *flat((b'n%d' % i, number(1 << i)) for i in range(1, 60))),
        lambda key: ('HSET', key, *flat((b'long-field-%d' % i, words(120)) for i in range(8))),
        lambda key: ('ZADD', key, *flat((number(1 << 20) / 64, m) for m in some(40))),
        lambda key: ('ZADD', key, *flat((number(1 << 30), m) for m in some(150))),
        lambda key: ('SADD', key, *some(45)),
        lambda key: ('SADD', key, *(number(1 << 31) for _ in range(200))),
        lambda key: ('RPUSH', key, *(words(60) for _ in range(16))),
        lambda key: ('RPUSH', key, *(number(1 << 24) for _ in range(250))),
    )
    for n in range(48 * mb):
        for i, make in enumerate(makers):
            key = b'%b:%08d' % ((b'user', b'session', b'page', b'cart')[i % 4], n * 16 + i)
            yield resp(*make(key))
            if number(5) == 0:
                yield resp('PEXPIREAT', key, 4000000000000 + n)
        key = b'stream:%08d' % n
        for entry in range(12):
            yield resp('XADD', key, '%d-%d' % (1700000000000 + n, entry), 'temperature',
                       number(400) / 10, 'place', words(12), 'note', words(30))
        if n % 4 == 0:
            yield resp('XGROUP', 'CREATE', key, 'group', '0')
            yield resp('XREADGROUP', 'GROUP', 'group', 'worker-%d' % (n % 3), 'COUNT', 5,
                       'STREAMS', key, '>')


def list_commands(mb):
    noise = Pool().noise
    for _ in range(25000 * mb // 1024):
        yield resp('RPUSH', 'list', noise(83800))


def hash_commands(mb):
    for at in range(0, 8000000 * mb // 1024, 100):
        pairs = []
        for n in range(at, at + 100):
            pairs += [b'field:%09d' % n, b'the value %011d' % (n * 7919)]
        yield resp('HSET', 'hash', *pairs)


def string_commands(mb, piece):
    for _ in range(mb // 2 * (1 << 20) // STRING_PIECE):
        yield resp('APPEND', 'string', piece(STRING_PIECE))


def commands(name, mb):
    return {'pop': lambda: [resp('DEBUG', 'POPULATE', 36000000 * mb // 1024)],
            'mix': lambda: mixed_commands(mb),
            'big_list': lambda: list_commands(mb),
            'big_hash': lambda: hash_commands(mb),
            'big_text': lambda: string_commands(mb, lambda n: (Pool().text * 2)[:n]),
            'big_bytes': lambda: string_commands(mb, Pool().noise)}[name]()


def make(name, mb, server, folder):
    """folder/name.rdb, made if it is not there."""
    path = folder / (name + '.rdb')
    if path.exists():
        return path
    print('making %s' % path, flush=True)
    private = live_server.private_folder()
    making = path.with_suffix('.making')
    try:
        settings = ['dir %s' % folder.resolve(), 'dbfilename %s' % making.name]
        binary = live_server.Binary('bench', server)
        with live_server.Server(binary, private, settings) as running:
            if not running.wait():
                raise OSError('%s does not start: %s' % (server, running.complaints()))
            running.client.socket.settimeout(None)
            feed(running.client, commands(name, mb))
            running.client.call('SAVE')
    finally:
        shutil.rmtree(private, ignore_errors=True)
    making.rename(path)
    return path
