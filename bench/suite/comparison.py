"""Tables that set servers beside each other, with their ratios to the floor and to the best peer."""

from suite import ours, report


def is_peer(server):
    return not isinstance(server, (ours.Floor, ours.Pacedns))


def forwarders(servers):
    """All but the floor."""
    return [server for server in servers if not isinstance(server, ours.Floor)]


class Scenario:
    """What all servers did in one scenario of some Results. Each method gives a cell of a server's row."""

    def __init__(self, results, name):
        self._results = results
        self.name = name

    def spread(self, server, field="cpu_per_query", digits=2):
        return report.spread(self._values(server, field), digits)

    def middle(self, server, field, digits=0, factor=1):
        values = self._values(server, field)
        return report.plain(report.median(values) * factor, digits) if values else report.NOTHING

    def to_floor(self, server):
        return self._ratio(server, [each for each in self._results.servers if isinstance(each, ours.Floor)])

    def to_best_peer(self, server):
        return self._ratio(server, [each for each in self._results.servers if is_peer(each)])

    def to(self, server, name):
        """The ratio to the server of this name."""
        return self._ratio(server, [each for each in self._results.servers if each.name == name])

    def to_scenario(self, server, other, field="cpu_per_query"):
        """The ratio to what the same server did in another scenario."""
        return report.ratio(self._values(server, field), self._results.of(other, server, field))

    def throughput(self):
        """The two columns that say how much was going on."""
        return [("queries/s", lambda server: self.middle(server, "rate")),
                ("core busy %", lambda server: self.middle(server, "busy", factor=100))]

    def _ratio(self, server, others, field="cpu_per_query"):
        measured = [values for values in (self._values(other, field) for other in others) if values]
        return report.ratio(self._values(server, field), min(measured, key=report.median, default=[]))

    def _values(self, server, field):
        return self._results.of(self.name, server, field)


def section(title, caption, results, scenarios, columns):
    """A section whose table has a row a server; `columns` are (header, cell of a server), `scenarios` those that the
    figures come from."""
    remarks = report.Remarks()
    rows = [[remarks.marked(server.name, results.remarks(server, *scenarios)),
             *(cell(server) for _, cell in columns)] for server in results.servers]
    return report.section(title, caption, ["server", *(header for header, _ in columns)], rows, remarks.notes)
