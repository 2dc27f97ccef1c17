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

# Changes whenever a file changes, so that an open page can detect that it is outdated.
VERSION = hashlib.sha256(b''.join(body for body, _ in _FILES.values())).hexdigest()[:16]


def find(path):
    """Returns the body and the content type for a request's path, or None."""
    # Only the last part of the path counts, because a static connection token stays in the path.
    return _FILES.get(path.split('/')[-1] or 'index.html')
