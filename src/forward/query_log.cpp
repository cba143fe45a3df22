#include "pacedns/forward/query_log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <spdlog/spdlog.h>

#include "pacedns/dns/presentation.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::forward {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kKeptOfV4 = 3;  // octets; see ClientPrivacy
constexpr std::size_t kKeptOfV6 = 6;

FloodLimit limit_for(const QueryLogOptions& options, unsigned workers) {
  return FloodLimit(std::chrono::seconds(1), std::max(1U, options.rate / workers));
}

/// `192.0.2.0/24`
template <typename Address>
std::string truncated(const Address& address, std::size_t kept) {
  auto octets = address.to_bytes();
  std::fill(octets.begin() + static_cast<std::ptrdiff_t>(kept), octets.end(), 0);
  return Address(octets).to_string() + '/' + std::to_string(8 * kept);
}

std::string truncated(const ip::address& address) {
  if (address.is_v4()) return truncated(address.to_v4(), kKeptOfV4);
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return truncated(make_address_v4(ip::v4_mapped, v6), kKeptOfV4);
  return truncated(v6, kKeptOfV6);
}

/// A field with a space before it, or nothing.
std::string client_field(const ip::address& client, ClientPrivacy privacy) {
  switch (privacy) {
    case ClientPrivacy::Full:
      return " client=" + client.to_string();
    case ClientPrivacy::Truncated:
      return " client=" + truncated(client);
    case ClientPrivacy::Off:
      break;
  }
  return {};
}

/// What stands for a question that cannot be read.
constexpr std::string_view kNone = "(none)";

/// In presentation format, and with no character that ends or quotes a value, or begins one.
std::string escaped_name(Bytes name) {
  std::string result;
  for (const char c : dns::name_to_text(name)) {
    if (c == '"' || c == '\'' || c == '=') {
      fmt::format_to(std::back_inserter(result), "\\{:03}", static_cast<int>(c));
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

void QueryLog::apply(const QueryLogOptions& options, std::shared_ptr<spdlog::logger> logger) {
  if (!options.on) logger = nullptr;
  if (logger_ == nullptr || options != options_) {
    rate_ = limit_for(options, workers_);
    passed_over_ = 0;
  }
  options_ = options;
  logger_ = std::move(logger);
}

bool QueryLog::pick(TimePoint now) {
  thread_.assert_owner();
  if (++passed_over_ < options_.sample) return false;
  passed_over_ = 0;
  const auto swallowed = rate_.pass(now);
  skipped_ = swallowed.value_or(0);
  return swallowed.has_value();
}

void QueryLog::write(const Entry& entry) {
  thread_.assert_owner();
  std::string qname(kNone);
  std::string qtype(kNone);
  if (!entry.question.empty()) {
    const std::size_t name_size = entry.question.size() - 4;
    qname = escaped_name(entry.question.first(name_size));
    qtype = dns::type_to_text(dns::load_u16(entry.question, name_size));
  }
  logger_->info("event=query{} transport={} qname={} qtype={} rcode={} from={} us={} skipped={}",
                client_field(entry.client, options_.clients), entry.over_tcp ? "tcp" : "udp", qname, qtype,
                dns::rcode_to_text(entry.rcode), entry.from,
                std::chrono::duration_cast<std::chrono::microseconds>(entry.took).count(), skipped_);
}

}  // namespace pacedns::forward
