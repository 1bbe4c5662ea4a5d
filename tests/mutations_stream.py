"""What the mutants of tests/mutate do to streams."""
import rdb_make as make
import rdb_read as read
from mutant import FAR
from mutations import BYTES, HUGE, mutation

TYPES = tuple(read.STREAMS)
NOW = 1700000000000  # ms: delivery and seen times


class Stream:
    """Nodes taken apart: `key` (ms, seq), `master` [count, deleted, n, field.., 0], `entries`
    [flags, ms, seq, value.., lp-count]; and what stands behind the nodes."""

    def __init__(self, m):
        self.m = m
        value, found = m.pick(m.corpus.streams)
        found = [e for e in found[:40] if sum(map(len, e[1])) < 200][:1 + m.below(6)]
        if not found or m.chance(0.3):
            found = [((1000 + i // 2, i), [b'f', b'%d' % i]) for i in range(1 + m.below(6))]
        self.ids = [id_ for id_, _ in found]
        self.nodes = []
        for id_, fields in found:
            if not self.nodes or m.chance(0.3):
                names = fields[::2]
                self.nodes.append(new_node(id_, names))
            self.add(self.nodes[-1], id_, fields)
        last = self.ids[-1]
        self.rest = {'length': len(found), 'last': last, 'first': self.ids[0], 'maxdel': (0, 0),
                     'added': len(found), 'groups': []}
        if m.chance(0.3):
            self.delete(m.pick(self.nodes))
        for i in range(m.pick((0, 0, 1, 1, 2))):
            self.rest['groups'].append(self.group(b'g%d' % i))

    @staticmethod
    def add(node, id_, fields):
        base, names = node['key'], node['master'][3:-1]
        delta = [id_[0] - base[0], id_[1] - base[1]]
        same = fields[::2] == names
        body = list(fields[1::2]) if same else [len(fields) // 2, *fields]
        node['entries'].append([2 if same else 0, *delta, *body, len(body) + 3])
        node['master'][0] += 1

    def delete(self, node):
        """Marks an entry as deleted, soundly."""
        live = [e for e in node['entries'] if not e[0] & 1]
        if len(live) < 2:
            return
        entry = self.m.pick(live)
        entry[0] |= 1
        node['master'][0] -= 1
        node['master'][1] += 1
        self.rest['length'] -= 1

    def group(self, name):
        m = self.m
        owned = [id_ for id_ in self.ids if m.chance(0.6)]
        consumers = [{'name': b'c%d' % i, 'seen': NOW, 'active': m.pick((NOW, -1)), 'pel': []}
                     for i in range(1 + m.below(2))]
        for id_ in owned:
            m.pick(consumers)['pel'].append(id_)
        return {'name': name, 'last': self.ids[-1], 'read': len(self.ids),
                'pel': [(id_, NOW, 1 + m.below(3)) for id_ in owned], 'consumers': consumers}

    def need_group(self, pending=False):
        """A group, with something pending if asked for."""
        if not self.rest['groups']:
            self.rest['groups'].append(self.group(b'g0'))
        g = self.rest['groups'][0]
        if pending and not g['pel']:
            g['pel'].append((self.ids[0], NOW, 1))
            g['consumers'][0]['pel'].append(self.ids[0])
        return g

    def encode(self, version):
        nodes = []
        for node in self.nodes:
            flat = node['master'] + [e for entry in node['entries'] for e in entry]
            blob = make.listpack_join([make.listpack_entry(wrap(e)) for e in flat],
                                      count=node.get('count'))
            nodes.append((node.get('raw_key', make.raw_id(node['key'])), node.get('raw', blob)))
        return make.stream(dict(self.rest, nodes=nodes), version, self.m.blob)


def new_node(id_, names):
    return {'key': id_, 'master': [0, 0, len(names), *names, 0], 'entries': []}


def wrap(element):
    """Deltas as 64-bit numbers."""
    if isinstance(element, int):
        return (element + (1 << 63)) % (1 << 64) - (1 << 63)
    return element


TAMPERINGS = []


def tampering(function):
    TAMPERINGS.append(function)
    return function


@tampering
def sound(m, s):
    pass


@tampering
def length(m, s):
    s.rest['length'] = m.pick((0, s.rest['length'] + 1, s.rest['length'] - 1, s.rest['length'] * 2,
                               m.pick(HUGE)))


@tampering
def last_id(m, s):
    s.rest['last'] = m.pick(((0, 0), s.ids[0], (s.ids[-1][0], max(s.ids[-1][1] - 1, 0)),
                             ((1 << 64) - 1, (1 << 64) - 1), (FAR, 0)))


@tampering
def first_id(m, s):
    s.rest['first'] = m.pick(((0, 0), s.ids[-1], (FAR, 1), ((1 << 64) - 1, (1 << 64) - 1)))


@tampering
def max_deleted(m, s):
    s.rest['maxdel'] = m.pick((s.ids[0], s.ids[-1], (FAR, 1), ((1 << 64) - 1,) * 2))


@tampering
def entries_added(m, s):
    s.rest['added'] = m.pick((0, 1, 1000, m.pick(HUGE)))


@tampering
def master_count(m, s):
    node = m.pick(s.nodes)
    node['master'][0] += m.pick((-1, 1, 2, -node['master'][0], 1000))


@tampering
def master_deleted(m, s):
    m.pick(s.nodes)['master'][1] += m.pick((1, -1, 5, 1 << 40, -(1 << 40)))


@tampering
def master_counts_moved(m, s):
    """One entry fewer alive and one more deleted: the sum is right, the flags are not."""
    node = m.pick(s.nodes)
    k = m.pick((-1, 1))
    node['master'][0] += k
    node['master'][1] -= k


@tampering
def master_fields(m, s):
    m.pick(s.nodes)['master'][2] = m.pick((0, -1, 1, 2, 5, 1000, -(1 << 40), 1 << 40, b'x'))


@tampering
def master_type(m, s):
    m.pick(s.nodes)['master'][m.pick((0, 1, 2, -1))] = m.pick((b'x', b'', 5, -1))


@tampering
def master_only(m, s):
    node = m.pick(s.nodes)
    for e in node['entries']:
        s.rest['length'] -= not e[0] & 1
    node['entries'] = []
    if m.chance(0.6):
        node['master'][:2] = [0, 0]


@tampering
def all_deleted(m, s):
    """A node of tombstones only."""
    node = m.pick(s.nodes)
    for e in node['entries']:
        s.rest['length'] -= not e[0] & 1
        e[0] |= 1
    node['master'][:2] = [0, len(node['entries'])]


@tampering
def flags(m, s):
    entry = m.pick(m.pick(s.nodes)['entries'])
    entry[0] = m.pick((0, 1, 2, 3, 4, 6, 7, -1, 1 << 40, b'x'))


@tampering
def flag_deleted(m, s):
    """A tombstone that no count knows of."""
    entry = m.pick(m.pick(s.nodes)['entries'])
    entry[0] ^= 1


@tampering
def deltas(m, s):
    """Ids off, at times below or as the one before."""
    node = m.pick(s.nodes)
    entry = m.pick(node['entries'])
    entry[m.pick((1, 2))] = m.pick((0, -1, 1, -5, 1000, FAR, -FAR, (1 << 63) - 1, b'x', b'12x'))


@tampering
def ids_swapped(m, s):
    node = max(s.nodes, key=lambda n: len(n['entries']))
    node['entries'].reverse()


@tampering
def id_twice(m, s):
    node = m.pick(s.nodes)
    entry = m.pick(node['entries'])
    node['entries'].append(list(entry))
    if m.chance(0.7):
        node['master'][entry[0] & 1] += 1
        s.rest['length'] += not entry[0] & 1


@tampering
def id_zero(m, s):
    node = s.nodes[0]
    node['key'] = (0, 0)
    node['entries'][0][1:3] = [0, 0]


@tampering
def lp_count(m, s):
    entry = m.pick(m.pick(s.nodes)['entries'])
    entry[-1] = m.pick((entry[-1] + 1, entry[-1] - 1, 0, -1, 1000, b'x', 1 << 40))


@tampering
def field_count(m, s):
    """Of an entry with its own fields."""
    node = m.pick(s.nodes)
    id_ = (node['key'][0], node['key'][1] + 9)
    Stream.add(node, id_, [b'own', b'1', b'too', b'2'])
    s.rest['length'] += 1
    s.rest['last'] = max(s.rest['last'], id_)
    entry = node['entries'][-1]
    entry[3] = m.pick((1, 3, 0, -1, 1000, b'x', 1 << 40, 2))


@tampering
def entry_short(m, s):
    node = m.pick(s.nodes)
    entry = m.pick(node['entries'])
    del entry[m.below(len(entry))]


@tampering
def entry_long(m, s):
    m.pick(m.pick(s.nodes)['entries']).insert(m.below(4), m.pick((7, b'x', 0)))


@tampering
def trailing(m, s):
    m.pick(s.nodes)['entries'][-1].append(m.pick((7, b'x', 0, 5)))


@tampering
def lp_counts(m, s):
    """The count in a node's listpack header."""
    node = m.pick(s.nodes)
    n = len(node['master']) + sum(map(len, node['entries']))
    node['count'] = m.pick((0, 65535, n + 1, n - 1, 1))


@tampering
def node_twice(m, s):
    s.nodes.insert(m.below(len(s.nodes) + 1), m.pick(s.nodes))


@tampering
def nodes_reversed(m, s):
    if len(s.nodes) == 1:
        node = new_node((s.ids[-1][0] + 5, 0), [b'f'])
        Stream.add(node, node['key'], [b'f', b'v'])
        s.rest['length'] += 1
        s.rest['last'] = node['key']
        s.nodes.append(node)
    s.nodes.reverse()


@tampering
def node_key(m, s):
    m.pick(s.nodes)['raw_key'] = m.pick((b'', b'x' * 15, b'x' * 17, b'\0' * 16, b'\xff' * 16))


@tampering
def node_empty(m, s):
    flat = m.pick(([], [1], [b'x'] * 8, [0] * 4, [0] * 12, None))
    m.pick(s.nodes)['raw'] = make.listpack(flat) if flat is not None else \
        m.pick((b'', b'\x06\0\0\0\0\0'))


@tampering
def node_count(m, s):
    s.rest['node_count'] = m.pick((0, len(s.nodes) + 1, len(s.nodes) - 1, m.pick(HUGE)))


@tampering
def no_nodes(m, s):
    s.nodes = []
    if m.chance(0.6):
        s.rest['length'] = 0
    if m.chance(0.3):
        s.rest['groups'] = []


@tampering
def byte(m, s):
    """One byte of a node."""
    node = m.pick(s.nodes)
    flat = node['master'] + [e for entry in node['entries'] for e in entry]
    blob = bytearray(make.listpack([wrap(e) for e in flat]))
    at, to = m.below(len(blob)), m.pick(BYTES)
    blob[at] = to if m.chance(0.6) else blob[at] ^ 1 << m.below(8)
    node['raw'] = bytes(blob)


@tampering
def group_name(m, s):
    g = s.need_group()
    how = m.below(3)
    if how == 0:
        s.rest['groups'].append(dict(g))
    elif how == 1:
        g['name'] = b''
    else:
        s.rest['groups'].append(s.group(b'g0'))


@tampering
def group_last(m, s):
    s.need_group()['last'] = m.pick(((0, 0), (FAR, 1), ((1 << 64) - 1,) * 2, s.ids[0], (0, 1)))


@tampering
def group_read(m, s):
    s.need_group()['read'] = m.pick((0, -1, 1, 1000, -2, 1 << 63, (1 << 63) - 1))


@tampering
def pel_unowned(m, s):
    g = s.need_group(True)
    id_ = m.pick(g['pel'])[0]
    for c in g['consumers']:
        c['pel'] = [i for i in c['pel'] if i != id_]
    if m.chance(0.3):
        g['consumers'] = []


@tampering
def pel_owned_twice(m, s):
    g = s.need_group(True)
    if len(g['consumers']) == 1:
        g['consumers'].append({'name': b'other', 'seen': NOW, 'active': NOW, 'pel': []})
    id_ = m.pick(g['pel'])[0]
    for c in g['consumers']:
        if id_ not in c['pel']:
            c['pel'].append(id_)


@tampering
def pel_unknown(m, s):
    """A consumer that owns what the group has not."""
    g = s.need_group()
    c = m.pick(g['consumers'])
    known = {p[0] for p in g['pel']}
    c['pel'].append(next((i for i in s.ids if i not in known), (FAR, 3)))


@tampering
def pel_twice(m, s):
    g = s.need_group(True)
    if m.chance(0.5):
        g['pel'].append(m.pick(g['pel']))
    else:
        c = max(g['consumers'], key=lambda c: len(c['pel']))
        c['pel'].append(c['pel'][0])


@tampering
def pel_order(m, s):
    g = s.need_group(True)
    for id_ in [i for i in s.ids if i not in [p[0] for p in g['pel']]]:
        g['pel'].append((id_, NOW, 1))
        g['consumers'][0]['pel'].append(id_)
    g['pel'].reverse()
    g['consumers'][0]['pel'].reverse()


@tampering
def pel_gone(m, s):
    """Pending entries that the stream does not hold, or that are after its last id."""
    g = s.need_group()
    id_ = m.pick(((1, 1), (FAR, 5), (0, 0), ((1 << 64) - 1,) * 2))
    g['pel'].append((id_, NOW, 1))
    g['consumers'][0]['pel'].append(id_)


@tampering
def pel_values(m, s):
    g = s.need_group(True)
    id_, _, n = g['pel'][0]
    at, times = m.pick((0, -1, 1 << 62, -(1 << 63), FAR)), m.pick((n, 0, 1 << 40, (1 << 64) - 1))
    g['pel'][0] = (id_, at, times)


@tampering
def consumer_twice(m, s):
    g = s.need_group()
    g['consumers'].append(dict(g['consumers'][0], pel=m.pick(([], g['consumers'][0]['pel']))))


@tampering
def consumer_values(m, s):
    c = s.need_group()['consumers'][0]
    c['seen'] = m.pick((0, -1, 1 << 62, -(1 << 63), FAR, NOW))
    c['active'] = m.pick((0, -1, -2, 1 << 62, FAR))
    c['name'] = m.pick((c['name'], b'', b'c' * 300))


def tamper(how):
    def run(m, t):
        s = Stream(m)
        how(m, s)
        if m.chance(0.1):
            second = m.pick(TAMPERINGS)
            m.note('with %s', second.__name__)
            try:
                second(m, s)
            except (IndexError, ValueError, TypeError):
                pass  # nothing of that left to tamper with
        m.record(t, s.encode(read.STREAMS[t]))
    return run


for tampering_ in TAMPERINGS:
    mutation('stream-' + tampering_.__name__.replace('_', '-'), TYPES)(tamper(tampering_))
