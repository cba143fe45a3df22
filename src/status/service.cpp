#include "pacedns/status/service.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "pacedns/dns/name.hpp"
#include "pacedns/dns/presentation.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/status/cache_text.hpp"
#include "pacedns/status/explanation.hpp"
#include "pacedns/status/exposition.hpp"
#include "pacedns/status/flight_json.hpp"
#include "pacedns/status/indicators.hpp"
#include "pacedns/status/json_text.hpp"
#include "pacedns/status/page_assets.hpp"
#include "pacedns/status/status_json.hpp"

namespace pacedns::status {
namespace {

using boost::json::object;
using Name = std::vector<std::uint8_t>;

constexpr std::size_t kFlights = 50;
constexpr std::size_t kMostFlights = 200;

WallClock clock_now() {
  return {steady_now(), std::chrono::system_clock::now()};
}

Response json(const object& value) {
  return {.content_type = "application/json", .body = json_text(value)};
}

Response not_found(const std::string& path) {
  return json_error(404, "there is nothing at " + path);
}

std::optional<std::string> parameter(const Request& request, const std::string& name) {
  const auto found = request.parameters.find(name);
  if (found == request.parameters.end()) return std::nullopt;
  return found->second;
}

/// How many flights are asked for, at most kMostFlights; nothing if that is no number.
std::optional<std::size_t> flight_count(const Request& request) {
  const auto text = parameter(request, "limit");
  if (!text) return kFlights;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error == std::errc::invalid_argument || end != text->data() + text->size()) return std::nullopt;
  return error == std::errc() ? std::min(count, kMostFlights) : kMostFlights;
}

/// QNAME, QTYPE and class IN in wire format.
Name question_of(Name name, std::uint16_t type) {
  for (const std::uint16_t number : {type, static_cast<std::uint16_t>(dns::RrClass::In)}) {
    name.push_back(static_cast<std::uint8_t>(number >> 8));
    name.push_back(static_cast<std::uint8_t>(number & 0xff));
  }
  return name;
}

/// Whether a name, both in wire format and lower case, is `suffix` or below it.
bool is_below(Bytes name, Bytes suffix) {
  while (name.size() > suffix.size())
    name = name.subspan(1U + name[0]);
  return std::ranges::equal(name, suffix);
}

/// Which questions are to be flushed; an error otherwise.
struct Unwanted {
  std::function<bool(Bytes)> question;
  std::string problem;
};

Unwanted unwanted(const Request& request) {
  const auto name = parameter(request, "name");
  const auto suffix = parameter(request, "suffix");
  const auto all = parameter(request, "all");
  if ((name ? 1 : 0) + (suffix ? 1 : 0) + (all ? 1 : 0) != 1)
    return {{}, "give one of name, suffix and all=1"};
  if (all) {
    if (*all != "1") return {{}, "all is not 1"};
    return {[](Bytes) { return true; }, {}};
  }
  const std::string& text = name ? *name : *suffix;
  auto wire = dns::name_from_text(text);
  if (!wire) return {{}, "'" + text + "' is no domain name"};
  if (name) {
    return {[wire = *std::move(wire)](Bytes question) {
              return std::ranges::equal(question.first(question.size() - 4), wire);
            },
            {}};
  }
  return {[wire = *std::move(wire)](Bytes question) {
            return is_below(question.first(question.size() - 4), wire);
          },
          {}};
}

}  // namespace

boost::asio::awaitable<Response> Service::handle(Request request) {
  return serve(this, std::move(request));
}

