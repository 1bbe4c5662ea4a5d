"""What people and strict parsers may be shown: no control characters, nothing but JSON in a JSON
document (for tests/cli/hostile_text and tests/tools/hostile.py).

Source: Unicode 15 (categories Cc, Cf, Zl, Zp), RFC 8259.
"""
import json
import re
import unicodedata

# A line that reads as one of ours, the title of the window, the direction of writing, C0 and C1.
FORGED = '  checksum   ok FORGED'
TEXT = ('\x1b]0;title\x07\n%s\r\u202e\u2066\u2028\u2029\x9b31m\x85\x7f\ufeff\U000e0041' % FORGED)
UTF8 = TEXT.encode()               # valid UTF-8
BYTES = UTF8 + b'\x9b\xff\x1b[2J'  # not valid

# Ordinary text in one step; what else there is, character by character.
ORDINARY = re.compile('[\n -~\u00a1-\u00ac\u00ae-\u05ff]*')


def is_control(c):
    return unicodedata.category(c) in ('Cc', 'Zl', 'Zp') or (
        unicodedata.category(c) == 'Cf' and not 0x600 <= ord(c) <= 0x605)


def faults_of_text(data):
    """Yields what is wrong with bytes that people see: not UTF-8, a control character other than a
    newline, a line that the file forged."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        yield 'no UTF-8: %r' % data[max(error.start - 60, 0):error.end + 20]
        return
    if not ORDINARY.fullmatch(text):
        for at, c in enumerate(text):
            if c != '\n' and is_control(c):
                yield 'raw %r in %r' % (c, text[max(at - 60, 0):at + 20])
                break
    if text.startswith(FORGED) or '\n' + FORGED in text:
        yield 'a forged line'


def refuse(name):
    raise ValueError('%s is no JSON' % name)


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError('a name twice')
    return dict(pairs)


def parse(data):
    """The JSON document, as a strict parser takes it; ValueError says why it does not."""
    return json.loads(data.decode(), parse_constant=refuse, object_pairs_hook=once)
