"""Reads streams from Holdfast's Redis and writes every message as a line on standard output, none missing and none
twice, also where Redis is killed meanwhile: what was missed is asked for. PROTOCOL.md, sections 2 and 8.
Needs nothing but Python's standard library.

    python3 examples/redis_reader.py 127.0.0.1:6379 btcusdt@trade ethusdt@trade

HOLDFAST_REDIS_PREFIX: what your installation puts before its channels. A hole that nobody can fill is told on standard
error. Messages are taken in one thread: while something is asked for, what comes waits in a list.
"""

import json
import os
import socket
import sys
import time
import uuid
from collections import deque

MARKET = "holdfast:spot:"
PREFIX = os.environ.get("HOLDFAST_REDIS_PREFIX", "")
ME = f"reader-{uuid.uuid4()}"
REPLIES = f"holdfast:reply:{ME}"

MOST_MISSED = 1000  # messages that one question may be about
EVERY_S = 2  # demand is said, and how the streams stand asked, so often
ANSWER_S = 1  # who is asked has so long for an answer
ATTEMPTS = 10  # and is asked so often, for it may have been away as well


class Connection:
    """One connection to Redis, in its own words (RESP 2)."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=2)
        self.bytes = b""

    def send(self, *words):
        parts = [f"*{len(words)}\r\n".encode()]
        for word in words:
            word = word.encode()
            parts.append(f"${len(word)}\r\n".encode() + word + b"\r\n")
        self.socket.sendall(b"".join(parts))

    def read(self, within_s):
        """The next reply; None where there is none in time."""
        until = time.monotonic() + within_s
        while True:
            value, used = parse(self.bytes, 0)
            if used:
                self.bytes = self.bytes[used:]
                return value
            left = until - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(1 << 20)
            except socket.timeout:
                return None
            if not more:
                raise ConnectionError("Redis has closed the connection")
            self.bytes += more


def parse(data, at):
    """A value and where it ends; 0 where it is not whole yet."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return None, 0
    kind, rest, at = data[at : at + 1], data[at + 1 : end], end + 2
    if kind in b"+-":
        return rest.decode(), at
    count = int(rest)
    if kind == b":":
        return count, at
    if count < 0:
        return None, at
    if kind == b"$":
        return (data[at : at + count].decode(), at + count + 2) if len(data) >= at + count + 2 else (None, 0)
    values = []
    for _ in range(count):
        value, at = parse(data, at)
        if not at:
            return None, 0
        values.append(value)
    return values, at


class Reader:
    """A stream, and how far it was read."""

    def __init__(self, name, bus):
        self.name, self.bus = name, bus
        self.place = None
        self.newest_id = -1

    def welcomed(self, place):
        """How the stream stands: what lies before that place has been published."""
        place = (place["epoch"], place["seq"])
        if self.place is None:
            self.place = place
        if place <= self.place:
            return
        after = self.place[1] if place[0] == self.place[0] else 0
        for text in self.bus.missed(self.name, place[0], after, place[1]) or []:
            self.take(text)
        # Else the next message shows that they are missing.

    def take(self, text):
        event = json.loads(text)
        epoch, seq, follows = event["epoch"], event["seq"], event.get("follows")
        if self.place is None:
            self.place = (epoch, seq - 1)
        if (epoch, seq) <= self.place:
            return
        if epoch == self.place[0]:
            self.fill(epoch, self.place[1], seq - 1)
        elif seq > 1:
            self.fill(epoch, 0, seq - 1)
        elif follows and follows["epoch"] == self.place[0]:
            self.fill(follows["epoch"], self.place[1], follows["seq"])
        else:
            print(f"{self.name}: a new term that does not say what it follows", file=sys.stderr, flush=True)
        self.place = (epoch, seq)
        self.tell(event, text)

    def fill(self, epoch, after, to):
        """Takes what is missing up to there."""
        if to <= after:
            return
        texts = self.bus.missed(self.name, epoch, after, to)
        if texts is None:
            print(f"{self.name}: {to - after} messages are missing, and nobody has them", file=sys.stderr, flush=True)
        for text in texts or []:
            self.take(text)

    def tell(self, event, text):
        """A new term may say again what was there already."""
        if event["type"] in ("trade", "aggTrade"):
            if event["id"] <= self.newest_id:
                return
            self.newest_id = event["id"]
        print(text, flush=True)


