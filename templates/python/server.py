"""A session backend: one process per document. It keeps the text in memory while people are connected, passes every
edit on to all, and saves what changed every few seconds and when it is told to end. The platform sees to it that no
two processes hold one key.

Pages hear of changes by server-sent events (GET events) and make them by POST edit, so that the standard library will
do. It takes Python 3.9 or newer."""

import json
import os
import select
import signal
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import storage

KEY = os.environ.get('SESSION_BACKEND_KEY', 'local')
PAGE = (Path(__file__).parent / 'public' / 'index.html').read_bytes()
SAVE_EVERY_SECONDS = 5
# How long it takes at most to see that a page has gone.
HEARTBEAT_SECONDS = 2
# A page that sends nothing more may not hold its thread for ever.
SEND_AND_RECEIVE_SECONDS = 60
MAX_EDIT_BYTES = 1024 * 1024


class Document:
    """The text, who looks at it, and what of it is saved."""

    def __init__(self):
        self.changed = threading.Condition()
        self.saving = threading.Lock()
        self.text = storage.load(KEY)
        # Counts edits, from a start that no earlier process can have reached: pages that come back can compare.
        self.version = time.time_ns() // 1000
        self.people = 0
        self.unsaved = False
        self.ending = False

    def edit(self, text):
        """The order in which edits arrive here is the one that counts. Returns the version that this one made, or None
        if it came too late to be saved."""
        with self.changed:
            if self.ending:
                return None
            self.text = text
            self.version += 1
            self.unsaved = True
            self.changed.notify_all()
            return self.version

    def join(self, count):
        with self.changed:
            self.people += count
            self.changed.notify_all()

    def wait_for_news(self, known):
        """Returns the state as soon as it is another one than the known; None if that takes longer than a heartbeat."""
        with self.changed:
            if self.changed.wait_for(lambda: self.ending or self._state() != known, HEARTBEAT_SECONDS):
                return self._state()
            return None

    def _state(self):
        return {'key': KEY, 'version': self.version, 'text': self.text, 'people': self.people}

    def save(self):
        """Saves what has changed. Returns whether all is safe."""
        with self.saving:
            with self.changed:
                if not self.unsaved:
                    return True
                text = self.text
                self.unsaved = False
            try:
                storage.save(KEY, text)
                return True
            except OSError as error:
                print(f"can't save: {error}", flush=True)
                with self.changed:
                    self.unsaved = True
                return False

    def end(self):
        """From here on no edit is accepted."""
        with self.changed:
            self.ending = True
            self.changed.notify_all()
        return self.save()


class Handler(BaseHTTPRequestHandler):
    timeout = SEND_AND_RECEIVE_SECONDS

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        # The connection token is taken off the path, unless it is a static one: the end tells.
        path = self.path.split('?')[0]
        if path.endswith('/'):
            self.answer(200, PAGE, 'text/html; charset=utf-8')
        elif path.endswith('/events'):
            self.send_events()
        else:
            self.answer(404, b'not found\n')

    def do_POST(self):
        if not self.path.split('?')[0].endswith('/edit'):
            return self.answer(404, b'not found\n')
        length = self.headers.get('content-length', '')
        if not length.isdecimal():
            return self.answer(411, b'how long is it?\n')
        if int(length) > MAX_EDIT_BYTES:
            # Whoever is hung up on while still sending never sees the answer.
            self.skip(int(length))
            return self.answer(413, b'too long\n')
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            # Whoever sent it hung up half-way.
            return None
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return self.answer(400, b'not UTF-8\n')
        version = document.edit(text)
        if version is None:
            return self.answer(503, b'the session is ending\n')
        return self.answer(200, json.dumps({'version': version}).encode(), 'application/json')

    def send_events(self):
        self.send_response(200)
        self.send_header('content-type', 'text/event-stream')
        self.send_header('cache-control', 'no-cache')
        self.end_headers()
        if self.command == 'HEAD':
            return
        document.join(1)
        try:
            state = None
            while not document.ending and not self.has_gone():
                news = document.wait_for_news(state)
                state = news or state
                self.wfile.write(f'data: {json.dumps(news)}\n\n'.encode() if news else b': still here\n\n')
        finally:
            document.join(-1)

    def has_gone(self):
        """Whether the page has hung up. Writing would show it too, but through a proxy only several heartbeats later."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return bool(poll.poll(0)) and self.connection.recv(1, socket.MSG_PEEK) == b''

    def skip(self, length):
        while length > 0:
            chunk = self.rfile.read(min(length, MAX_EDIT_BYTES))
            if not chunk:
                return
            length -= len(chunk)

    def answer(self, status, body, content_type='text/plain; charset=utf-8'):
        self.send_response(status)
        self.send_header('content-type', content_type)
        self.send_header('content-length', str(len(body)))
        self.send_header('cache-control', 'no-cache')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def log_message(self, *_):
        """Not a line for each request."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def server_bind(self):
        # HTTPServer would look up this machine's name, which can take seconds where there is no DNS.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        # Pages come and go; anything else is worth its traceback.
        if not isinstance(sys.exc_info()[1], (ConnectionError, socket.timeout)):
            super().handle_error(request, client_address)


def save_regularly():
    while True:
        time.sleep(SAVE_EVERY_SECONDS)
        document.save()


document = Document()

if __name__ == '__main__':
    server = Server(('', int(os.environ.get('PORT', '8080'))), Handler)

    def stop(*_):
        # It waits for the main thread, which runs this handler.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=save_regularly, daemon=True).start()
    print(f'serving {KEY}', flush=True)
    server.serve_forever(poll_interval=0.1)
    safe = document.end()
    print(f'saved: {len(document.text)} characters' if safe else 'ending without having saved', flush=True)
    sys.exit(0 if safe else 1)
