"""Where documents are kept: here a folder, with one file per key. In production a container's disk goes when the
container goes, so put S3 or a database behind these two functions."""

import hashlib
import os
import re
from pathlib import Path

FOLDER = Path(os.environ.get('DATA_FOLDER', 'data'))


def load(key):
    """Returns the saved text; '' if there is none yet."""
    try:
        return _file_of(key).read_bytes().decode()
    except FileNotFoundError:
        # Any other failure must not pass for an empty document, which would then be saved over the real one.
        return ''


def save(key, text):
    file = _file_of(key)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A rename is all or nothing: whoever dies half-way through the writing leaves the old document as it was.
    new = file.with_name(file.name + '.new')
    new.write_bytes(text.encode())
    new.replace(file)


def _file_of(key):
    """A key may hold any character and be long; the hash tells apart what looks alike in a file's name."""
    readable = re.sub('[^A-Za-z0-9-]', '_', key)[:40]
    digest = hashlib.sha256(os.fsencode(key)).hexdigest()[:16]
    return FOLDER / f'{readable}-{digest}.txt'
