#include "pacedns/app/port_holder.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

namespace pacedns::app {
namespace {

namespace fs = std::filesystem;

/// The state field of /proc/net: listening TCP sockets and bound UDP sockets that are not connected.
constexpr std::string_view kListening = "0A";
constexpr std::string_view kUnconnected = "07";

/// /proc/net/{udp,tcp}*: the address as hexadecimal words in host byte order.
std::string hexadecimal(const boost::asio::ip::address& address) {
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
  if (address.is_v4()) {
    append(address.to_v4().to_bytes());
  } else {
    append(address.to_v6().to_bytes());
  }
  return text;
}

/// The inodes of sockets in one table that are bound to the port, on this address or on all.
void add_inodes(const char* table, std::string_view state, const net::Endpoint& endpoint,
                std::set<std::string>& inodes) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  const std::string wanted = hexadecimal(endpoint.address);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string number, local, remote, status, queues, timer, retransmissions, user, timeout, inode;
    fields >> number >> local >> remote >> status >> queues >> timer >> retransmissions >> user >> timeout >>
        inode;
    const auto colon = local.find(':');
    if (status != state || colon == std::string::npos) continue;
    unsigned port = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), port, 16);
    const std::string address = local.substr(0, colon);
    const bool any = std::ranges::all_of(address, [](char digit) { return digit == '0'; });
    if (port == endpoint.port && (any || address == wanted || endpoint.address.is_unspecified()))
      inodes.insert(inode);
  }
}

bool holds_any(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(process / "fd", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code unreadable;
    const std::string target = fs::read_symlink(entry->path(), unreadable).string();
    constexpr std::string_view kPrefix = "socket:[";
    if (target.starts_with(kPrefix) &&
        inodes.contains(target.substr(kPrefix.size(), target.size() - kPrefix.size() - 1))) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string find_port_holder(const net::Endpoint& endpoint) {
  std::set<std::string> inodes;
  const bool v4 = endpoint.address.is_v4();
  add_inodes(v4 ? "/proc/net/udp" : "/proc/net/udp6", kUnconnected, endpoint, inodes);
  add_inodes(v4 ? "/proc/net/tcp" : "/proc/net/tcp6", kListening, endpoint, inodes);
  std::string holders;
  std::error_code error;
  for (auto entry = fs::directory_iterator("/proc", error);
       !error && !inodes.empty() && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    if (!std::ranges::all_of(pid, [](char digit) { return digit >= '0' && digit <= '9'; })) continue;
    if (!holds_any(entry->path(), inodes)) continue;
    std::string name;
    std::ifstream comm(entry->path() / "comm");
    std::getline(comm, name);
    if (!holders.empty()) holders += ", ";
    holders.append(name).append(" (pid ").append(pid).append(")");
  }
  return holders;
}

}  // namespace pacedns::app
