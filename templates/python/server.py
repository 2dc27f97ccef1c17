"""A session backend: one process per document. It keeps the text in memory while people are connected, passes every
edit on to everyone, and saves changes every few seconds and on SIGTERM. The platform makes sure that no two processes
hold the same key.

Pages get the whole state as a server-sent event (GET events?name=NAME) whenever a part of it changes, with the id of the
page as `you`. Pages send POST edit {"id", "text", "position"} and POST presence {"id", "name", "position"}. The standard
library of Python 3.9 or newer is enough for this."""

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
from urllib.parse import parse_qs, urlsplit

import pages
import storage

KEY = os.environ.get('SESSION_BACKEND_KEY', 'local')
SAVE_EVERY_SECONDS = 5
# The longest time until the server notices that a page has disconnected.
HEARTBEAT_SECONDS = 2
# A page that stops sending must not hold its thread forever.
SEND_AND_RECEIVE_SECONDS = 60
MAX_BODY_BYTES = 1024 * 1024
MAX_NAME_LENGTH = 40


class Document:
    """The text, the people who are viewing it, and whether it is saved."""

    def __init__(self):
        self.changed = threading.Condition()
        self.saving = threading.Lock()
        self.text = storage.load(KEY)
        # Counts edits, starting above any version of an earlier process, so that pages that reconnect can compare.
        self.version = time.time_ns() // 1000
        self.people = {}
        self.last_id = 0
        self.unsaved = False
        self.ending = False

    def edit(self, text, person_id, position):
        """Applies an edit; the order in which edits arrive here counts. Returns the new version, or None if it is too
        late to save the edit."""
        with self.changed:
            if self.ending:
                return None
            self.text = text
            self.version += 1
            self.unsaved = True
            if person_id in self.people:
                self.people[person_id]['position'] = position
            self.changed.notify_all()
            return self.version

    def join(self, name, verified):
        """Returns the id of the new person."""
        with self.changed:
            self.last_id += 1
            self.people[self.last_id] = {'name': name[:MAX_NAME_LENGTH], 'position': None, 'verified': verified}
            self.changed.notify_all()
            return self.last_id

    def leave(self, person_id):
        with self.changed:
            del self.people[person_id]
            self.changed.notify_all()

    def update(self, person_id, name, position):
        with self.changed:
            person = self.people.get(person_id)
            if person is None:
                return
            person['position'] = position
            if not person['verified']:
                person['name'] = name[:MAX_NAME_LENGTH]
            self.changed.notify_all()

    def wait_for_news(self, known):
        """Returns the state as soon as it differs from the known one, or None after HEARTBEAT_SECONDS."""
        with self.changed:
            if self.changed.wait_for(lambda: self.ending or self._state() != known, HEARTBEAT_SECONDS):
                return self._state()
            return None

    def _state(self):
        people = [
            {'id': id, 'name': person['name'], 'position': person['position']} for id, person in self.people.items()
        ]
        return {'key': KEY, 'page': pages.VERSION, 'version': self.version, 'text': self.text, 'people': people}

    def save(self):
        """Saves changes. Returns whether everything is saved."""
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
        """Stops accepting edits and saves. Returns whether everything is saved."""
        with self.changed:
            self.ending = True
            self.changed.notify_all()
        return self.save()


class Handler(BaseHTTPRequestHandler):
    timeout = SEND_AND_RECEIVE_SECONDS

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urlsplit(self.path).path
        page = pages.find(path)
        if page is not None:
            self.answer(200, *page)
        elif path.endswith('/events'):
            self.send_events()
        else:
            self.answer(404, b'not found\n')

    def do_POST(self):
        action = urlsplit(self.path).path.split('/')[-1]
        if action not in ('edit', 'presence'):
            return self.answer(404, b'not found\n')
        length = self.headers.get('content-length', '')
        if not length.isdecimal():
            return self.answer(411, b'content-length is missing\n')
        if int(length) > MAX_BODY_BYTES:
            # If the connection is closed while the client is still sending, the client never sees the answer.
            self.skip(int(length))
            return self.answer(413, b'too long\n')
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            # The client disconnected before the end.
            return None
        message = parse(action, body)
        if message is None:
            return self.answer(400, b'not a message of this page\n')
        if action == 'presence':
            document.update(*message)
            return self.answer(200, b'{}', 'application/json')
        version = document.edit(*message)
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
        person_id = document.join(*self.name_of_person())
        try:
            state = None
            while not document.ending and not self.has_gone():
                news = document.wait_for_news(state)
                state = news or state
                event = f'data: {json.dumps({**news, "you": person_id})}' if news else ': still here'
                self.wfile.write(f'{event}\n\n'.encode())
        finally:
            document.leave(person_id)

    def name_of_person(self):
        """Returns the `user` of the connect request and True or, without one, the page's own name and False."""
        verified = self.headers.get('x-verified-username')
        if verified:
            return verified.encode('latin-1').decode(errors='replace'), True
        return parse_qs(urlsplit(self.path).query).get('name', ['Guest'])[0], False

    def has_gone(self):
        """Whether the page has disconnected. Through a proxy, a write would fail only several heartbeats later."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return bool(poll.poll(0)) and self.connection.recv(1, socket.MSG_PEEK) == b''

    def skip(self, length):
        while length > 0:
            chunk = self.rfile.read(min(length, MAX_BODY_BYTES))
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
        """Suppresses the log line for each request."""


def parse(action, body):
    """Returns the arguments of Document.edit or Document.update; None for anything that the page does not send."""
    try:
        message = json.loads(body)
        # A lone surrogate could not be saved.
        text = message['text' if action == 'edit' else 'name'].encode(errors='replace').decode()
        person_id, position = message['id'], message['position']
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    is_position = position is None or (type(position) is int and position >= 0)
    if type(person_id) is not int or not is_position:
        return None
    if action == 'edit':
        return text, person_id, position
    return (person_id, text, position) if text else None


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def server_bind(self):
        # HTTPServer would look up this machine's name, which can take seconds without DNS.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        # Pages disconnect all the time; any other error is worth a traceback.
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
        # In a thread, because shutdown() waits for the main thread, which runs this handler.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=save_regularly, daemon=True).start()
    print(f'serving {KEY}', flush=True)
    server.serve_forever(poll_interval=0.1)
    safe = document.end()
    print(f'saved: {len(document.text)} characters' if safe else 'ending without having saved', flush=True)
    sys.exit(0 if safe else 1)