Service::Awaitable Service::serve(Service* self, Request request) {
  if (request.local) {
    const bool post = request.method == "POST";
    if (post != (request.path == "/api/flush")) {
      Response refusal = json_error(405, post ? "POST is for /api/flush" : "/api/flush takes POST");
      refusal.allow = post ? "GET" : "POST";
      co_return refusal;
    }
  }
  if (const Asset* const asset = find_asset(request.path)) {
    co_return Response{.content_type = std::string(asset->content_type), .body = std::string(asset->body)};
  }
  if (request.path == "/metrics") co_return self->metrics_text();
  if (request.path == "/api/status") co_return self->status(request);
  if (request.path == "/api/history") co_return self->history();
  if (request.path == "/api/flights") co_return co_await flights(self, std::move(request));
  if (request.local) co_return co_await serve_locally(self, std::move(request));
  co_return not_found(request.path);
}

Service::Awaitable Service::serve_locally(Service* self, Request request) {
  if (request.path == "/api/explain") co_return co_await explain_question(self, std::move(request));
  if (request.path == "/api/flush") co_return co_await flush(self, std::move(request));
  if (request.path == "/api/dump") co_return self->dump(request);
  co_return not_found(request.path);
}

Response Service::metrics_text() const {
  const Report report = subject_.report();
  const auto window = timeline_.last(kIndicatorSpan).counted;
  return {.content_type = std::string(kExpositionType),
          .body = exposition(report, indicators(window, report))};
}

Response Service::status(const Request& request) const {
  const Report report = subject_.report();
  const auto window = timeline_.last(kIndicatorSpan).counted;
  return json(status_json(report, indicators(window, report), timeline_, privacy_for(request), clock_now()));
}

Response Service::history() const {
  return json(history_json(timeline_, clock_now()));
}

Service::Awaitable Service::flights(Service* self, Request request) {
  const auto count = flight_count(request);
  if (!count) co_return json_error(400, "limit is no number");
  const Records records = co_await self->subject_.recent_flights(*count);
  const Disguise disguise(self->privacy_for(request), self->name_hasher_);
  const WallClock clock = clock_now();
  boost::json::array list;
  for (const auto& record : records)
    list.push_back(flight_json(*record, disguise, clock));
  co_return json({{"flights", std::move(list)}});
}

Service::Awaitable Service::explain_question(Service* self, Request request) {
  const std::string name_text = parameter(request, "name").value_or("");
  const std::string type_text = parameter(request, "type").value_or("A");
  auto name = dns::name_from_text(name_text);
  if (!name) co_return json_error(400, "'" + name_text + "' is no domain name");
  const auto type = dns::type_from_text(type_text);
  if (!type) co_return json_error(400, "'" + type_text + "' is no record type");
  co_return json(co_await explain(&self->subject_, question_of(*std::move(name), *type), clock_now()));
}

// Flights first: one of them might store again what the cache has just been told to forget.
Service::Awaitable Service::flush(Service* self, Request request) {
  const Unwanted what = unwanted(request);
  if (!what.question) co_return json_error(400, what.problem);
  const std::size_t detached = co_await self->subject_.forget(what.question);
  const auto doomed = [&](const cache::CacheEntry& entry) { return what.question(entry.question()); };
  const auto executor = co_await boost::asio::this_coro::executor;
  cache::MessageCache::Walk walk;
  std::size_t removed = 0;
  // Others of this thread have their turn in between.
  while (self->subject_.cache().erase_some(walk, steady_now(), doomed, removed))
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  co_return json({{"removed", removed}, {"flights_detached", detached}});
}

Response Service::dump(const Request& request) const {
  const std::string format = parameter(request, "format").value_or("text");
  const bool as_json = format == "json";
  if (!as_json && format != "text") return json_error(400, "the format is neither text nor json");
  const auto pieces =
      std::make_shared<CacheDump>(subject_.cache(), as_json ? DumpFormat::Json : DumpFormat::Text);
  return {.content_type = as_json ? "application/x-ndjson" : "text/plain; charset=utf-8",
          .more = [pieces] { return pieces->next(steady_now()); }};
}

Privacy Service::privacy_for(const Request& request) const {
  return request.local ? Privacy::Full : privacy_;
}

}  // namespace pacedns::status
