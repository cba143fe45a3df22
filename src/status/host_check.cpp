#include "pacedns/status/host_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace pacedns::status {
namespace {

namespace ip = boost::asio::ip;

/// Not in the public DNS: RFC 6761, 6762, 8375, ICANN's choice for private networks, and what home routers
/// use by default.
constexpr std::array<std::string_view, 5> kPrivateSuffixes{".localhost", ".local", ".home.arpa", ".internal",
                                                           ".lan"};

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_name_character(char character) {
  const char letter = lower(character);
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
         letter == '.' || letter == '_';
}

/// A name as it is compared: without the dot at its end, in lower case.
std::string canonical(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string result(name);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

bool is_port(std::string_view text) {
  if (text.empty()) return true;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size();
}

/// A Host field taken apart; an IPv6 address without its brackets.
struct Host {
  std::string_view name;
  std::string_view port;
  bool bracketed = false;
};

std::optional<Host> split(std::string_view text) {
  Host host;
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = {.name = text.substr(1, end - 1), .port = {}, .bracketed = true};
    ++end;
  } else {
    end = std::min(text.find(':'), text.size());
    host.name = text.substr(0, end);
  }
  if (end == text.size()) return host;
  if (text[end] != ':') return std::nullopt;
  host.port = text.substr(end + 1);
  return host;
}

/// The address that the host is; none if it is a name.
std::optional<ip::address> literal(const Host& host) {
  boost::system::error_code error;
  const std::string text(host.name);
  const ip::address address = host.bracketed ? ip::address(ip::make_address_v6(text, error))
                                             : ip::address(ip::make_address_v4(text, error));
  if (error) return std::nullopt;
  return address;
}

bool well_formed(const Host& host) {
  if (!is_port(host.port)) return false;
  if (host.bracketed) {
    return host.name.find_first_of(std::string_view("\0%", 2)) == std::string_view::npos && literal(host);
  }
  return !canonical(host.name).empty() && std::ranges::all_of(host.name, is_name_character);
}

bool is_private(std::string_view name) {
  return name.find('.') == std::string_view::npos ||
         std::ranges::any_of(kPrivateSuffixes,
                             [&](std::string_view suffix) { return name.ends_with(suffix); });
}

}  // namespace

HostVerdict check_host(std::string_view host, const std::optional<ip::address>& listening,
                       std::string_view own_name) {
  if (!listening) return HostVerdict::Accepted;
  const auto parts = split(host);
  if (!parts || !well_formed(*parts)) return HostVerdict::Malformed;
  const auto verdict = [](bool ours) { return ours ? HostVerdict::Accepted : HostVerdict::Foreign; };
  const auto address = literal(*parts);
  if (listening->is_loopback()) {
    if (address) return verdict(address->is_loopback());
    return verdict(canonical(parts->name) == "localhost");
  }
  if (address) return HostVerdict::Accepted;
  const std::string name = canonical(parts->name);
  return verdict(is_private(name) || name == canonical(own_name));
}

const char* advice_for_foreign_host(const ip::address& listening) {
  return listening.is_loopback()
             ? "this listener is on a loopback address and answers only to localhost, 127.0.0.0/8 and [::1], "
               "so that no other site can read it by DNS rebinding; use one of these in the URL"
             : "this listener answers only to IP addresses, private names and its machine's own name, so "
               "that "
               "no other site can read it by DNS rebinding; use its IP address in the URL";
}

}  // namespace pacedns::status
