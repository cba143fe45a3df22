// The head of a request to the status server, in any pieces, as the session reads it: Beast's parser, then
// what has to hold before a handler sees the request. Input: where the listener is, the size of the pieces,
// the octets.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "pacedns/status/request_check.hpp"

#include "fuzz/support/fuzz_input.hpp"
#include "fuzz/support/require.hpp"

namespace pacedns {
namespace {

namespace http = boost::beast::http;
using status::HttpService;
using status::Refusal;
using status::Request;
using test::require;

class NoHandler final : public status::RequestHandler {
 public:
  boost::asio::awaitable<status::Response> handle(Request) override { std::abort(); }
};

/// On a loopback address, on another one, on a Unix socket.
HttpService service(unsigned place) {
  static NoHandler handler;
  HttpService result{
      .handler = handler, .name = "test", .address = {}, .own_name = "box.example", .limits = {}};
  constexpr std::array kAddresses{"127.0.0.1", "192.0.2.1", "2001:db8::1"};
  if (place < kAddresses.size()) result.address = boost::asio::ip::make_address(kAddresses[place]);
  return result;
}

using Parser = http::request_parser<http::empty_body>;

/// Gives the parser what has come, piece by piece, as reading from a socket does.
boost::system::error_code read_head(Parser& parser, Bytes octets, std::size_t piece) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error = http::error::need_more;
  while (!parser.is_header_done() && !octets.empty() && (!error || error == http::error::need_more)) {
    const std::size_t size = std::min(piece, octets.size());
    buffer.commit(boost::asio::buffer_copy(buffer.prepare(size), boost::asio::buffer(octets.data(), size)));
    octets = octets.subspan(size);
    error = {};
    buffer.consume(parser.put(buffer.data(), error));
  }
  return error == http::error::need_more ? http::error::partial_message : error;
}

void check_response(const status::Response& response) {
  require(response.status >= 400 && response.status < 600, "a refusal has a status of 4xx or 5xx");
  require(response.content_type == "application/json" && response.body.starts_with('{'), "a refusal is JSON");
  require(std::ranges::all_of(response.body, [](char sign) { return sign >= 0x20 && sign < 0x7f; }),
          "what a refusal repeats is visible ASCII");
  require((response.status == 405) != response.allow.empty(), "405 names the methods that there are");
}

void check_accepted(const Request& request, const http::request_header<>& head, const HttpService& service) {
  require(request.method == "GET" || (service.local() && request.method == "POST"), "the method is offered");
  require(request.path.starts_with('/'), "the path begins with a slash");
  require(request.local == service.local(), "it is known where the request came from");
  require(head.find(http::field::transfer_encoding) == head.end(), "there is no body");
  const std::string length(head[http::field::content_length]);
  require(length.find_first_not_of('0') == std::string::npos, "there is no body");
  require(head.count(http::field::host) <= 1, "there is one host at most");
}

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pacedns;
  test::FuzzInput input(data, size);
  const HttpService service = pacedns::service(input.below(4));
  const std::size_t piece = 1 + input.octet();

  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(service.limits.head_octets));
  parser.body_limit(0);
  const auto error = read_head(parser, input.rest(), piece);
  if (error) {
    const auto refusal = status::refusal_of(error);
    if (refusal) check_response(refusal->response);
  } else if (parser.is_header_done()) {
    const auto checked = status::check_request(parser.get(), service);
    if (const auto* refusal = std::get_if<Refusal>(&checked)) check_response(refusal->response);
    if (const auto* request = std::get_if<Request>(&checked)) check_accepted(*request, parser.get(), service);
  }
  return 0;
}
