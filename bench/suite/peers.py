"""The forwarders that pacedns is compared with, all of them Debian's packages."""

import pathlib
import shutil
import string
import subprocess

from suite.server import Server

TEMPLATES = pathlib.Path(__file__).resolve().parents[1] / "config"


class Peer(Server):
    """A program, its command line and its template in bench/config. Templates know ${port}, ${folder}, ${cache} and
    ${upstreams}."""

    package = ""
    program = ""
    arguments = ()  # templates as well; they also know ${file}, where the filled template is
    template = ""
    upstream = "$address"  # how the template names one; also knows $host and $port
    separator = "\n"
    cache_per_name = 0  # entries or octets, whatever the template counts in
    cache_least = 0
    confined = False  # by an AppArmor profile, to folders of its own; a copy elsewhere is not

    def version(self):
        try:
            found = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", self.package],
                                   capture_output=True, text=True, check=False).stdout
        except FileNotFoundError:
            return None
        status, _, version = found.partition(" ")
        return version.split(":")[-1].rsplit("-", 1)[0] if status == "installed" else None

    def command(self, task):
        file = task.folder / self.template
        values = {"port": task.port, "folder": task.folder, "file": file, "upstreams": self._upstreams(task),
                  "cache": max(self.cache_least, task.names * self.cache_per_name)}
        template = (TEMPLATES / self.template).read_text(encoding="ascii")
        file.write_text(string.Template(template).substitute(values), encoding="ascii")
        program = shutil.copy(self.program, task.folder) if self.confined else self.program
        return [str(program), *(string.Template(argument).substitute(values) for argument in self.arguments)]

    def _upstreams(self, task):
        one = string.Template(self.upstream)
        split = ((address, *address.rsplit(":", 1)) for address in task.upstreams)
        return self.separator.join(one.substitute(address=address, host=host, port=port)
                                   for address, host, port in split)


class Dnsdist(Peer):
    """Balances load over its upstreams; a packet cache."""

    name = "dnsdist"
    package = "dnsdist"
    program = "/usr/bin/dnsdist"
    arguments = ("--supervised", "--disable-syslog", "-C", "$file")
    template = "dnsdist.lua"
    upstream = '"$address"'
    separator = ", "
    cache_per_name = 2
    cache_least = 10_000


class Unbound(Peer):
    """Resolver; prefers fast upstreams by their round-trip times, with chance among those that are near."""

    name = "Unbound"
    package = "unbound"
    program = "/usr/sbin/unbound"
    arguments = ("-d", "-p", "-c", "$file")
    template = "unbound.conf"
    upstream = "    forward-addr: $host@$port"
    cache_per_name = 1500
    cache_least = 64 << 20
    confined = True


class Dnsmasq(Peer):
    """Forwarder; asks all upstreams now and then and stays with the fastest."""

    name = "dnsmasq"
    package = "dnsmasq-base"
    program = "/usr/sbin/dnsmasq"
    arguments = ("-C", "$file")
    template = "dnsmasq.conf"
    upstream = "server=$host#$port"
    cache_per_name = 10
    cache_least = 10_000


class DnsmasqAllServers(Dnsmasq):
    """Asks all upstreams always."""

    name = "dnsmasq --all-servers"
    arguments = (*Dnsmasq.arguments, "--all-servers")


class Smartdns(Peer):
    """Forwarder; asks all upstreams always."""

    name = "smartdns"
    package = "smartdns"
    program = "/usr/sbin/smartdns"
    arguments = ("-f", "-p", "-", "-c", "$file")
    template = "smartdns.conf"
    upstream = "server $address"
    cache_per_name = 2
    cache_least = 10_000


class KnotResolver(Peer):
    """Resolver; its cache is an LMDB file."""

    name = "Knot Resolver"
    package = "knot-resolver"
    program = "/usr/sbin/kresd"
    arguments = ("-n", "-c", "$file", "$folder")
    template = "kresd.lua"
    upstream = "'$host@$port'"
    separator = ", "
    cache_per_name = 1024
    cache_least = 100 << 20


class Recursor(Peer):
    """Resolver; a packet cache in front of its record cache."""

    name = "PowerDNS Recursor"
    package = "pdns-recursor"
    program = "/usr/sbin/pdns_recursor"
    arguments = ("--config-dir=$folder",)
    template = "recursor.conf"
    separator = ";"
    cache_per_name = 2
    cache_least = 10_000


class Bind(Peer):
    """Resolver and authoritative server; here it only forwards."""

    name = "BIND"
    package = "bind9"
    program = "/usr/sbin/named"
    arguments = ("-g", "-4", "-n", "1", "-c", "$file")
    template = "named.conf"
    upstream = "        $host port $port;"
    cache_per_name = 1500
    cache_least = 64 << 20
    confined = True


PEERS = [Unbound(), Dnsdist(), Recursor(), Bind(), KnotResolver(), Smartdns(), Dnsmasq()]
TIER_PEERS = [DnsmasqAllServers(), Dnsmasq(), Dnsdist(), Smartdns(), Unbound(), KnotResolver(), Bind(), Recursor()]
