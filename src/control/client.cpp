#include "pacedns/control/client.hpp"

#include <array>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>

#include "pacedns/control/connection_failure.hpp"
#include "pacedns/control/json_view.hpp"
#include "pacedns/control/printable.hpp"
#include "pacedns/control/unix_stream.hpp"

namespace pacedns::control {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Kind = Failure::Kind;

/// Of replies that are held in memory as a whole: far above a status with 64 upstreams.
constexpr std::size_t kLongestBody = std::size_t{64} << 20;
constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr unsigned kFirstErrorStatus = 400;

using Parser = http::response_parser<http::buffer_body>;

/// One connection with one request, read up to the end of the reply's header.
class Exchange {
 public:
  Exchange(const ControlSocket& socket, Duration patience) : socket_(socket), patience_(patience) {}

  std::optional<Failure> start(Method method, std::string_view target) {
    error_code error;
    stream_.connect(socket_.path, patience_, error);
    if (error) return connecting_failed(error, socket_, patience_);
    http::request<http::empty_body> request(method == Method::Get ? http::verb::get : http::verb::post,
                                            boost::beast::string_view(target.data(), target.size()), 11);
    request.set(http::field::host, "pacedns");
    request.set(http::field::connection, "close");
    request.prepare_payload();
    http::write(stream_, request, error);
    if (error) return exchange_failed(error, socket_, patience_);
    parser_.body_limit(boost::none);
    http::read_header(stream_, buffer_, parser_, error);
    if (error) return failed_reading(error);
    return std::nullopt;
  }

  [[nodiscard]] unsigned status() const { return parser_.get().result_int(); }

  /// Hands the body over in pieces, also what came before an error.
  std::optional<Failure> read_body(const Sink& sink) {
    std::array<char, kPiece> piece{};
    while (!parser_.is_done()) {
      auto& body = parser_.get().body();
      body.data = piece.data();
      body.size = piece.size();
      body.more = true;
      error_code error;
      http::read_some(stream_, buffer_, parser_, error);
      const std::string_view text(piece.data(), piece.size() - body.size);
      if (!text.empty() && !sink(text)) return Failure{Kind::Output, "the output could not be written"};
      if (error && error != http::error::need_buffer) return failed_reading(error);
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] Failure failed_reading(error_code error) const {
    if (error == http::error::end_of_stream || error == http::error::partial_message)
      error = boost::asio::error::connection_reset;
    return exchange_failed(error, socket_, patience_);
  }

  const ControlSocket& socket_;
  const Duration patience_;
  UnixStream stream_;
  boost::beast::flat_buffer buffer_;
  Parser parser_;
};

/// Collects a body, up to `kLongestBody`.
Sink into(std::string& text) {
  return [&text](std::string_view piece) {
    if (text.size() + piece.size() > kLongestBody) return false;
    text += piece;
    return true;
  };
}

Failure too_long(const ControlSocket& socket) {
  return {Kind::BadReply, "the reply from " + socket.path + " is longer than any of pacedns"};
}

Failure declined(const ControlSocket& socket, const Reply& reply) {
  error_code error;
  const boost::json::value body = boost::json::parse(reply.body, error);
  const auto words = error ? std::nullopt : JsonView(body)["error"].text();
  if (words) return {Kind::Declined, *words};
  return {Kind::Declined, "status " + std::to_string(reply.status) + " without a reason from " + socket.path};
}

}  // namespace

Client::Client(ControlSocket socket, Duration patience) : socket_(std::move(socket)), patience_(patience) {}

boost::system::result<Reply, Failure> Client::request(Method method, std::string_view target) const {
  Exchange exchange(socket_, patience_);
  if (auto failure = exchange.start(method, target)) return std::move(*failure);
  Reply reply{exchange.status(), {}};
  if (auto failure = exchange.read_body(into(reply.body)))
    return failure->kind == Kind::Output ? too_long(socket_) : std::move(*failure);
  return reply;
}

boost::system::result<boost::json::value, Failure> Client::request_json(Method method,
                                                                        std::string_view target) const {
  const auto reply = request(method, target);
  if (!reply) return reply.error();
  if (reply->status >= kFirstErrorStatus) return declined(socket_, *reply);
  error_code error;
  boost::json::value value = boost::json::parse(reply->body, error);
  if (error || !value.is_object())
    return Failure{Kind::BadReply, "what listens on " + socket_.path + " (" + socket_.origin +
                                       ") did not reply as pacedns does: its reply is no JSON object"};
  return value;
}

std::optional<Failure> Client::stream(std::string_view target, const Sink& sink) const {
  Exchange exchange(socket_, patience_);
  if (auto failure = exchange.start(Method::Get, target)) return failure;
  if (exchange.status() < kFirstErrorStatus) return exchange.read_body(sink);
  Reply reply{exchange.status(), {}};
  if (auto failure = exchange.read_body(into(reply.body))) return failure;
  return declined(socket_, reply);
}

}  // namespace pacedns::control
