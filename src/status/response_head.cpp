#include "pacedns/status/response_head.hpp"

#include <array>
#include <cstdio>

#include <boost/beast/http/field.hpp>

namespace pacedns::status {
namespace {

namespace http = boost::beast::http;

constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

void fill_head(http::response_header<>& head, const Response& response, std::time_t now) {
  head.result(response.status);
  head.set(http::field::date, http_date(now));
  if (!response.content_type.empty()) head.set(http::field::content_type, response.content_type);
  if (!response.allow.empty()) head.set(http::field::allow, response.allow);
  head.set(http::field::cache_control, "no-store");
  head.set("Content-Security-Policy", kContentSecurityPolicy);
  head.set("X-Content-Type-Options", "nosniff");
  head.set("Referrer-Policy", "no-referrer");
  head.set("Cross-Origin-Resource-Policy", "same-origin");
}

// Not strftime: it speaks the locale's language.
std::string http_date(std::time_t time) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return {};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text.data();
}

}  // namespace pacedns::status
