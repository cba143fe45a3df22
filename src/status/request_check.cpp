#include "pacedns/status/request_check.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include "pacedns/status/host_check.hpp"
#include "pacedns/status/request_target.hpp"

namespace pacedns::status {
namespace {

namespace http = boost::beast::http;
using Head = http::request_header<>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Refusal refusal(unsigned status, std::string_view what) {
  return {.response = json_error(status, what)};
}

Refusal refused_body() {
  return refusal(413, "requests have no body here; put parameters into the query string");
}

// Beast takes nothing but a number for Content-Length, and not both fields at once.
bool has_body(const Head& head) {
  if (head.find(http::field::transfer_encoding) != head.end()) return true;
  return view(head[http::field::content_length]).find_first_not_of('0') != std::string_view::npos;
}

std::optional<Refusal> refused_host(const Head& head, const HttpService& service) {
  const auto hosts = head.count(http::field::host);
  if (hosts > 1) return refusal(400, "the request has more than one Host header field");
  if (hosts == 0) {
    if (head.version() < 11) return std::nullopt;  // no browser's request, so nobody's rebinding
    return refusal(400, "the request has no Host header field");
  }
  switch (check_host(view(head[http::field::host]), service.address, service.own_name)) {
    case HostVerdict::Accepted:
      return std::nullopt;
    case HostVerdict::Malformed:
      return refusal(400, "the Host header field is not a host with or without a port");
    case HostVerdict::Foreign:
      break;
  }
  Refusal foreign = refusal(421, advice_for_foreign_host(*service.address));
  foreign.close = false;
  return foreign;
}

bool offered(http::verb method, const HttpService& service) {
  return method == http::verb::get || (service.local() && method == http::verb::post);
}

Refusal refused_method(const HttpService& service) {
  const std::string what =
      service.local() ? "only GET and POST are offered here" : "only GET is offered here";
  Refusal result = refusal(405, what);
  result.response.allow = service.methods();
  result.close = false;
  return result;
}

}  // namespace

std::variant<Request, Refusal> check_request(const Head& head, const HttpService& service) {
  if (has_body(head)) return refused_body();
  if (auto refused = refused_host(head, service)) return *std::move(refused);
  if (!offered(head.method(), service)) return refused_method(service);
  auto target = parse_target(view(head.target()));
  if (!target) return refusal(400, describe(target.error()));
  return Request{.method = std::string(view(head.method_string())),
                 .path = std::move(target->path),
                 .parameters = std::move(target->parameters),
                 .local = service.local()};
}

std::optional<Refusal> refusal_of(const boost::system::error_code& error) {
  if (error.category() != make_error_code(http::error::bad_method).category()) return std::nullopt;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refusal(431, "the request's head is too long");
  }
  if (error == http::error::body_limit) return refused_body();
  if (error == http::error::bad_version) return refusal(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  return refusal(400, "this is no HTTP request: " + error.message());
}

}  // namespace pacedns::status
