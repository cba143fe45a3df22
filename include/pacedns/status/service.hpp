#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "pacedns/base/random.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/status/disguise.hpp"
#include "pacedns/status/request_handler.hpp"
#include "pacedns/status/subject.hpp"
#include "pacedns/status/timeline.hpp"

namespace pacedns::status {

/// What is served at which path: the page, the metrics and the JSON behind the page to everybody; and to
/// those who come over the control socket, from whom nothing is hidden, explanations, flushing and the dump.
class Service final : public RequestHandler {
 public:
  explicit Service(Subject& subject) : subject_(subject), name_hasher_(random_) {}

  /// What is shown to those who do not come over the control socket.
  void show(Privacy privacy) { privacy_ = privacy; }

  /// Takes a sample for the plots and the indicators. Called once each `Timeline::kInterval`.
  void sample(TimePoint now) { timeline_.add(subject_.report(), now); }

  [[nodiscard]] boost::asio::awaitable<Response> handle(Request request) override;

 private:
  using Awaitable = boost::asio::awaitable<Response>;

  static Awaitable serve(Service* self, Request request);
  static Awaitable serve_locally(Service* self, Request request);
  static Awaitable flights(Service* self, Request request);
  static Awaitable explain_question(Service* self, Request request);
  static Awaitable flush(Service* self, Request request);

  [[nodiscard]] Response metrics_text() const;
  [[nodiscard]] Response status(const Request& request) const;
  [[nodiscard]] Response history() const;
  [[nodiscard]] Response dump(const Request& request) const;
  [[nodiscard]] Privacy privacy_for(const Request& request) const;

  Subject& subject_;
  Random random_;
  cache::KeyHasher name_hasher_;  // not the cache's: what it makes of names is seen
  Privacy privacy_ = Privacy::Hashed;
  Timeline timeline_;
};

}  // namespace pacedns::status
