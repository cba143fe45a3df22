#include "pacedns/app/port_holder.hpp"

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>

#include <pwd.h>

namespace pacedns::app {
namespace {

namespace fs = std::filesystem;
using boost::asio::ip::address;

/// Sockets that hold the port: the user who made each, by inode.
using Sockets = std::map<std::string, uid_t>;
using Inodes = std::set<std::string>;

/// The state field of /proc/net for a TCP socket that listens; a UDP socket holds its port in any state.
constexpr std::string_view kListening = "0A";

/// /proc/net/{udp,tcp}*: the address as hexadecimal words in host byte order.
std::string hexadecimal(const address& value) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  const auto append = [&text](const auto& octets) {
    for (std::size_t word = 0; word < octets.size(); word += 4) {
      for (std::size_t i = 4; i-- > 0;) {
        text += kDigits[octets[word + i] >> 4];
        text += kDigits[octets[word + i] & 15];
      }
    }
  };
  if (value.is_v4()) {
    append(value.to_v4().to_bytes());
  } else {
    append(value.to_v6().to_bytes());
  }
  return text;
}

/// One line of a table.
struct Row {
  std::string address;  // hexadecimal
  unsigned port = 0;
  std::string state;
  uid_t user = 0;
  std::string inode;
};

std::optional<Row> read_row(const std::string& line) {
  std::istringstream fields(line);
  Row row;
  std::string number, local, remote, queues, timer, retransmissions, timeout;
  fields >> number >> local >> remote >> row.state >> queues >> timer >> retransmissions >> row.user >>
      timeout >> row.inode;
  const auto colon = local.find(':');
  if (!fields || colon == std::string::npos) return std::nullopt;
  row.address = local.substr(0, colon);
  std::from_chars(local.data() + colon + 1, local.data() + local.size(), row.port, 16);
  return row;
}

/// The sockets of one table that are bound to the port, on this address or on all. The kernel hands the table
/// out a page at a time and counts its way to the next one: it leaves a socket out if others were closed
/// meanwhile.
Sockets read_sockets(const std::string& table, const net::Endpoint& endpoint) {
  // Of /proc/self, which is there where the rest of /proc is hidden (systemd's ProcSubset=pid).
  std::ifstream file("/proc/self/net/" + table);
  const bool tcp = table.starts_with("tcp");
  const std::string wanted = hexadecimal(endpoint.address);
  Sockets sockets;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto row = read_row(line);
    if (!row || row->port != endpoint.port || (tcp && row->state != kListening)) continue;
    const bool any = std::ranges::all_of(row->address, [](char digit) { return digit == '0'; });
    if (any || row->address == wanted || endpoint.address.is_unspecified())
      sockets.emplace(row->inode, row->user);
  }
  return sockets;
}

Sockets sockets_in(const std::string& table, const net::Endpoint& endpoint) {
  constexpr int kReadings = 4;
  Sockets sockets;
  for (int reading = 0; sockets.empty() && reading < kReadings; ++reading)
    sockets = read_sockets(table, endpoint);
  return sockets;
}

Sockets find_sockets(const net::Endpoint& endpoint, net::Transport transport) {
  const std::string table = transport == net::Transport::Udp ? "udp" : "tcp";
  if (endpoint.address.is_v6()) return sockets_in(table + "6", endpoint);
  Sockets sockets = sockets_in(table, endpoint);
  // A socket on [::] or on an IPv4-mapped address may have taken the port for IPv4 as well. Those that have
  // not look the same, so they are left out where one of IPv4 is found.
  if (sockets.empty()) {
    const auto mapped =
        boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, endpoint.address.to_v4());
    sockets = sockets_in(table + "6", {mapped, endpoint.port});
  }
  return sockets;
}

/// Those of the sockets that the process has open, as far as we may know.
Inodes held_by(const fs::path& process, const Sockets& sockets) {
  constexpr std::string_view kPrefix = "socket:[";
  Inodes held;
  std::error_code error;
  for (auto entry = fs::directory_iterator(process / "fd", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code unreadable;
    const std::string target = fs::read_symlink(entry->path(), unreadable).string();
    if (!target.starts_with(kPrefix)) continue;
    const std::string inode = target.substr(kPrefix.size(), target.size() - kPrefix.size() - 1);
    if (sockets.contains(inode)) held.insert(inode);
  }
  return held;
}

std::string name_of(const fs::path& process) {
  std::string name;
  std::ifstream comm(process / "comm");
  std::getline(comm, name);
  return name;
}

/// Of an account in /etc/passwd: other sources of accounts may need the DNS that we are about to give.
std::string name_of(uid_t user) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"), std::fclose);
  std::array<char, 16384> texts;
  passwd entry{};
  passwd* found = nullptr;
  while (file && ::fgetpwent_r(file.get(), &entry, texts.data(), texts.size(), &found) == 0) {
    if (found->pw_uid == user) return std::string("user ") + found->pw_name;
  }
  return "uid " + std::to_string(user);
}

void append(std::string& list, const std::string& entry) {
  list.append(list.empty() ? "" : ", ").append(entry);
}

/// The processes that hold the sockets, and the users of the sockets whose process is not to be seen.
std::string name_holders(const Sockets& sockets) {
  std::string holders;
  Inodes seen;
  std::error_code error;
  for (auto entry = fs::directory_iterator("/proc", error);
       !error && !sockets.empty() && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    if (!std::ranges::all_of(pid, [](char digit) { return digit >= '0' && digit <= '9'; })) continue;
    const Inodes held = held_by(entry->path(), sockets);
    if (held.empty()) continue;
    seen.insert(held.begin(), held.end());
    append(holders, name_of(entry->path()) + " (pid " + pid + ")");
  }
  std::set<uid_t> users;
  for (const auto& [inode, user] : sockets) {
    if (!seen.contains(inode) && users.insert(user).second) append(holders, "a process of " + name_of(user));
  }
  return holders;
}

}  // namespace

std::string find_port_holder(const net::Endpoint& endpoint, net::Transport transport) {
  return name_holders(find_sockets(endpoint, transport));
}

std::string find_port_holder(const net::Endpoint& endpoint) {
  Sockets sockets = find_sockets(endpoint, net::Transport::Udp);
  sockets.merge(find_sockets(endpoint, net::Transport::Tcp));
  return name_holders(sockets);
}

}  // namespace pacedns::app
