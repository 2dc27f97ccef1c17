"""Stores documents: here in a folder, with one file per key. In production, a container's disk is deleted with the
container, so make these two functions use S3 or a database."""

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
        # After any other failure, an empty document would later be saved over the real one.
        return ''


def save(key, text):
    file = _file_of(key)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A rename is all or nothing: if the process dies while writing, the old document stays as it was.
    new = file.with_name(file.name + '.new')
    new.write_bytes(text.encode())
    new.replace(file)


def _file_of(key):
    """Keys can be long and contain any character. The hash distinguishes keys whose readable parts are equal."""
    readable = re.sub('[^A-Za-z0-9-]', '_', key)[:40]
    digest = hashlib.sha256(os.fsencode(key)).hexdigest()[:16]
    return FOLDER / f'{readable}-{digest}.txt'
