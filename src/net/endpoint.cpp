#include "pacedns/net/endpoint.hpp"

#include <net/if.h>

#include <charconv>

#include <boost/system/errc.hpp>

namespace pacedns::net {
namespace {

boost::system::error_code invalid() {
  return make_error_code(boost::system::errc::invalid_argument);
}

/// The index of an interface given by its name or by the index itself; 0 if it is neither.
std::uint32_t zone_index(const std::string& zone) {
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), index);
  if (error == std::errc{} && end == zone.data() + zone.size()) return index;
  return if_nametoindex(zone.c_str());
}

/// As Asio's `make_address`, which stops at a NUL and takes a zone that it does not know for none.
boost::system::result<boost::asio::ip::address> parse_address(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return invalid();
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(text), error);
  if (error) return invalid();
  const auto percent = text.find('%');
  if (percent == std::string_view::npos) return address;
  const std::uint32_t index = zone_index(std::string(text.substr(percent + 1)));
  if (index == 0 || address.to_v6().scope_id() != index) return invalid();
  return address;
}

boost::system::result<std::uint16_t> parse_port(std::string_view text, bool allow_zero) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return invalid();
  if (port == 0 && !allow_zero) return invalid();
  return port;
}

}  // namespace

boost::system::result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port,
                                               bool allow_port_zero) {
  std::string_view host = text;
  std::string_view port_text;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return invalid();
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && (rest.front() != ':' || rest.size() == 1)) return invalid();
    if (!rest.empty()) port_text = rest.substr(1);
    if (host.find(':') == std::string_view::npos) return invalid();
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    if (port_text.empty()) return invalid();
  }

  const auto address = parse_address(host);
  if (!address) return address.error();
  if (port_text.empty()) return Endpoint{*address, default_port};
  const auto port = parse_port(port_text, allow_port_zero);
  if (!port) return port.error();
  return Endpoint{*address, *port};
}

std::string to_string(const Endpoint& endpoint) {
  const std::string host = endpoint.address.to_string();
  const std::string port = std::to_string(endpoint.port);
  return endpoint.address.is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace pacedns::net
