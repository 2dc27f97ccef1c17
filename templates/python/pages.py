"""The files in public/, read once."""

import hashlib
from pathlib import Path

_TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
}
_FILES = {
    file.name: (file.read_bytes(), _TYPES[file.suffix])
    for file in sorted((Path(__file__).parent / 'public').iterdir())
    if file.suffix in _TYPES
}

# Changes with every file, so that an open page can find out that it is outdated.
VERSION = hashlib.sha256(b''.join(body for body, _ in _FILES.values())).hexdigest()[:16]


def find(path):
    """Returns the body and the content type for a request's path, or None."""
    # Only the end of the path counts: a static connection token stays in front of it.
    return _FILES.get(path.split('/')[-1] or 'index.html')
