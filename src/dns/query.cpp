#include "pacedns/dns/query.hpp"

#include "pacedns/dns/message_view.hpp"

namespace pacedns::dns {
namespace {

/// Reads question and OPT; false if the message is malformed.
bool read_body(Bytes message, const Header& header, Query& query) {
  if (header.question_count != 1) return false;
  const auto question = read_question(message);
  if (!question) return false;
  query.question = *question;
  if ((header.answer_count | header.authority_count | header.additional_count) == 0) return true;

  const auto view = MessageView::parse(message);
  if (!view) return false;
  if (view->opt()) query.edns = Edns::read(*view->opt());
  return true;
}

/// RFC 6895 §3.1: what these carry belongs to a message, and nobody has data of them.
bool is_meta_type(const Question& question) {
  return question.is(RrType::Opt) || question.is(RrType::Tsig) || question.is(RrType::Tkey);
}

}  // namespace

QueryVerdict read_query(Bytes message, Query& query) {
  if (message.size() < kHeaderSize) return QueryVerdict::Drop;
  const Header header = Header::read(message);
  if (header.has(kQr)) return QueryVerdict::Drop;
  query = Query{};
  query.id = header.id;
  query.flags = header.flags;

  const bool well_formed = read_body(message, header, query);
  if (header.opcode() != static_cast<std::uint8_t>(Opcode::Query)) return QueryVerdict::NotImp;
  if (!well_formed) return QueryVerdict::FormErr;
  if (query.edns && query.edns->version > 0) return QueryVerdict::BadVers;
  if (is_meta_type(query.question)) return QueryVerdict::FormErr;
  if (query.question.rr_class == static_cast<std::uint16_t>(RrClass::Ch)) return QueryVerdict::Refused;
  if (query.question.is(RrType::Axfr) || query.question.is(RrType::Ixfr)) return QueryVerdict::Refused;
  return QueryVerdict::Accept;
}

}  // namespace pacedns::dns
