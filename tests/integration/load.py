"""A client that asks all the time, and knows what it was not answered."""

import threading

from pacedns import SOON, UdpClient, addresses, make_query, parse, wait_for


class Load(threading.Thread):
    """Some 500 queries a second, cached names and new ones in turn, with at most 100 unanswered at a time.

    with Load(address) as load:     # asks until the block ends, then waits for what is owed
        load.await_more()           # at least 30 further queries
    load.check()                    # each query got its answer
    """

    def __init__(self, address):
        super().__init__()
        self.client = UdpClient(address)
        self.unanswered = {}
        self.sent = self.wrong = 0
        self.over = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def await_more(self, count=30):
        goal = self.sent + count
        wait_for(lambda: self.sent >= goal, "the load")

    def check(self):
        assert self.wrong == 0, f"{self.wrong} of {self.sent} replies are wrong"
        assert not self.unanswered, f"{len(self.unanswered)} of {self.sent} queries lost"

    def run(self):
        while not self.over.is_set():
            self.send()
            self.take(0.002 if len(self.unanswered) < 100 else SOON)
        while self.unanswered and self.take(SOON):
            pass
        self.client.close()

    def send(self):
        name = f"n{self.sent % 50 if self.sent % 2 else self.sent}.pool.example."
        query = make_query(name)
        query.id = self.sent % 65536
        self.unanswered[query.id] = query
        self.client.send(query)
        self.sent += 1

    def take(self, patience):
        """Waits that long for a reply, and takes all that are there."""
        wire = self.client.receive(patience)
        taken = wire is not None
        while wire is not None:
            reply = parse(wire)
            query = self.unanswered.pop(reply.id, None)
            self.wrong += query is None or not query.is_response(reply) or not addresses(reply)
            wire = self.client.receive(0.0001)
        return taken