class Bus:
    """Both connections, made anew whenever one of them breaks."""

    def __init__(self, address, streams):
        self.address, self.streams = address, streams
        self.readers = {f"{PREFIX}{MARKET}{{{name}}}": Reader(name, self) for name in streams}
        self.queue = deque()
        self.last_id = 0
        self.connect()

    def connect(self):
        while True:
            try:
                self.listening, self.speaking = Connection(self.address), Connection(self.address)
                self.listening.send("SUBSCRIBE", PREFIX + REPLIES, *self.readers)
                for _ in range(1 + len(self.readers)):
                    if self.listening.read(2) is None:
                        raise ConnectionError("Redis does not answer")
                return
            except OSError:
                time.sleep(0.2)

    def publish(self, channel, payload):
        self.speaking.send("PUBLISH", PREFIX + channel, json.dumps(payload))
        if self.speaking.read(2) is None:
            raise ConnectionError("Redis does not answer")

    def hear(self, within_s):
        """One message from Redis: an answer is given back, a message of a stream waits for its turn."""
        heard = self.listening.read(within_s)
        if heard is None or heard[0] != "message":
            return None
        _, channel, text = heard
        if channel == PREFIX + REPLIES:
            return json.loads(text)
        self.queue.append((channel, text))
        return None

    def ask(self, channel, question):
        """The first answer; None where there is none in time, or Redis has gone meanwhile."""
        self.last_id += 1
        try:
            self.publish(channel, {"id": self.last_id, "to": REPLIES, "ask": question})
            until = time.monotonic() + ANSWER_S
            while time.monotonic() < until:
                reply = self.hear(until - time.monotonic())
                if reply and reply["id"] == self.last_id:
                    return reply["answer"]
        except OSError:
            self.connect()
        return None

    def missed(self, stream, epoch, after, to):
        """The messages of a stream and term behind `after`, up to `to`: all of them, or None."""
        texts, attempts = [], 0
        while after + len(texts) < to:
            first = after + len(texts)
            question = {"stream": stream, "epoch": epoch, "after": first, "to": min(to, first + MOST_MISSED)}
            answer = self.ask(f"{MARKET}missed", question)
            # An answer may hold only the first of them; without any it asks us to come again.
            if answer and answer["texts"]:
                texts += answer["texts"]
                continue
            attempts += 1
            if attempts == ATTEMPTS:
                return None
            time.sleep(0.2)
        return texts

    def want_and_ask(self):
        """Says what is wanted, then asks how it stands: nothing else need tell that the newest message was lost."""
        self.publish(f"{MARKET}demand", {"edge": ME, "streams": self.streams})
        answer = self.ask(f"{MARKET}welcome", {"streams": self.streams})
        # What has come before the answer was published before it.
        self.take_all()
        for welcome in answer["welcomes"] if answer else []:
            self.readers[f"{PREFIX}{MARKET}{{{welcome['stream']}}}"].welcomed(welcome["place"])

    def take_all(self):
        while self.queue:
            channel, text = self.queue.popleft()
            self.readers[channel].take(text)

    def run(self):
        want_at = 0
        while True:
            try:
                if time.monotonic() >= want_at:
                    want_at = time.monotonic() + EVERY_S
                    self.want_and_ask()
                self.hear(0.1)
                self.take_all()
            except OSError:
                self.connect()
                want_at = 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print("usage: redis_reader.py <host:port> <stream>...", file=sys.stderr)
        sys.exit(64)
    host, port = sys.argv[1].removeprefix("redis://").rsplit(":", 1)
    Bus((host, int(port)), sys.argv[2:]).run()
