"""What a recorded file must come to on a target: exit code, losses, content (for tests/live,
tests/corpus and tests/roundtrip). All of it is told by the record alone.

Source: what the servers of those versions load and refuse.
"""
import records

RDB_VERSION = {'redis-2.6': 6, 'redis-2.8': 6, 'redis-3.0': 6, 'redis-3.2': 7, 'redis-4.0': 8,
               'redis-5.0': 9, 'redis-6.0': 9, 'redis-6.2': 9, 'redis-7.0': 10, 'redis-7.2': 11,
               'valkey-7.2': 11, 'valkey-8.0': 11, 'valkey-8.1': 11, 'valkey-9.0': 11,
               'valkey-9.1': 11}
HAS_MODULES, HAS_MODULE_AUX, HAS_STREAMS, HAS_EVICTION = 8, 9, 9, 9
HAS_FUNCTIONS = HAS_LISTPACKS = 10
HAS_STREAM_HISTORY, HAS_STREAM_ACTIVITY = 10, 11
PACKED_ZSET = (128, 64)  # members, bytes of one

OWN_TYPES = {'string', 'list', 'set', 'zset', 'hash', 'stream'}  # others are of modules


def has_field_ttls(target):
    return target.startswith('valkey-9')


def losses(case, target, now_ms):
    """What --allow-loss must name for the target."""
    version = RDB_VERSION[target]
    rows = case.base_rows
    streams = [row['value'] for row in rows.values() if row['type'] == 'stream']
    lost = set()
    if ('module_2' in case.types and version < HAS_MODULES or
            'module_aux' in case.opcodes and version < HAS_MODULE_AUX):
        lost.add('modules')
    if {'function2', 'function_pre_ga'} & set(case.opcodes) and version < HAS_FUNCTIONS:
        lost.add('functions')
    if 'hash_2' in case.types and not has_field_ttls(target) and any(
            row.get('field_expire_at_ms') for row in records.drop_expired(rows, now_ms).values()):
        lost.add('field_expiries')
    if version < HAS_STREAMS:
        if any(name.startswith('stream') for name in case.types):
            lost.add('streams')
        return lost
    if version < HAS_STREAM_HISTORY and any(map(has_history, streams)):
        lost.add('stream_history')
    if version < HAS_STREAM_ACTIVITY and any(map(has_activity, streams)):
        lost.add('stream_activity')
    return lost


def has_history(stream):
    """True when a stream was more than its entries and the places of its groups tell."""
    if stream['max_deleted_id'] is None:
        return False  # of a server that kept none
    if stream['max_deleted_id'] != '0-0' or stream['entries_added'] != stream['length']:
        return True
    return any(group['entries_read'] != entries_read(stream, group) for group in stream['groups'])


def entries_read(stream, group):
    """What servers since 7.0 take a group to have read of a stream that lost nothing; None:
    unknown (streamEstimateDistanceFromFirstEverEntry)."""
    at, last = (records.stream_id(text) for text in (group['last_delivered_id'], stream['last_id']))
    if stream['length'] == 0 and at <= last or at == last:
        return stream['length']
    if at > last:
        return None
    first = records.stream_id(stream['entries'][0][0])
    return 0 if at < first else 1 if at == first else None


def has_activity(stream):
    """True when a consumer was last active at another time than it was last seen."""
    return any(consumer['active_time'] not in (None, consumer['seen_time'])
               for group in stream['groups'] for consumer in group['consumers'])


def is_refused(case, target):
    """True when no --allow-loss helps: modules that the target could have."""
    version = RDB_VERSION[target]
    return ('module_2' in case.types and version >= HAS_MODULES or
            'module_aux' in case.opcodes and version >= HAS_MODULE_AUX)


def convert_exit(case, target, now_ms, allowed=()):
    """What `rdbferry convert --target` is to exit with when those losses are allowed."""
    if not case.is_rdb:
        return records.NOT_LOADABLE
    if case.is_ce or case.has_pre_ga_modules:
        return records.FOREIGN
    if case.has_commands and 'commands' not in allowed:
        return records.NOT_LOADABLE
    if is_refused(case, target) or losses(case, target, now_ms) - set(allowed):
        return records.NOT_LOADABLE
    return 0


def loads_original(case, target):
    """True when a server of the target's version loads the file itself."""
    if case.is_aof or case.has_modules or case.has_pre_ga_modules or not case.is_rdb:
        return False
    if 'function_pre_ga' in case.opcodes:
        return False
    if case.header.startswith('VALKEY'):
        return has_field_ttls(target)
    return not case.is_ce and int(case.header[5:]) <= RDB_VERSION[target]


def expected_rows(case, target, rows, now_ms):
    """What a server of the target's version holds of these rows of a file that was converted for
    it, all losses allowed, once it has loaded it: nothing that has expired."""
    version = RDB_VERSION[target]
    held = {}
    gone = case.before_1970()
    for place, row in records.drop_expired(rows, now_ms).items():
        is_lost_stream = row['type'] == 'stream' and version < HAS_STREAMS
        if place in gone or row['type'] not in OWN_TYPES or is_lost_stream:
            continue
        if 'field_expire_at_ms' in row and not has_field_ttls(target):
            row = dict(row, field_expire_at_ms=[])
        if version >= HAS_LISTPACKS and loses_zero_signs(row):
            row = records.without_zero_signs(row)
        held[place] = row
    return held


def loses_zero_signs(row):
    """True for a sorted set that a server since 7.0 packs as it loads it: -0 is 0 then."""
    if row['type'] != 'zset' or row.get('encoding') in ('ziplist', 'listpack'):
        return False
    members, size = PACKED_ZSET
    return len(row['value']) <= members and all(len(m) <= size for m, _ in row['value'])
