#include "pacedns/status/cache_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/fmt/fmt.h>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/presentation.hpp"
#include "pacedns/dns/ttl.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::status {
namespace {

std::string qname(const CachedResponse& response) {
  return dns::name_to_text(Bytes(response.question).first(response.question.size() - 4));
}

std::string qtype(const CachedResponse& response) {
  return dns::type_to_text(dns::load_u16(response.question, response.question.size() - 4));
}

std::string to_text(const CachedResponse& response) {
  std::string text =
      fmt::format("; {} {} {} do={:d} cd={:d} flight={} age={} left={}\n", qname(response), qtype(response),
                  dns::rcode_to_text(response.rcode), response.dnssec_ok, response.checking_disabled,
                  response.generation, response.age, response.left);
  for (const std::string& record : response.records())
    text.append(record).append(1, '\n');
  return text;
}

std::string to_json(const CachedResponse& response) {
  boost::json::array records;
  for (const std::string& record : response.records())
    records.emplace_back(record);
  return boost::json::serialize(boost::json::object{{"name", qname(response)},
                                                    {"type", qtype(response)},
                                                    {"do", response.dnssec_ok},
                                                    {"cd", response.checking_disabled},
                                                    {"rcode", dns::rcode_to_text(response.rcode)},
                                                    {"flight", response.generation},
                                                    {"stored_ago_s", response.age},
                                                    {"expires_in_s", response.left},
                                                    {"records", std::move(records)}}) +
         '\n';
}

}  // namespace

CachedResponse::CachedResponse(const cache::CacheEntry& entry, std::uint32_t now)
    : question(entry.question().begin(), entry.question().end()),
      dnssec_ok(entry.dnssec_ok()),
      checking_disabled(entry.checking_disabled()),
      generation(entry.generation),
      age(entry.age(now)),
      left(entry.lifetime > age ? entry.lifetime - age : 0) {
  const dns::ImageView image = entry.image();
  wire.assign(image.wire.begin(), image.wire.end());
  ttl_offsets_.assign(image.ttl_offsets.begin(), image.ttl_offsets.end());
  rcode = static_cast<dns::Rcode>(dns::Header::read(wire).low_rcode());
}

std::vector<std::string> CachedResponse::records() const {
  std::vector<std::uint8_t> aged = wire;
  for (const std::uint16_t offset : ttl_offsets_)
    dns::store_u32(aged, offset, dns::aged_ttl(dns::load_u32(aged, offset), age));
  auto texts = dns::records_to_text(aged);
  return texts ? *std::move(texts) : std::vector<std::string>{"(malformed)"};
}

std::optional<std::string> CacheDump::next(TimePoint now) {
  std::vector<CachedResponse> responses;
  const bool more = cache_.for_some(walk_, now, [&](const cache::CacheEntry& entry) {
    responses.emplace_back(entry, cache::MessageCache::to_seconds(now));
  });
  if (!more) return std::nullopt;
  std::string piece;
  for (const CachedResponse& response : responses)
    piece += format_ == DumpFormat::Json ? to_json(response) : to_text(response);
  return piece;
}

}  // namespace pacedns::status
