#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "pacedns/status/request_target.hpp"
#include "pacedns/status/service.hpp"

#include "support/fake_subject.hpp"

namespace pacedns::test {

/// Asks a service as a listener does once it has read a request.
struct ServiceProbe {
  /// Over TCP.
  [[nodiscard]] status::Response remote(std::string_view target) { return ask("GET", target, false); }
  /// Over the control socket.
  [[nodiscard]] status::Response local(std::string_view target) { return ask("GET", target, true); }
  [[nodiscard]] status::Response post(std::string_view target) { return ask("POST", target, true); }

  [[nodiscard]] status::Response ask(const char* method, std::string_view target, bool is_local) {
    auto parsed = *status::parse_target(target);
    return completed(service.handle({.method = method,
                                     .path = std::move(parsed.path),
                                     .parameters = std::move(parsed.parameters),
                                     .local = is_local}));
  }

  /// The body, which is read as strictly as JSON is meant: UTF-8 only.
  [[nodiscard]] static boost::json::value json(const status::Response& response) {
    return boost::json::parse(response.body);
  }
  [[nodiscard]] static std::string error(const status::Response& response) {
    return json(response).at("error").as_string().c_str();
  }

  FakeSubject subject;
  status::Service service{subject};
};

}  // namespace pacedns::test
