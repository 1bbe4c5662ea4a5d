"""DEBUG DIGEST of recorded content (for tests/live and tests/corpus): what a server answers that
holds it. Byte strings are given as their Latin-1 decoding (tests/records.py).

redis and valkey src/debug.c, computeDatasetDigest; the digest of 20 bytes is a number here.
"""
import hashlib
import math

TYPES = {'string': 0, 'list': 1, 'set': 2, 'zset': 3, 'hash': 4, 'stream': 6}

# Texts of scores: text_17g up to Redis 7.0, text_fpconv since 7.2 and in every Valkey.


def text_17g(score):
    return '%.17g' % score


def sha1(data):
    return int.from_bytes(hashlib.sha1(data).digest(), 'big')


def mix(digest, data):
    return sha1((digest ^ sha1(data)).to_bytes(20, 'big'))


def mix_all(digest, texts):
    for text in texts:
        digest = mix(digest, text.encode('latin-1'))
    return digest


def xor(digest, number):
    return digest ^ sha1(number.to_bytes(20, 'big'))


def of_key(row, score_text):
    """What one content row adds."""
    kind, value = row['type'], row['value']
    digest = mix_all(0, [row['key']])
    digest = mix(digest, TYPES[kind].to_bytes(4, 'big'))
    if kind == 'string':
        digest = mix_all(digest, [value])
    elif kind == 'list':
        digest = mix_all(digest, value)
    elif kind == 'set':
        for member in value:
            digest ^= sha1(member.encode('latin-1'))
    elif kind == 'zset':
        for member, score in value:
            digest = xor(digest, mix_all(0, (member, score_text(float(score)))))
    elif kind == 'hash':
        for pair in value:
            digest = xor(digest, mix_all(0, pair))
    else:
        for entry, fields in value['entries']:
            digest = mix_all(digest, [entry.replace('-', '.'), *fields])
    if row['expire_at_ms'] is not None:
        digest ^= sha1(b'!!expire!!')
    return digest


def of_keys(keys):
    """The whole digest, as text; keys: {(db, key): of_key}."""
    total, last = 0, None
    for (db, _), key in sorted(keys.items()):
        if db != last:
            total = mix(total, db.to_bytes(4, 'big'))
            last = db
        total = xor(total, key)
    return '%040x' % total


def cached_power(i):
    """10^(8i - 348): (64-bit significand rounded to nearest, binary exponent)."""
    k = 8 * i - 348
    top, bottom = (10 ** k, 1) if k >= 0 else (1, 10 ** -k)
    exponent = top.bit_length() - bottom.bit_length() - 64
    while True:
        a, b = (top, bottom << exponent) if exponent >= 0 else (top << -exponent, bottom)
        rounded = (2 * a + b) // (2 * b)
        if rounded.bit_length() == 64:
            return rounded, exponent
        exponent += 1 if rounded.bit_length() > 64 else -1


POWERS = [cached_power(i) for i in range(87)]
MASK = (1 << 64) - 1


def multiply(f, e, power):
    """A 64 by 64 bit product's high half, its middle rounded as fpconv does."""
    g, h = power
    low = ((f & 0xffffffff) * (g & 0xffffffff)) >> 32
    cross = ((f >> 32) * (g & 0xffffffff), (f & 0xffffffff) * (g >> 32))
    middle = (cross[0] & 0xffffffff) + (cross[1] & 0xffffffff) + low + (1 << 31)
    high = (f >> 32) * (g >> 32) + (cross[0] >> 32) + (cross[1] >> 32) + (middle >> 32)
    return high & MASK, e + h + 64


def grisu2(f, e, is_lowest):
    """(digits, decimal exponent) of f * 2^e; not always the shortest digits."""
    u, e_u = 2 * f + 1, e - 1
    shift = 64 - u.bit_length()
    u, e_u = u << shift, e_u - shift
    s = 2 if is_lowest else 1
    low = ((f << s) - 1) << (e - s - e_u)
    shift = 64 - f.bit_length()
    w, e_w = f << shift, e - shift
    i = (int(-(e_u + 87) * 0.30102999566398114) + 348) // 8
    while True:
        found = e_u + POWERS[i][1] + 64
        if -60 <= found <= -32:
            break
        i += 1 if found < -60 else -1
    w, _ = multiply(w, e_w, POWERS[i])
    u, e_u = multiply(u, e_u, POWERS[i])
    low, _ = multiply(low, e_u, POWERS[i])
    return generate(u - 1, w, u - 1 - (low + 1), -e_u, 348 - 8 * i)


def generate(u, w, delta, sh, k):
    one = 1 << sh
    part1, part2, frac = u >> sh, u & (one - 1), u - w
    digits = []
    for kappa in range(9, -1, -1):
        digit, part1 = divmod(part1, 10 ** kappa)
        if digit or digits:
            digits.append(digit)
        rest = (part1 << sh) + part2
        if rest <= delta:
            return round_last(digits, delta, rest, 10 ** kappa << sh, frac), k + kappa
    kappa = 0
    while True:
        part2, delta, frac, kappa = part2 * 10, delta * 10, frac * 10, kappa - 1
        digit, part2 = part2 >> sh, part2 & (one - 1)
        if digit or digits:
            digits.append(digit)
        if part2 < delta:
            return round_last(digits, delta, part2, one, frac & MASK), k + kappa


def round_last(digits, delta, rest, unit, frac):
    while rest < frac and delta - rest >= unit and (
            rest + unit < frac or frac - rest > rest + unit - frac):
        digits[-1] -= 1
        rest += unit
    return ''.join(map(str, digits))


def text_fpconv(score):
    """deps/fpconv of Redis 7.2 and Valkey, fpconv_dtoa."""
    if math.isnan(score) or math.isinf(score):
        return 'nan' if math.isnan(score) else 'inf' if score > 0 else '-inf'
    sign = '-' if math.copysign(1, score) < 0 else ''
    if score == 0:
        return sign + '0'
    fraction, e = math.frexp(abs(score))
    e = max(e - 53, -1074)
    f = int(math.ldexp(fraction, math.frexp(abs(score))[1] - e))
    digits, k = grisu2(f, e, f == 1 << 52)
    return sign + layout(digits, k, 18 - len(sign))


def layout(digits, k, most):
    n = len(digits)
    exponent = abs(k + n - 1)
    if k >= 0 and exponent < n + 7:
        return digits + '0' * k
    if k < 0 and (k > -7 or exponent < 4):
        point = n + k
        if point <= 0:
            return '0.' + '0' * -point + digits
        return digits[:point] + '.' + digits[point:]
    digits = digits[:most]
    return '%s%se%s%d' % (digits[0], '.' + digits[1:] if len(digits) > 1 else '',
                          '-' if k + n - 1 < 0 else '+', exponent)
